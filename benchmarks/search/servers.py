"""The two servers that are compared, as processes on 127.0.0.1."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from anywork.local.postgres import port_is_free

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120
# As deployed, rates and all, but so high that the load stays below.
_OURS = {
    "THROTTLE_RATES": "anon=1000000000/min,user=1000000000/min,address=1000000000/min",
    "SECURE_SSL_REDIRECT": "off",
}
GUNICORN = ("gunicorn", "anywork.wsgi")
# A worker a processor serves it best.
_UVICORN = ("uvicorn", "benchmarks.search.floor:app", "--loop", "uvloop", "--http", "httptools", "--no-access-log")


def require_free(ports: list[int]) -> None:
    """Raises SystemExit when another program listens on one of them, since that would be measured."""
    if taken := [str(port) for port in ports if not port_is_free(port)]:
        raise SystemExit(f"Something listens on 127.0.0.1:{', '.join(taken)} already; choose another --port.")


class Server(NamedTuple):
    """One that answers."""

    url: str
    process: int


@contextmanager
def ours(
    database_url: str, port: int, log: Path, *, command: Sequence[str] = GUNICORN, **environment: str
) -> Iterator[Server]:
    """Serve AnyWork, by gunicorn and as gunicorn.conf.py says unless `command` or `environment` say otherwise."""
    served = {**_OURS, "BIND": f"127.0.0.1:{port}", "DATABASE_URL": database_url, **environment}
    with _running(command, served, log) as process:
        yield Server(_ready(port, "/healthz", log), process)


@contextmanager
def floor(database_url: str, port: int, log: Path) -> Iterator[Server]:
    """Serve the floor by uvicorn."""
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
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(url + path, timeout=PATIENCE_SECONDS).is_success:
                return url
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer:\n{log.read_text()[-2_000:]}")
