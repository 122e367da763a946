"""Message broker in a folder: kombu's filesystem transport, made safe for concurrent processes.

kombu (5.7) writes messages and bindings in place, so that another process may read them half-written and crash. Here
files are written atomically, and those that can't be parsed are set aside.
"""

import fcntl
import logging
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

logger = logging.getLogger(__name__)

# Raised by kombu for a file that is not one of its messages.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


def _write_atomically(path: Path, content: Any) -> None:
    """Write a file so that readers see all of it or nothing: under another name first, then renamed."""
    draft = path.with_name(f"{path.name}.{uuid.uuid4()}.new")
    try:
        draft.write_text(dumps(content), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ChannelError(f"Cannot write {path}") from error


class Channel(filesystem.Channel):
    """Channel with a file `*.<queue>.msg` for each message; readers rename it to `*.unreadable` until it is parsed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._folder = Path(self.data_folder_in)
        for folder in (self._folder, self.control_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        _write_atomically(self._folder / f"{time.time_ns()}_{uuid.uuid4()}.{queue}.msg", payload)

    def _get(self, queue: str) -> Any:  # type: ignore[override]
        for path in sorted(self._folder.glob("*.msg")):
            if path.name.partition(".")[2] != f"{queue}.msg":
                continue
            claimed = path.with_name(f"{path.name}.unreadable")
            try:
                path.rename(claimed)
            except FileNotFoundError:
                continue  # Another worker was faster.
            try:
                payload = loads(claimed.read_bytes().decode())
                self.Message(payload, channel=self)
            except UNREADABLE as error:
                logger.warning("An unreadable message is set aside (%s): %s", type(error).__name__, claimed)
                continue
            claimed.unlink()
            return payload
        raise Empty

    def get_table(self, exchange: str) -> list[Any]:
        """Return the bindings of the exchange; if they can't be parsed, none until a worker declares them again."""
        try:
            return super().get_table(exchange)
        except UNREADABLE as error:
            logger.warning("The bindings of %s can't be parsed (%s).", exchange, type(error).__name__)
            return []

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str) -> None:
        self._change_table(exchange, add=filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or ""))

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any) -> None:
        self._purge(queue)
        self._change_table(exchange, remove=filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or ""))

    def _change_table(self, exchange: str, *, add: Any = None, remove: Any = None) -> None:
        with (self.control_folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self.get_table(exchange)
            after = [*filter(None, [add]), *(binding for binding in before if binding not in (add, remove))]
            if set(after) != set(before):
                _write_atomically(self.control_folder / f"{exchange}.exchange", after)


class Transport(filesystem.Transport):
    """Transport for Celery's `broker_transport`."""

    Channel = Channel
