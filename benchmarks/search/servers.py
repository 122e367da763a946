"""The two servers that are compared, as processes on 127.0.0.1."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from anywork.local.postgres import port_is_free

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120
# As deployed, rates and all, but so high that the load stays below.
_OURS = {"THROTTLE_RATES": "anon=1000000000/min,user=1000000000/min", "SECURE_SSL_REDIRECT": "off"}
_GUNICORN = ("gunicorn", "anywork.wsgi")
# A worker a processor serves it best.
_UVICORN = ("uvicorn", "benchmarks.search.floor:app", "--loop", "uvloop", "--http", "httptools", "--no-access-log")


def require_free(ports: list[int]) -> None:
    """Raises SystemExit when another program listens on one of them, since that would be measured."""
    if taken := [str(port) for port in ports if not port_is_free(port)]:
        raise SystemExit(f"Something listens on 127.0.0.1:{', '.join(taken)} already; choose another --port.")


@contextmanager
def ours(database_url: str, port: int, log: Path) -> Iterator[str]:
    """Serve AnyWork by gunicorn, configured by gunicorn.conf.py; yield its URL."""
    environment = {**_OURS, "BIND": f"127.0.0.1:{port}", "DATABASE_URL": database_url}
    with _running(_GUNICORN, environment, log):
        yield _ready(f"http://127.0.0.1:{port}", "/healthz", log)


@contextmanager
def floor(database_url: str, port: int, log: Path) -> Iterator[str]:
    """Serve the floor by uvicorn; yield its URL."""
    workers = ("--workers", str(os.cpu_count()), "--host", "127.0.0.1", "--port", str(port))
    with _running((*_UVICORN, *workers), {**_OURS, "DATABASE_URL": database_url}, log):
        yield _ready(f"http://127.0.0.1:{port}", "/recordings", log)


@contextmanager
def _running(command: tuple[str, ...], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    settings = {"DJANGO_SETTINGS_MODULE": "anywork.settings", **environment}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, **settings}, stdout=file, stderr=file
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _ready(url: str, path: str, log: Path) -> str:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(url + path, timeout=PATIENCE_SECONDS).is_success:
                return url
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer:\n{log.read_text()[-2_000:]}")
