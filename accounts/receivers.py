"""Receivers that write the audit trail, and end sessions."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import audit
from accounts.models import AuditEvent, User
from accounts.signals import password_changed
from accounts.tokens import close_all_sessions
from anywork.admin import changed_by_admin

SUBJECT_LENGTH = AuditEvent._meta.get_field("subject").max_length


@receiver(user_logged_in, dispatch_uid="accounts.record_admin_sign_in")
def record_admin_sign_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Record a login to the admin site, the only one that uses Django's sessions."""
    audit.record(audit.Kind.ADMIN_SIGN_IN, user=user)


@receiver(user_login_failed, dispatch_uid="accounts.record_failed_sign_in")
def record_failed_sign_in(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Record a failed login to the API or the admin site."""
    if request is not None:
        email = credentials.get("username") or credentials.get(User.USERNAME_FIELD, "")
        audit.record_failed_sign_in(email=email)


@receiver(changed_by_admin, dispatch_uid="accounts.record_change_by_admin")
def record_change_by_admin(user: User, subject: str, **kwargs: Any) -> None:
    """Record a change in the admin site."""
    audit.record(audit.Kind.CHANGED_BY_ADMIN, user=user, subject=subject[:SUBJECT_LENGTH])


@receiver(post_save, sender=User, dispatch_uid="accounts.follow_change_of_password")
def handle_password_change(instance: User, created: bool, **kwargs: Any) -> None:  # noqa: FBT001
    """End all sessions, record the change and inform the owner.

    Also after a change in the admin site or by `manage.py changepassword`.
    """
    # Set by set_password(); Django removes it when a login only upgrades the hash.
    if getattr(instance, "_password", None) is not None and not created:
        with transaction.atomic():
            close_all_sessions(instance)
            audit.record(audit.Kind.PASSWORD_CHANGED, user=instance)
            password_changed.send(sender=User, user=instance)
