"""Telling a worker that there is mail. The row is the record, so a message that gets lost only delays the mail."""

import logging
import time
from threading import Lock
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
# A healthy broker takes a message in less. Longer means that somebody waits for a broker in trouble.
TURN_SECONDS = 0.1
# At once and once only: enough for a connection that died with an earlier run of the broker.
RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}


class Breaker:
    """Stays away from a broker that failed, so that one request a process waits for it and not every one.

    One thread tries at a time: those that would have to wait for it do without.
    """

    def __init__(self) -> None:
        self._closed_again_at = 0.0
        self._turn = Lock()

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._closed_again_at

    def take_turn(self) -> bool:
        """Return whether the caller may try now; who may ends with `end_turn`."""
        if self.is_open or not self._turn.acquire(timeout=TURN_SECONDS):
            return False
        if self.is_open:
            # Whom we waited for has just failed.
            self._turn.release()
            return False
        return True

    def end_turn(self) -> None:
        self._turn.release()

    def trip(self) -> None:
        self._closed_again_at = time.monotonic() + PAUSE_SECONDS

    def reset(self) -> None:
        self._closed_again_at = 0.0


breaker = Breaker()


def publish_email(email_id: UUID) -> None:
    """Enqueue the mail for a worker; what cannot be enqueued is found by the sweep."""
    if breaker.take_turn():
        try:
            _publish(email_id)
        finally:
            breaker.end_turn()


def _publish(email_id: UUID) -> None:
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
