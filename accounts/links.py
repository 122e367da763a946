"""One-time links to the single-page application: each works once, for a day, and not after another password was set."""

from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.http import urlencode

from accounts.models import User

# Pages of the single-page application. They post `uid`, `token` and what the person types.
PASSWORD_RESET_PAGE = "/reset-password"  # noqa: S105 - a path
EMAIL_VERIFICATION_PAGE = "/verify-email"


class _EmailVerificationTokenGenerator(PasswordResetTokenGenerator):
    """Tokens that end with the proof of the address, too."""

    key_salt = "accounts.email_verification"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.email_verified_at}"


password_reset_tokens = PasswordResetTokenGenerator()
email_verification_tokens = _EmailVerificationTokenGenerator()


def password_reset_path(user: User) -> str:
    """Return where `user` can set a new password."""
    return _path(PASSWORD_RESET_PAGE, user, password_reset_tokens)


def email_verification_path(user: User) -> str:
    """Return where `user` proves to own the e-mail address."""
    return _path(EMAIL_VERIFICATION_PAGE, user, email_verification_tokens)


def _path(page: str, user: User, tokens: PasswordResetTokenGenerator) -> str:
    return f"{page}?{urlencode({'uid': str(user.pk), 'token': tokens.make_token(user)})}"
