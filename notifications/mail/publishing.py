"""Publishing of outgoing emails to the broker. A lost message only delays an email, since the row is the record."""

import logging
import time
from threading import Lock
from uuid import UUID

from amqp.exceptions import MessageNacked
from celery import current_app
from kombu.exceptions import KombuError
from kombu.pools import producers
from prometheus_client import Gauge

from anywork.operations.broker import WAIT_SECONDS, connect
from anywork.operations.metrics import registry

logger = logging.getLogger(__name__)

SEND_TASK = "notifications.send_outgoing_email"

# A healthy broker accepts a message in less. Longer means that another thread waits for a broker in trouble.
ACQUIRE_TIMEOUT_SECONDS = 0.1


# A time, since no process notices when its breaker closes.
_OPEN_UNTIL = Gauge(
    "anywork_breaker_open_until_timestamp_seconds",
    "Time until which a process does not publish to the broker.",
    multiprocess_mode="max",
    registry=registry,
)


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
        _OPEN_UNTIL.set(time.time() + self._pause_seconds)

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
    connection = connect(max_retries=0)
    failures: tuple[type[BaseException], ...] = (
        KombuError,
        *connection.connection_errors,
        *connection.channel_errors,
    )
    try:
        with producers[connection].acquire(block=True, timeout=WAIT_SECONDS) as producer:
            # Once more by a new connection, to the next URL: enough if a broker was restarted, or one of several died.
            # Not by kombu's retries, which retry within each other and took 9.5 s.
            for is_last in (False, True):
                try:
                    current_app.send_task(SEND_TASK, args=[str(email_id)], producer=producer, retry=False)
                    break
                except failures as error:
                    if isinstance(error.__cause__, MessageNacked):
                        raise
                    # Closing the connection would wait for the broker, twice.
                    producer.connection.collect()
                    producer.connection.maybe_switch_next()
                    producer.revive(producer.connection)
                    if is_last:
                        raise
    except failures as error:
        cause = error.__cause__ or error
        # A queue that has lost its leader rejects messages at once, until it has another within a second.
        if not isinstance(cause, MessageNacked):
            breaker.trip()
        logger.warning("The broker is unavailable (%s); emails wait for the sweep.", type(cause).__name__)
