"""Audit trail: logins, failed logins, and changes of accounts.

Events are written in the transaction of their cause, so that neither is stored without the other.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import AuditEvent, AuditKind, User
from anywork.api.batches import sweep
from anywork.operations.request_id import current_network

Kind = AuditKind


def record(kind: AuditKind, *, user: User | None, subject: str = "") -> None:
    """Record an event of `user`; `subject` is its object or method, and no personal data.

    The network is that of the request, "" in a command or a task.
    """
    AuditEvent.objects.create(kind=kind, user=user, subject=subject, address=current_network())


def record_failed_sign_in(*, email: str) -> None:
    """Record a wrong password or an unknown account.

    An unknown name is stored as a hash: it may be anything, even a password, but attempts at one name are recognizable.
    """
    email = User.objects.normalize_email(email)
    user = User.objects.filter(email=email).first()
    account = "" if user else f"unknown {salted_hmac('accounts.audit', email).hexdigest()[:16]}"
    record(Kind.SIGN_IN_FAILED, user=user, subject=account)


def anonymize_subject(user: User) -> None:
    """Remove the key of an account and its profile from changes by administrators."""
    kinds = ("user", "job seeker", "employer")
    for kind in kinds:
        changes = AuditEvent.objects.filter(kind=Kind.CHANGED_BY_ADMIN, subject=f"{kind} {user.pk}")
        changes.update(subject=kind)


def sweep_audit(*, until: float) -> int:
    """Delete events older than AUDIT_DAYS; return their number."""
    return sweep(AuditEvent.objects.filter(at__lt=timezone.now() - timedelta(days=settings.AUDIT_DAYS)), until=until)
