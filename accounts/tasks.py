"""Periodic tasks."""

import time
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts import retention
from accounts.audit import sweep_audit
from accounts.backoff import sweep_failures
from accounts.models import EmailChange, Session
from anywork.api.batches import SWEEP_SECONDS, sweep


@shared_task(name="accounts.sweep_sign_ins")
def sweep_sign_ins() -> None:
    """Delete expired failures, audit events, sessions and requests for a new address."""
    until = time.monotonic() + SWEEP_SECONDS
    sweep_failures(until=until)
    sweep_audit(until=until)
    Session.objects.delete_expired(until=until)
    expired = timezone.now() - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    sweep(EmailChange.objects.filter(requested_at__lt=expired), until=until)


@shared_task(name="accounts.erase_idle_accounts")
def erase_idle_accounts() -> None:
    """Ask the owners of unused accounts to log in, and erase the accounts of those asked long ago."""
    retention.erase_idle_accounts(seconds=SWEEP_SECONDS)
