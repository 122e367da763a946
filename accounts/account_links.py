"""One-time links to the single-page application: each works once, for a day, and not after a change of the password."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.http import urlencode

from accounts.models import EmailChange, User

# Pages of the single-page application. They post `uid`, `token` and what the person types.
PASSWORD_RESET_PAGE = "/reset-password"  # noqa: S105 - a path
EMAIL_VERIFICATION_PAGE = "/verify-email"


class _EmailVerificationTokenGenerator(PasswordResetTokenGenerator):
    """Tokens that end with the verification of the address, too."""

    key_salt = "accounts.email_verification"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.email_verified_at}"


class _EmailChangeTokenGenerator(PasswordResetTokenGenerator):
    """Tokens of the address that was asked for last: a request for another ends them.

    A repeated request does not, since it may send no second mail (LINK_PERIOD).
    """

    key_salt = "accounts.email_change"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        address = EmailChange.objects.filter(user=user).values_list("email", flat=True).first()
        return f"{super()._make_hash_value(user, timestamp)}{address}"


password_reset_tokens = PasswordResetTokenGenerator()
email_verification_tokens = _EmailVerificationTokenGenerator()
email_change_tokens = _EmailChangeTokenGenerator()


def password_reset_path(user: User) -> str:
    """Return where `user` can set a new password."""
    return _path(PASSWORD_RESET_PAGE, user, password_reset_tokens)


def email_verification_path(user: User) -> str:
    """Return where `user` verifies the email address."""
    return _path(EMAIL_VERIFICATION_PAGE, user, email_verification_tokens)


def email_change_path(user: User) -> str:
    """Return where `user` confirms the new email address."""
    return _path(EMAIL_VERIFICATION_PAGE, user, email_change_tokens)


def _path(page: str, user: User, tokens: PasswordResetTokenGenerator) -> str:
    return f"{page}?{urlencode({'uid': str(user.pk), 'token': tokens.make_token(user)})}"
