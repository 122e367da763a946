"""Errors of accounts; the schema shows them as examples."""

from rest_framework.exceptions import PermissionDenied, ValidationError

from accounts.models import Employer, Skill
from anywork.api.exceptions import AlreadyExists, Conflict, ServiceUnavailable, TooManyRequests, Unauthorized


class InvalidCredentials(Unauthorized):
    default_detail = "The email address or the password is wrong."
    default_code = "invalid_credentials"


class AccountInactive(Unauthorized):
    default_detail = "This account is not active."
    default_code = "account_inactive"


class OTPRequired(Unauthorized):
    default_detail = "Enter the present code of your authenticator app, or a recovery code. Each works once."
    default_code = "otp_required"


class OTPNotSetUp(OTPRequired):
    default_detail = "Set up two-factor login on the admin site first."


class OTPRequiredForGoogle(PermissionDenied):
    default_detail = "Administrators log in with password and code here, not with Google."
    default_code = "otp_required"


class LoginClosed(TooManyRequests):
    default_code = "too_many_failures"

    def __init__(self, *, wait: float) -> None:
        super().__init__(wait=wait, detail="Too many failed attempts to log in.")


class RefreshTokenUsed(Unauthorized):
    default_detail = "This refresh token was used a moment ago. Try again with the newer pair."
    default_code = "refresh_token_used"


class SessionEnded(Unauthorized):
    default_detail = "This session has ended. Log in again."
    default_code = "session_ended"


class LoginToConfirm(Unauthorized):
    default_detail = "Log in to this account, then open the link again. It stays valid."
    default_code = "sign_in_to_confirm"


class OtherAccount(PermissionDenied):
    default_detail = "This link is for another account. Log in to that account, then open the link again."
    default_code = "other_account"


class GoogleCodeRefused(Unauthorized):
    default_detail = "Google did not accept this code. Start again."
    default_code = "invalid_google_code"


class GoogleTokenRefused(Unauthorized):
    default_detail = "Google's confirmation is not valid here. Start again."
    default_code = "invalid_google_token"


class GoogleEmailUnverified(PermissionDenied):
    default_detail = "Google has not verified the email address of this account, or was not asked for it."
    default_code = "google_email_unverified"


class GoogleLinkRequired(Conflict):
    default_detail = (
        "There is an account with this address. Log in with its password, or set a new one by email, then link Google."
    )
    default_code = "google_link_required"


class GoogleAccountConflict(Conflict):
    default_detail = "This account is linked to another Google account."
    default_code = "google_account_conflict"


class GoogleAccountTaken(GoogleAccountConflict):
    default_detail = "This Google account is linked to another user."


class GoogleNotConfigured(ServiceUnavailable):
    default_detail = "Login with Google is not configured here."
    default_code = "google_not_configured"


class GoogleUnavailable(ServiceUnavailable):
    default_detail = "Google cannot be reached at the moment. Please try again."
    default_code = "google_unavailable"


class TermsRequired(ValidationError):
    """400: the version of the terms in the body is not the present one."""

    default_code = "terms_required"

    def __init__(self, version: str, field: str = "terms_version") -> None:
        super().__init__({field: [f"Accept version {version} of the terms of use."]})


class TermsChanged(PermissionDenied):
    default_code = "terms_changed"

    def __init__(self, version: str) -> None:
        super().__init__(f"Accept version {version} of the terms of use first.")


def wrong_password(field: str = "password") -> ValidationError:
    """Return the error of a wrong current password. No 401: the token is valid, and a client would drop it."""
    return ValidationError({field: ["The password is wrong."]})


def wrong_google_account() -> ValidationError:
    """Return the error of a code of another Google account."""
    return ValidationError({"code": ["This is another Google account."]})


def invalid_link() -> ValidationError:
    """Return the error of a one-time link that is malformed, used or expired."""
    return ValidationError({"token": ["This link was used already or has expired. Request another one."]})


def email_in_use() -> ValidationError:
    """Return the error of an email address of another account."""
    return ValidationError({"email": ["A user with this email address already exists."]})


def skill_exists(existing: Skill | None) -> AlreadyExists:
    """Return the error of a duplicate skill."""
    return AlreadyExists("You have this skill already.", existing)


def role_already_chosen() -> ValidationError:
    """Return the error of a second choice of a role."""
    return ValidationError({"role": ["The role was chosen already and cannot be changed."]})


def employer_listed(employer: Employer) -> AlreadyExists:
    error = AlreadyExists("This employer is on the list already.", None)
    error.existing = {"employer": str(employer.pk)}
    return error
