"""Web server and worker as real processes, on the test database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from django.conf import settings
from django.db import connection

TIMEOUT_SECONDS = 30


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Return the result of `condition` as soon as it is true."""
    until = time.monotonic() + TIMEOUT_SECONDS
    while not (result := condition()):
        assert time.monotonic() < until, f"waited {TIMEOUT_SECONDS} s in vain for {what}"
        time.sleep(0.05)
    return result


def database_url() -> str:
    database = connection.settings_dict
    user, password, name = (quote(str(database[key]), safe="") for key in ("USER", "PASSWORD", "NAME"))
    return f"postgres://{user}:{password}@{database['HOST']}:{database['PORT']}/{name}"


def is_up(client: httpx.Client) -> bool:
    """Return whether the web server is running."""
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


class Program:
    """A process of the project, with its output in a file."""

    def __init__(self, *command: str, log: Path, environment: dict[str, str]) -> None:
        self._log = log
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "anywork.settings",
            "SECRET_KEY": settings.SECRET_KEY,
            "DATABASE_URL": database_url(),
            **environment,
        }
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                # Its own process group, so that its children can be killed with it.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def children(self) -> list[int]:
        """The pids of its child processes, such as Celery's pool. On Linux."""
        pid = self._process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> None:
        """Terminate the process, and kill it if it does not end."""
        self._process.terminate()
        try:
            self._process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill the process and its children."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
