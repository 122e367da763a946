"""What beat has done from time to time."""

from celery import shared_task

from accounts.audit import sweep_audit
from accounts.backoff import sweep_failures
from accounts.models import Session


@shared_task(name="accounts.sweep_sign_ins")
def sweep_sign_ins() -> None:
    """Forget failed sign-ins, old events of the audit trail, and sessions that nothing can revive."""
    sweep_failures()
    sweep_audit()
    Session.objects.expired().delete()
