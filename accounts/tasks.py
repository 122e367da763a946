"""Periodic tasks."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.audit import sweep_audit
from accounts.backoff import sweep_failures
from accounts.models import EmailChange, Session


@shared_task(name="accounts.sweep_sign_ins")
def sweep_sign_ins() -> None:
    """Delete expired failures, audit events, sessions and requests for a new address."""
    sweep_failures()
    sweep_audit()
    Session.objects.expired().delete()
    expired = timezone.now() - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    EmailChange.objects.filter(requested_at__lt=expired).delete()
