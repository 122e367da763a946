"""Celery tasks. They take ids only, since the row is the record."""

import time
from uuid import UUID

from celery import shared_task

from notifications.mail.delivery import deliver_next, deliver_one
from notifications.mail.digests import queue_due_digests
from notifications.mail.outbox import blank_old_bodies
from notifications.mail.publishing import SEND_TASK

# Well below the soft time limit, including the last email.
SWEEP_SECONDS = 30


@shared_task(name=SEND_TASK)
def send_outgoing_email(email_id: str) -> None:
    """Send one email, unless another worker has claimed it."""
    deliver_one(UUID(email_id))


@shared_task(name="notifications.sweep_outgoing_email")
def sweep_outgoing_email() -> None:
    """Send due emails: retries, and those whose Celery message or worker was lost."""
    stop_at = time.monotonic() + SWEEP_SECONDS
    while time.monotonic() < stop_at and deliver_next():
        pass


@shared_task(name="notifications.write_digests")
def write_digests() -> None:
    """Queue the missing digests of the last days."""
    queue_due_digests()


@shared_task(name="notifications.sweep_mail_bodies")
def sweep_mail_bodies() -> None:
    """Blank the bodies of emails that were sent long ago."""
    blank_old_bodies()
