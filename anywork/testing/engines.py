"""Engines in front of and beside PostgreSQL: real ones of a test's own, with the files of deploy/."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.conf import settings

from anywork.local.identity import Identity, find_identity
from anywork.testing.processes import wait_for
from anywork.testing.smtp import free_port

DEPLOY = Path(settings.BASE_DIR) / "deploy"


def find_program(name: str) -> str:
    """Return the path of a program; skip the test if it is not installed."""
    # Where Debian has servers, and ordinary users do not look.
    if (program := shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")) is None:
        pytest.skip(f"{name} is not installed")
    return program


def deployed(name: str, changes: Mapping[str, str]) -> str:
    """Return the text of a file of deploy/ with other addresses; all else is as it is deployed."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    for there, here in changes.items():
        assert there in text, there
        text = text.replace(there, here)
    return text


class Engine:
    """A program that listens on a port of localhost, with its log in `folder`; it dies with this process."""

    def __init__(self, *command: str, port: int, folder: Path, identity: Identity | None = None) -> None:
        self.port = port
        self.name = Path(command[0]).name
        self._command = (identity or Identity()).command(command, signal.SIGKILL)
        self._log = folder / f"{self.name}.log"
        self.start()

    def start(self) -> None:
        """Start it, or start it again; return when it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(self._listens, self.name)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Keep all connections, and answer nothing until thaw()."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def _listens(self) -> bool:
        assert self._process.poll() is None, self._log.read_text()
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0


class PgBouncer(Engine):
    """PgBouncer in transaction mode, in front of the database at `url`, whose server may be behind `port`."""

    def __init__(self, url: str, folder: Path, *, port: int | None = None, size: int = 20) -> None:
        program, listen = find_program("pgbouncer"), free_port()
        parts = urlsplit(url)
        name = parts.path[1:]
        self.url = url.replace(f":{parts.port}/", f":{listen}/")
        users = folder / "userlist.txt"
        users.write_text(f'"{parts.username}" "{unquote(parts.password or "")}"\n')
        config = folder / "pgbouncer.ini"
        changes = {
            "anywork = host=127.0.0.1 port=5432 dbname=anywork": f"{name} = host=127.0.0.1 port={port or parts.port}",
            "listen_port = 6432": f"listen_port = {listen}",
            "/etc/pgbouncer/userlist.txt": str(users),
            "default_pool_size = 20": f"default_pool_size = {size}",
        }
        config.write_text(deployed("pgbouncer.ini", changes))
        # It refuses to run as root, like PostgreSQL.
        identity = find_identity(folder, Path(program))
        super().__init__(program, str(config), port=listen, folder=folder, identity=identity)


class HAProxy(Engine):
    """HAProxy in front of two PostgreSQL servers: `port` leads to the writable one, `replica_port` to the other."""

    def __init__(self, servers: list[int], folder: Path) -> None:
        port, self.replica_port = free_port(), free_port()
        changes = {
            "bind 127.0.0.1:5432": f"bind 127.0.0.1:{port}",
            "bind 127.0.0.1:5433": f"bind 127.0.0.1:{self.replica_port}",
            **{f"db{number}:5432": f"127.0.0.1:{server}" for number, server in enumerate(servers, 1)},
        }
        config = folder / "haproxy.cfg"
        config.write_text(deployed("haproxy.cfg", changes))
        super().__init__(find_program("haproxy"), "-db", "-f", str(config), port=port, folder=folder)


class Redis(Engine):
    """Redis that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder))
        super().__init__(find_program("redis-server"), *options, port=port, folder=folder)
        self.url = f"redis://127.0.0.1:{port}/0"
