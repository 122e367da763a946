"""The audit trail: sign-ins, failed ones, and changes that an owner or an operator may have to ask about later.

Events are written in the transaction of what they tell of, so that neither is kept without the other.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import AuditEvent, User
from anywork.operations.request_id import current_network

Kind = AuditEvent.Kind


def record(kind: AuditEvent.Kind, *, user: User | None, subject: str = "") -> None:
    """Record that `user` did something; `subject` says what it was done to or by, and holds nothing personal.

    The network is that of the request, "" in a command or a task.
    """
    AuditEvent.objects.create(kind=kind, user=user, subject=subject, address=current_network())


def record_failed_sign_in(*, email: str) -> None:
    """Record a wrong password, or an account that does not exist.

    What was typed may be anything, a password too: it is kept as a hash, by which attempts at one name are recognized.
    """
    email = User.objects.normalize_email(email)
    user = User.objects.filter(email=email).first()
    account = "" if user else f"unknown {salted_hmac('accounts.audit', email).hexdigest()[:16]}"
    record(Kind.SIGN_IN_FAILED, user=user, subject=account)


def forget_subject(user: User) -> None:
    """Leave out of the trail whose account and profile administrators changed."""
    kinds = ("user", "job seeker", "employer")
    for kind in kinds:
        changes = AuditEvent.objects.filter(kind=Kind.CHANGED_BY_ADMIN, subject=f"{kind} {user.pk}")
        changes.update(subject=kind)


def sweep_audit() -> int:
    """Delete events older than AUDIT_DAYS; return their number."""
    deleted, _ = AuditEvent.objects.filter(at__lt=timezone.now() - timedelta(days=settings.AUDIT_DAYS)).delete()
    return deleted
