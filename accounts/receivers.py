"""What sign-ins leave behind."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import audit
from accounts.models import User


@receiver(user_logged_in, dispatch_uid="accounts.record_admin_sign_in")
def record_admin_sign_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Only the admin site signs in by Django's sessions."""
    audit.record(audit.Kind.ADMIN_SIGN_IN, user=user)


@receiver(user_login_failed, dispatch_uid="accounts.record_failed_sign_in")
def record_failed_sign_in(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """For the API and the admin site."""
    if request is not None:
        email = credentials.get("username") or credentials.get(User.USERNAME_FIELD, "")
        audit.record_failed_sign_in(email=email)
