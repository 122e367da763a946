"""Connections to the broker that do not wait for it for ever."""

from typing import Any

from celery import current_app
from kombu import Connection

# Timeout of connecting, and of each reply.
WAIT_SECONDS = 1


def connect(**options: Any) -> Connection:
    """Return a connection, not yet open, of Celery's app; `options` are those of kombu's transport.

    Workers have another one, since they should wait for their broker.
    """
    return current_app.connection_for_write(
        connect_timeout=WAIT_SECONDS, transport_options={"on_open": _set_timeout, **options}
    )


def _set_timeout(connection: Any) -> None:
    # The read_timeout of the transport limits nothing: on EAGAIN, py-amqp reads again.
    connection.sock.settimeout(WAIT_SECONDS)
