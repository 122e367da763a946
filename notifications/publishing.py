"""Telling a worker that there is mail. The row is the record, so a message that gets lost only delays the mail."""

import logging
import time
from typing import Any
from uuid import UUID

from celery import current_app
from kombu.exceptions import KombuError
from kombu.pools import producers

logger = logging.getLogger(__name__)

SEND_TASK = "notifications.send_outgoing_email"

PAUSE_SECONDS = 30
# For connecting, and then for each answer of the broker.
WAIT_SECONDS = 1
# At once and once only: enough for a connection that died with an earlier run of the broker.
RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}


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
    # Apart from the connections of workers and beat, which had better wait for their broker.
    connection = current_app.connection_for_write(
        connect_timeout=WAIT_SECONDS, transport_options={"on_open": _bound_waiting}
    )
    failures: tuple[type[BaseException], ...] = (
        KombuError,
        *connection.connection_errors,
        *connection.channel_errors,
    )
    try:
        with producers[connection].acquire(block=True, timeout=WAIT_SECONDS) as producer:
            current_app.send_task(SEND_TASK, args=[str(email_id)], producer=producer, retry_policy=RETRY_POLICY)
    except failures as error:
        breaker.trip()
        logger.warning("The broker is away (%s); mail waits for the sweep.", type(error).__name__)


def _bound_waiting(connection: Any) -> None:
    # The transport's own read_timeout bounds nothing: on EAGAIN, py-amqp reads again.
    connection.sock.settimeout(WAIT_SECONDS)
