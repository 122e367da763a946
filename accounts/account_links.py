"""One-time links to the single-page application, valid once, for a day, and until the password changes."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.http import urlencode

from accounts.models import EmailChange, User

# Pages of the single-page application, which post `uid`, `token` and the form.
PASSWORD_RESET_PAGE = "/reset-password"  # noqa: S105 - a path
EMAIL_VERIFICATION_PAGE = "/verify-email"


class _EmailVerificationTokenGenerator(PasswordResetTokenGenerator):
    """Tokens that also expire when the address is verified."""

    key_salt = "accounts.email_verification"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.email_verified_at}"


class _EmailChangeTokenGenerator(PasswordResetTokenGenerator):
    """Tokens of the latest requested address: a request for another address invalidates them.

    A repeated request does not, because it may send no second email (LINK_PERIOD).
    """

    key_salt = "accounts.email_change"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        address = EmailChange.objects.filter(user=user).values_list("email", flat=True).first()
        return f"{super()._make_hash_value(user, timestamp)}{address}"


password_reset_tokens = PasswordResetTokenGenerator()
email_verification_tokens = _EmailVerificationTokenGenerator()
email_change_tokens = _EmailChangeTokenGenerator()


def password_reset_path(user: User) -> str:
    """Return the path of the page where `user` sets a new password."""
    return _path(PASSWORD_RESET_PAGE, user, password_reset_tokens)


def email_verification_path(user: User) -> str:
    """Return the path of the page where `user` verifies the address."""
    return _path(EMAIL_VERIFICATION_PAGE, user, email_verification_tokens)


def email_change_path(user: User) -> str:
    """Return the path of the page where `user` verifies the new address."""
    return _path(EMAIL_VERIFICATION_PAGE, user, email_change_tokens)


def _path(page: str, user: User, tokens: PasswordResetTokenGenerator) -> str:
    return f"{page}?{urlencode({'uid': str(user.pk), 'token': tokens.make_token(user)})}"
