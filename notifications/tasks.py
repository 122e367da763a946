"""What workers do. Tasks take ids only: the row is the truth."""

import time
from uuid import UUID

from celery import shared_task

from notifications.mail.delivery import deliver_next, deliver_one
from notifications.mail.digests import write_due_digests
from notifications.mail.outbox import sweep_bodies
from notifications.mail.publishing import SEND_TASK

# Well below the soft time limit, the last mail included.
SWEEP_SECONDS = 30


@shared_task(name=SEND_TASK)
def send_outgoing_email(email_id: str) -> None:
    """Send one mail, unless somebody else has it."""
    deliver_one(UUID(email_id))


@shared_task(name="notifications.sweep_outgoing_email")
def sweep_outgoing_email() -> None:
    """Send what is due: retries, mails whose message was lost, and those of a worker that died."""
    stop_at = time.monotonic() + SWEEP_SECONDS
    while time.monotonic() < stop_at and deliver_next():
        pass


@shared_task(name="notifications.write_digests")
def write_digests() -> None:
    """Promise the digests of yesterday that nobody has promised yet."""
    write_due_digests()


@shared_task(name="notifications.sweep_mail_bodies")
def sweep_mail_bodies() -> None:
    """Forget what was written in mails that left long ago."""
    sweep_bodies()
