"""Celery tasks. They take ids only, since the row is the record."""

import time
from uuid import UUID

from celery import shared_task

from anywork.api.batches import SWEEP_SECONDS
from notifications import alerts
from notifications.mail.delivery import deliver_due
from notifications.mail.digests import queue_due_digests
from notifications.mail.outbox import blank_old_bodies, delete_old_emails
from notifications.mail.publishing import SEND_TASK
from notifications.models import Notification

# Well below the soft time limit, including the last email.
_MAX_SWEEP_SECONDS = 30
# The next message, which may be another task, does not wait for longer than an email takes at a slow mail server.
_MAX_SENDING_SECONDS = 1


@shared_task(name=SEND_TASK)
def send_outgoing_email(email_id: str) -> None:
    """Send one email, unless another worker has claimed it, and those that have become due since."""
    deliver_due(until=time.monotonic() + _MAX_SENDING_SECONDS, first=UUID(email_id))


@shared_task(name="notifications.sweep_outgoing_email")
def sweep_outgoing_email() -> None:
    """Send due emails: retries, and those whose Celery message or worker was lost."""
    deliver_due(until=time.monotonic() + _MAX_SWEEP_SECONDS)


@shared_task(name="notifications.write_alerts")
def write_alerts() -> None:
    """Write the emails about new jobs of saved searches that are due."""
    alerts.write_alerts(seconds=SWEEP_SECONDS)


@shared_task(name="notifications.forget_alerts")
def forget_alerts() -> None:
    """Forget runs and entries of the ledger that are no longer needed."""
    alerts.forget_alerts(until=time.monotonic() + SWEEP_SECONDS)


@shared_task(name="notifications.write_digests")
def write_digests() -> None:
    """Queue the missing digests of the last days."""
    queue_due_digests()


@shared_task(name="notifications.sweep_mail_bodies")
def sweep_mail_bodies() -> None:
    """Blank the bodies of emails that were sent long ago, and delete what was sent or read even longer ago."""
    until = time.monotonic() + SWEEP_SECONDS
    blank_old_bodies(until=until)
    delete_old_emails(until=until)
    Notification.objects.delete_old(until=until)
