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

from anywork.local.postgres import port_is_free

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
    """A process of the project, with its output in a file; `launcher` starts another program in its own place."""

    def __init__(
        self,
        *command: str,
        log: Path,
        environment: dict[str, str],
        folder: Path = settings.BASE_DIR,
        launcher: tuple[str, ...] = (),
    ) -> None:
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
                [*launcher, sys.executable, "-m", *command],
                cwd=folder,
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

    def wait(self) -> int:
        """Wait until the process ends; return its exit status."""
        return self._process.wait(TIMEOUT_SECONDS)

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


class WebServer:
    """gunicorn with the project's own configuration."""

    def __init__(self, folder: Path, code: Path | str = settings.BASE_DIR, **environment: str) -> None:
        port = next(port for port in range(20_000 + os.getpid() % 5_000, 30_000) if port_is_free(port))
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.media = folder / "media"
        self.program = Program(
            "gunicorn",
            "anywork.wsgi",
            log=folder / f"web-{port}.log",
            environment={
                "BIND": f"127.0.0.1:{port}",
                "WEB_CONCURRENCY": "2",
                "MEDIA_ROOT": str(self.media),
                "SECURE_SSL_REDIRECT": "off",
                "THROTTLE_RATES": "off",
                "CELERY_BROKER_URL": "memory://",
                **environment,
            },
            folder=Path(code),
        )
        with httpx.Client(base_url=self.url) as client:
            wait_for(lambda: is_up(client), "the web server")

    @property
    def pid(self) -> int:
        return self.program.pid

    def workers(self) -> set[int]:
        return set(map(int, Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()))
