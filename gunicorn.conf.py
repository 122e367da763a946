"""Configuration of gunicorn, found by `gunicorn anywork.wsgi` in this folder."""

import ctypes
import itertools
import json
import logging
import multiprocessing
import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import environ
from gunicorn import sock, util
from gunicorn.glogging import Logger

# Variables of the environment take precedence over those of the file.
environ.Env.read_env(Path(__file__).with_name(".env"))

# The exit status of gunicorn when a worker fails to boot.
WRONG_SETTING = 3
# In subprocesses: modules of the project that the master imports would survive a reload.
_CHECK_SETTINGS = [sys.executable, "-c", "from anywork.environment import require_settings; require_settings()"]
# Loads this file and the application, and exits.
_CHECK_CODE = [sys.executable, "-m", "gunicorn", "--check-config", *sys.argv[1:]]
_CHECK_SECONDS = 60
# With graceful_timeout, less than TimeoutStopSec and terminationGracePeriodSeconds in deploy/.
_QUEUE_SECONDS = 5
# Of <asm/socket.h> and <linux/filter.h>.
_SO_ATTACH_FILTER = 26
# Drops what begins a connection (bit 1 of byte 13 of TCP's header); handshakes under way are finished.
_DROP_SYN = ((0x30, 0, 0, 13), (0x45, 0, 1, 2), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
# Once for each master.
if os.environ.get("CHECKED_BY_GUNICORN") != str(os.getpid()):
    if subprocess.run(_CHECK_SETTINGS, cwd=Path(__file__).parent, check=False).returncode == WRONG_SETTING:
        sys.exit(WRONG_SETTING)
    os.environ["CHECKED_BY_GUNICORN"] = str(os.getpid())


def _read(name: str, default: str) -> str:
    return os.environ.get(name, "").strip() or default


bind = _read("BIND", "0.0.0.0:8000")
# With twice the processors and one, as gunicorn advises, one machine serves a fifth to a third less: nginx waits for
# slow clients here, and PostgreSQL needs the processors, too.
workers = int(_read("WEB_CONCURRENCY", str(min(multiprocessing.cpu_count() + 1, 9))))

# Long enough for a signed resume link or a long filter.
limit_request_line = 8190
timeout = 30
graceful_timeout = 30
# Against slow memory leaks in libraries; the jitter keeps workers from restarting together.
max_requests = 10_000
max_requests_jitter = 1_000
control_socket_disable = True
# NUM_PROXIES decides whether X-Forwarded-Proto is trusted; gunicorn by default trusts every local client.
forwarded_allow_ips = ""


def write_error(client: socket.socket, status: int, reason: str, message: str) -> None:
    """Write errors that never reach Django, such as an overlong URL, in the format of the API's errors."""
    if status == HTTPStatus.NOT_IMPLEMENTED:
        # An unknown Transfer-Encoding is the client's error.
        status, reason = HTTPStatus.BAD_REQUEST, HTTPStatus.BAD_REQUEST.phrase
    request_id = str(uuid.uuid4())
    code = "error" if status == HTTPStatus.INTERNAL_SERVER_ERROR else "bad_request"
    error = {"status": "error", "code": code, "message": f"{reason}.", "errors": {}, "request_id": request_id}
    body = json.dumps(error).encode()
    head = (
        f"HTTP/1.1 {int(status)} {reason}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"X-Request-ID: {request_id}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(client, head.encode() + body)


def on_starting(server: Any) -> None:
    """Create the folder in which workers count requests (anywork.operations.metrics)."""
    # In memory, where there is such a folder: on a full disk, writing to a mapped file kills the worker.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="anywork-metrics-", dir=memory)


def on_exit(server: Any) -> None:
    """Remove that folder."""
    # A master of before this configuration has none.
    shutil.rmtree(os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""), ignore_errors=True)


def pre_fork(server: Any, worker: Any) -> None:
    """Give the worker the lowest number that no other one has: the name of its files in that folder."""
    taken = {getattr(other, "slot", None) for other in server.WORKERS.values()}
    worker.slot = next(slot for slot in itertools.count() if slot not in taken)
    os.environ["WORKER_SLOT"] = str(worker.slot)


def when_ready(server: Any) -> None:
    """Reload (SIGHUP) only code and settings that a process can load, and stop (SIGTERM) only once no client is queued.

    Else gunicorn would stop the workers of before a reload before it knows, and then end, because its new workers do
    not start; and a stop would reset connections that no worker has accepted yet.
    """
    reload, stop = server.reload, server.stop

    def reload_if_loadable() -> None:
        if problem := _problem_of_loading():
            server.log.error("Not reloaded, the workers go on with the code they have loaded: %s", problem)
        else:
            reload()

    def stop_once_queue_is_empty(graceful: bool = True) -> None:  # noqa: FBT001, FBT002 - as gunicorn's
        # Another master has the sockets of systemd, and those that a new one (SIGUSR2) takes over.
        if graceful and not (server.systemd or server.reexec_pid or server.master_pid):
            try:
                _empty_queues(server.LISTENERS)
            except OSError as error:
                server.log.warning("Clients that are queued may be reset: %s", error)
            sock.close_sockets(server.LISTENERS, unlink=False)
            server.LISTENERS = []
        stop(graceful)

    server.reload, server.stop = reload_if_loadable, stop_once_queue_is_empty


def _empty_queues(listeners: list[Any]) -> None:
    """Let no further client into the queues of listeners, and wait until the workers have accepted what is in them.

    Without the filter, a socket of TCP takes clients until its last worker has ended, which then resets them.
    """
    instructions = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in _DROP_SYN))
    drop_syn = struct.pack("HP", len(_DROP_SYN), ctypes.addressof(instructions))
    for listener in listeners:
        if listener.family == socket.AF_UNIX:
            Path(listener.getsockname()).unlink()
        elif sys.platform == "linux":
            # A client repeats the first packet after 1 s, and is refused then.
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, drop_syn)
    until = time.monotonic() + _QUEUE_SECONDS
    # A handshake may still be finished, which takes a round trip.
    while select.select(listeners, [], [], 0.05)[0] and time.monotonic() < until:
        time.sleep(0.01)


def _problem_of_loading() -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
    try:
        subprocess.run(_CHECK_CODE, env=environment, check=True, capture_output=True, text=True, timeout=_CHECK_SECONDS)
    except subprocess.SubprocessError as error:
        return str(getattr(error, "stderr", None) or error).strip()
    return ""


def post_fork(server: Any, worker: Any) -> None:
    """Let the other workers go on if this one, which replaces another, cannot load the code."""
    if worker.age > server.num_workers:
        # In this process: with these statuses, the master would end.
        server.WORKER_BOOT_ERROR = server.APP_LOAD_ERROR = 1


def post_worker_init(worker: Any) -> None:
    """Log a warning, in the first worker only, for each service that can't be reached."""
    if worker.age == 1:
        from anywork.operations.health import warn_of_what_is_away  # noqa: PLC0415 - not in the master

        warn_of_what_is_away()


# gunicorn has no setting for this, and its own error page is HTML.
util.write_error = write_error

# Without address and query string (resume links carry signatures), so that the log contains no personal data.
access_log_format = "%(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"


class logger_class(Logger):  # noqa: N801 - the name of the setting
    """gunicorn's logger; for a line it makes only what is in it, not a field of each header and variable as well."""

    def atoms(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> dict[str, Any]:
        return {
            "m": environ.get("REQUEST_METHOD"),
            "U": environ.get("PATH_INFO"),
            # None if the worker was ended before it began a response.
            "s": str(resp.status).partition(" ")[0],
            "B": resp.sent,
            "M": request_time // timedelta(milliseconds=1),
        }


class MasterFormatter(logging.Formatter):
    """JSON log lines of the master, and of a worker until it has loaded LOGGING (`anywork.operations.logs`).

    Defined here, since modules of the project that the master imports would survive a reload.
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
        "console": {"class": "logging.StreamHandler", "formatter": _read("LOG_FORMAT", "json")},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Passed on to the root logger, whose handler the settings replace in each worker.
        "gunicorn.error": {"handlers": [], "propagate": True},
        "gunicorn.access": {"handlers": [], "propagate": True},
        # It logs a missing .env.
        "environ": {"level": "WARNING"},
    },
}
