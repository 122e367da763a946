"""The audit trail: who got in, who did not, and what was done that others should be able to ask about later."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

from accounts.models import AuditEvent, User
from anywork.api.addresses import client_address, shortened

Kind = AuditEvent.Kind


def record(kind: AuditEvent.Kind, *, request: HttpRequest | Request, user: User | None, subject: str = "") -> None:
    """Write down that `user` did something; `subject` says with what, and holds nothing personal."""
    AuditEvent.objects.create(kind=kind, user=user, subject=subject, address=shortened(client_address(request)))


def record_failed_sign_in(*, request: HttpRequest | Request, email: str) -> None:
    """Write down a wrong password, or an account that does not exist.

    What was typed may be anything, a password too: it is kept as a hash, by which attempts can be told together.
    """
    email = User.objects.normalize_email(email)
    user = User.objects.filter(email=email).first()
    account = "" if user else f"unknown {salted_hmac('accounts.audit', email).hexdigest()[:16]}"
    record(Kind.SIGN_IN_FAILED, request=request, user=user, subject=account)


def sweep_audit() -> int:
    """Delete what is older than AUDIT_DAYS; return how many events there were."""
    deleted, _ = AuditEvent.objects.filter(at__lt=timezone.now() - timedelta(days=settings.AUDIT_DAYS)).delete()
    return deleted
