"""Log lines of all processes: with the ids of request and user, without personal data.

An email address, a token, a body or a file name may be part of an exception's message (`Key (email)=(...)`), of a query
string, or of the `extra` of a library's record. So formatters write only what is listed here.
"""

import json
import logging
import re
import time
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from logging.config import dictConfig
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError

from anywork.api.throttling.counting import CacheAway, CountingCache
from anywork.operations.request_id import current_request_id, current_user_id

# Exceptions whose messages name code and settings, not values.
_SAFE_MESSAGES = (AttributeError, ImportError, ImproperlyConfigured, NameError, TypeError)

_HOUR_SECONDS = 3_600
_LONGEST_HOST_NAME = 253

_EMAIL_ADDRESS = re.compile(r"""[^\s<>"'(),;:=/\\]+@[^\s<>"'(),;:=/\\]+""")
_QUERY_STRING = re.compile(r"""\?[^\s"']+""")
# gunicorn quotes a request that is no HTTP.
_INVALID_REQUEST = re.compile(r"(Invalid request) from ip=.*", re.DOTALL)


def configure_logging(config: dict[str, Any]) -> None:
    """Configure logging (Django's LOGGING_CONFIG). Idempotent: `dictConfig` alone adds the filters of loggers again.

    Celery sets Django up after it has configured its own logging, so that both configure it.
    """
    for name in config["loggers"]:
        logging.getLogger(name).filters.clear()
    dictConfig(config)


class ContextFilter(logging.Filter):
    """Adds `request_id` and `user_id` to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        # gunicorn logs about itself, and about invalid requests, while the context is that of an earlier request.
        is_of_request = record.name != "gunicorn.error" or record.exc_info
        record.request_id = current_request_id() if is_of_request else "-"
        record.user_id = current_user_id() if is_of_request else "-"
        return True


class RefusedHostFilter(logging.Filter):
    """Passes one refused Host per hour, as a warning with the name: scanners send wrong ones all day."""

    def __init__(self) -> None:
        super().__init__()
        self._silent_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        # Not at the top: the settings name this module.
        from django.core.cache import cache  # noqa: PLC0415

        now = time.monotonic()
        if now < self._silent_until:
            return False
        try:
            # Shared, so that not every process logs its own.
            count, seconds_left = cast("CountingCache", cache).count("refused_host", 1, _HOUR_SECONDS)
        except CacheAway:
            count, seconds_left = 1, _HOUR_SECONDS
        self._silent_until = now + seconds_left
        host = record.request.META.get("HTTP_HOST", "")[:_LONGEST_HOST_NAME]  # type: ignore[attr-defined]
        record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
        record.msg = "Refused the host %r, which is not in ALLOWED_HOSTS. Others are not logged for an hour."
        record.args, record.exc_info = (host,), None
        return count == 1


class IdleFilter(logging.Filter):
    """Drops lines of an idle site: successful health checks, and periodic tasks, which run every 15 s.

    Of the latter, one line per hour shows that the process is alive. Failures always pass.
    """

    def __init__(self) -> None:
        super().__init__()
        self._silent_until = 0.0
        self._dropped = 0

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno > logging.INFO:
            return True
        if record.name == "gunicorn.access":
            access = cast("Mapping[str, Any]", record.args)
            return not (access["U"] in settings.HEALTH_PATHS and str(access["s"]) == "200")
        if _task_of(record) not in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}:
            return True
        now = time.monotonic()
        # Not the end of a task: each process of the pool would log one.
        if record.name == "celery.app.trace" or now < self._silent_until:
            self._dropped += 1
            return False
        record.msg, record.args = (
            f"{record.getMessage()} ({self._dropped} lines of periodic tasks dropped before)",
            None,
        )
        self._silent_until, self._dropped = now + _HOUR_SECONDS, 0
        return True


class PlainFormatter(logging.Formatter):
    """Formats lines for people."""

    def format(self, record: logging.LogRecord) -> str:
        message = message_of(record).replace("\n", " ").replace("\r", " ")
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname:7} {message}{_in_brackets(record)}"
        return "\n".join([line, *lines_of(record.exc_info[1])]) if record.exc_info else line


class JSONFormatter(logging.Formatter):
    """Formats lines for programs: one JSON object each."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
            "request_id": getattr(record, "request_id", ""),
            "user_id": getattr(record, "user_id", ""),
            **access_of(record),
        }
        if record.exc_info:
            line["exception"] = list(lines_of(record.exc_info[1]))
        return json.dumps({key: value for key, value in line.items() if value not in ("", "-")}, default=str)


def message_of(record: logging.LogRecord) -> str:
    """Return the message without personal data."""
    message = str(_safe(record.msg))
    try:
        message = message % _safe_arguments(record) if record.args else message
    except (LookupError, TypeError, ValueError):
        # The arguments do not fit the message; logging itself would print them.
        message = f"{message} (malformed)"
    message = _INVALID_REQUEST.sub(r"\1", message)
    return _EMAIL_ADDRESS.sub("[address]", _QUERY_STRING.sub("?[query]", message))


def access_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of gunicorn's access log, by name."""
    if record.name != "gunicorn.access" or not isinstance(record.args, Mapping):
        return {}
    atoms = record.args
    return {"method": atoms["m"], "status": int(str(atoms["s"])), "bytes": atoms["B"], "milliseconds": atoms["M"]}


def lines_of(error: BaseException | None) -> Iterator[str]:
    """Yield the traceback of `error` and of its causes, without messages."""
    if error is None:
        return
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from lines_of(earlier)
        yield "which caused:"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
    yield _describe(error)


def _describe(error: BaseException) -> str:
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    if isinstance(error, _SAFE_MESSAGES):
        return f"{name}: {error}"
    if isinstance(error, OSError) and error.errno:
        return f"{name}: {error.strerror}"
    # Of psycopg2; Django wraps the exception and repeats its message.
    diagnosis = getattr(error, "diag", None)
    if diagnosis is not None and diagnosis.sqlstate:
        return " ".join(filter(None, [name, diagnosis.sqlstate, diagnosis.table_name, diagnosis.constraint_name]))
    if isinstance(error, InterfaceError | OperationalError) and not getattr(error.__cause__, "pgcode", None):
        # Not from the server: only its messages quote rows.
        return f"{name}: {error}".strip().replace("\n", " ")
    return name


def _safe_arguments(record: logging.LogRecord) -> Any:
    if not isinstance(record.args, Mapping):
        return tuple(_safe(value) for value in record.args or ())
    arguments = {name: _safe(value) for name, value in record.args.items()}
    if record.name.startswith("celery.") and "exc" in arguments:
        # The text of an exception, "ValueError('...')".
        arguments["exc"] = str(arguments["exc"]).partition("(")[0]
    return arguments


def _task_of(record: logging.LogRecord) -> str:
    """Return the name of the task in a record of Celery: the last of two arguments of beat, a key of the worker."""
    if isinstance(record.args, Mapping):
        return str(record.args.get("name"))
    return str(record.args[-1]) if record.args else ""


def _safe(value: Any) -> Any:
    return type(value).__qualname__ if isinstance(value, BaseException) else value


def _in_brackets(record: logging.LogRecord) -> str:
    known = [getattr(record, name, "") for name in ("request_id", "user_id")]
    told = " ".join(value for value in known if value not in {"", "-"})
    return f" [{told}]" if told else ""
