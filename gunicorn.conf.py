"""How gunicorn serves AnyWork; found by `gunicorn anywork.wsgi` in this folder."""

import json
import logging
import multiprocessing
import os
import socket
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, NoReturn

import environ
from gunicorn import util

# Variables of the environment win over those of the file.
environ.Env.read_env(Path(__file__).with_name(".env"))


WRONG_SETTING = 3
_CHECK = "from anywork.environment import require_settings; require_settings()"


def refuse(sentence: str) -> NoReturn:
    """End as a worker with wrong settings does."""
    sys.stderr.write(f"error: {sentence}\n")
    sys.exit(WRONG_SETTING)


bind = os.environ.get("BIND") or "0.0.0.0:8000"
_workers = os.environ.get("WEB_CONCURRENCY") or str(min(2 * multiprocessing.cpu_count() + 1, 9))
if not _workers.isdecimal() or not int(_workers):
    refuse(f"WEB_CONCURRENCY is no number of processes: {_workers}.")
workers = int(_workers)
_log_format = os.environ.get("LOG_FORMAT") or "json"
if _log_format not in {"json", "plain"}:
    refuse("LOG_FORMAT is neither json nor plain.")
try:
    util.parse_address(bind, default_port="8000")
except RuntimeError:
    refuse(f"BIND is no address: {bind}.")

# A signed resume link or a long filter fits; anything longer is an attack or a mistake.
limit_request_line = 8190
timeout = 30
graceful_timeout = 30
# Slow leaks of libraries never add up; the jitter keeps workers from restarting together.
max_requests = 10_000
max_requests_jitter = 1_000
control_socket_disable = True
# Whose word counts for https is said by NUM_PROXIES; gunicorn itself would believe anybody on this machine.
forwarded_allow_ips = ""


def write_error(sock: socket.socket, status: int, reason: str, message: str) -> None:
    """Answer what never reaches Django, such as an overlong URL, in the one shape of the API's errors."""
    if status == HTTPStatus.NOT_IMPLEMENTED:
        # An unknown Transfer-Encoding is the client's mistake.
        status, reason = HTTPStatus.BAD_REQUEST, HTTPStatus.BAD_REQUEST.phrase
    request_id = str(uuid.uuid4())
    code = "error" if status == HTTPStatus.INTERNAL_SERVER_ERROR else "bad_request"
    error = {"status": "error", "code": code, "message": f"{reason}.", "errors": {}, "request_id": request_id}
    body = json.dumps(error).encode()
    head = (
        f"HTTP/1.1 {int(status)} {reason}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"X-Request-ID: {request_id}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(sock, head.encode() + body)


def on_starting(server: Any) -> None:
    """End where the settings are wrong, before a worker fails of them.

    In a process of its own: what the master imports would outlive a reload.
    """
    checked = subprocess.run([sys.executable, "-c", _CHECK], check=False)
    if checked.returncode == WRONG_SETTING:
        sys.exit(WRONG_SETTING)


def post_worker_init(worker: Any) -> None:
    """Warn, once and not in each worker, of services that can't be reached."""
    if worker.age == 1:
        from anywork.operations.health import warn_of_what_is_away  # noqa: PLC0415 - in a worker alone

        warn_of_what_is_away()


# gunicorn has no setting for it, and its own page is HTML.
util.write_error = write_error

# Neither address nor query string (resume links carry signatures), so that the log holds no personal data.
access_log_format = "%(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"


class MasterFormatter(logging.Formatter):
    """Log lines of the master, and of a worker until its settings are there (LOGGING, `anywork.operations.logs`).

    Here, because nothing of the project may be imported before a worker starts: it would outlive a reload.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info).splitlines()
        return json.dumps(line)


logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": MasterFormatter},
        "plain": {"format": "%(asctime)s %(levelname)-7s %(message)s", "datefmt": "%H:%M:%S"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": _log_format},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # On to the root logger, whose handler the settings replace in each worker.
        "gunicorn.error": {"handlers": [], "propagate": True},
        "gunicorn.access": {"handlers": [], "propagate": True},
        # A worker need not be told that there is no .env.
        "environ": {"level": "WARNING"},
    },
}
