"""How gunicorn serves AnyWork; found by `gunicorn anywork.wsgi` in this folder."""

import json
import logging
import multiprocessing
import os
from datetime import UTC, datetime

bind = os.environ.get("BIND", "0.0.0.0:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", min(2 * multiprocessing.cpu_count() + 1, 9)))

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

# Neither address nor query string (resume links carry signatures), so that the log holds no personal data.
access_log_format = "%(m)s %(U)s %(s)s %(B)s bytes %(M)s ms"


class MasterFormatter(logging.Formatter):
    """What the master itself has to say, and a worker until its settings are there (LOGGING, `anywork.api.logs`).

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
        "console": {"class": "logging.StreamHandler", "formatter": os.environ.get("LOG_FORMAT", "json")},
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
