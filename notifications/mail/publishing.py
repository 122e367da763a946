"""Publishing of outgoing emails to the broker. A lost message only delays an email, since the row is the record."""

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

# Timeout of connecting, and of each reply of the broker.
WAIT_SECONDS = 1
# A healthy broker accepts a message in less. Longer means that another thread waits for a broker in trouble.
ACQUIRE_TIMEOUT_SECONDS = 0.1
# One retry without delay: enough for a connection that broke when the broker was restarted.
RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}


class CircuitBreaker:
    """Circuit breaker of a process: after a failure, requests do not wait for the broker for `pause_seconds`.

    One thread publishes at a time; the others give up instead of queueing behind a slow broker.
    """

    def __init__(self, *, pause_seconds: float) -> None:
        self._pause_seconds = pause_seconds
        self._open_until = 0.0
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._open_until

    def acquire(self) -> bool:
        """Return whether the thread may publish; if so, it must call `release` afterwards."""
        if self.is_open or not self._lock.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS):
            return False
        if self.is_open:
            # The thread that held the lock has just failed.
            self._lock.release()
            return False
        return True

    def release(self) -> None:
        self._lock.release()

    def trip(self) -> None:
        self._open_until = time.monotonic() + self._pause_seconds

    def reset(self) -> None:
        self._open_until = 0.0


breaker = CircuitBreaker(pause_seconds=30)


def publish_email(email_id: UUID) -> None:
    """Enqueue the task that sends this email; if that fails, the sweep finds the row."""
    if breaker.acquire():
        try:
            _publish(email_id)
        finally:
            breaker.release()


def _publish(email_id: UUID) -> None:
    # Not the connection of workers and beat, which should wait for their broker.
    connection = current_app.connection_for_write(
        connect_timeout=WAIT_SECONDS, transport_options={"on_open": _set_timeout}
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
        logger.warning("The broker is unavailable (%s); emails wait for the sweep.", type(error).__name__)


def _set_timeout(connection: Any) -> None:
    # The read_timeout of the transport limits nothing: on EAGAIN, py-amqp reads again.
    connection.sock.settimeout(WAIT_SECONDS)
