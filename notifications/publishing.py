"""Telling a worker that there is mail. The row is the record, so a message that gets lost only delays the mail."""

import logging
import time
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 30
SEND_TASK = "notifications.send_outgoing_email"


class Breaker:
    """Stays away from a broker that failed, so that one request a process waits for it and not every one."""

    def __init__(self) -> None:
        self._closed_again_at = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._closed_again_at

    def trip(self) -> None:
        self._closed_again_at = time.monotonic() + PAUSE_SECONDS

    def reset(self) -> None:
        self._closed_again_at = 0.0


breaker = Breaker()


def publish_email(email_id: UUID) -> None:
    """Enqueue the mail for a worker; what cannot be enqueued is found by the sweep."""
    if breaker.is_open:
        return
    try:
        current_app.send_task(SEND_TASK, args=[str(email_id)])
    except (OperationalError, OSError) as error:
        breaker.trip()
        logger.warning("The broker is away (%s); mail waits for the sweep.", type(error).__name__)
