"""Servers of AnyWork and the floor, as processes on 127.0.0.1."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from anywork.local.postgres import port_is_free
from anywork.testing import nginx

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 120
# As deployed, but with rates above the load.
_OURS = {
    "THROTTLE_RATES": "anon=1000000000/min,user=1000000000/min,address=1000000000/min,post=1000000000/min",
    "SECURE_SSL_REDIRECT": "off",
}
GUNICORN = ("gunicorn", "anywork.wsgi")
# The floor is fastest with one worker per processor.
_UVICORN = ("uvicorn", "benchmarks.search.floor:app", "--loop", "uvloop", "--http", "httptools", "--no-access-log")


def require_free(ports: list[int]) -> None:
    """Raise SystemExit if a port is in use, since the other program would be measured."""
    if taken := [str(port) for port in ports if not port_is_free(port)]:
        raise SystemExit(f"Ports in use on 127.0.0.1: {', '.join(taken)}; choose another --port.")


def require_nginx() -> None:
    """Raise SystemExit if nginx is missing."""
    if not shutil.which("nginx"):
        raise SystemExit("nginx is not installed: apt-get install nginx")


class Server(NamedTuple):
    """A running server."""

    url: str
    process: int

    @property
    def worker(self) -> int:
        """The process of its only worker."""
        (worker,) = Path(f"/proc/{self.process}/task/{self.process}/children").read_text().split()
        return int(worker)


@contextmanager
def ours(
    database_url: str, port: int, log: Path, *, command: Sequence[str] = GUNICORN, **environment: str
) -> Iterator[Server]:
    """Serve AnyWork, by default with gunicorn and gunicorn.conf.py."""
    served = {**_OURS, "BIND": f"127.0.0.1:{port}", "DATABASE_URL": database_url, **environment}
    with _running(command, served, log) as process:
        yield Server(_ready(port, "/healthz", log), process)


@contextmanager
def proxied(database_url: str, port: int, folder: Path, *, bind: str = "") -> Iterator[str]:
    """Serve AnyWork as deployed on one machine: nginx, and gunicorn on `bind`, by default a unix socket."""
    folder.mkdir()
    bind, log = bind or f"unix:{folder}/socket", folder / "log"
    # The load comes from one address.
    config = nginx.deployed(port, bind).replace("rate=200r/s", "rate=1000000r/s")
    served = {**_OURS, "BIND": bind, "DATABASE_URL": database_url, "NUM_PROXIES": "1"}
    with _running(GUNICORN, served, log), nginx.running_nginx(config, port=port, folder=folder):
        yield _ready(port, "/healthz", log)


@contextmanager
def floor(database_url: str, port: int, log: Path) -> Iterator[Server]:
    """Serve the floor with uvicorn."""
    workers = ("--workers", str(os.cpu_count()), "--host", "127.0.0.1", "--port", str(port))
    with _running((*_UVICORN, *workers), {**_OURS, "DATABASE_URL": database_url}, log) as process:
        yield Server(_ready(port, "/recordings", log), process)


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[int]:
    settings = {"DJANGO_SETTINGS_MODULE": "anywork.settings", **environment}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, **settings}, stdout=file, stderr=file
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _ready(port: int, path: str, log: Path) -> str:
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(url + path, timeout=TIMEOUT_SECONDS).is_success:
                return url
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{url} does not respond:\n{log.read_text()[-2_000:]}")
