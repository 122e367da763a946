"""The web server and the worker as real processes, on the test database."""

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

PATIENCE_SECONDS = 30


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Return what `condition` returns as soon as that is true."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not (result := condition()):
        assert time.monotonic() < until, f"waited {PATIENCE_SECONDS} s in vain for {what}"
        time.sleep(0.05)
    return result


def database_url() -> str:
    database = connection.settings_dict
    user, password, name = (quote(str(database[key]), safe="") for key in ("USER", "PASSWORD", "NAME"))
    return f"postgres://{user}:{password}@{database['HOST']}:{database['PORT']}/{name}"


def answers(client: httpx.Client) -> bool:
    """Tell whether the web server is there."""
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


class Program:
    """A process of the project; its output is kept in a file."""

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
                # A process group of its own, so that its children can be killed with it.
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
        """The ids of the processes that it started: Celery's, which do the work. On Linux."""
        pid = self._process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def stop(self) -> None:
        """End it as an operator would, by force if it does not listen."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill it and its children, as a power cut would."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
