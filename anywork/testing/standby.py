"""A streaming standby of a private PostgreSQL server."""

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

import psycopg2

from anywork.local.postgres import PrivateServer


def execute(server: PrivateServer, sql: str, *, database: str = "postgres") -> list[tuple[Any, ...]]:
    """Run a statement as the superuser, outside a transaction; return its rows."""
    connection = psycopg2.connect(_address(server, database))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _address(server: PrivateServer, database: str) -> str:
    password, port = ((server.directory / name).read_text().strip() for name in ("password", "port"))
    return f"host=127.0.0.1 port={port} user=postgres password={password} dbname={database}"


class Standby(PrivateServer):
    """Hot standby of `primary`, a running server, copied from it at the first start."""

    def __init__(self, directory: Path, primary: PrivateServer) -> None:
        super().__init__(directory, primary.binaries, settings=primary.settings)
        self.primary = primary

    def _initialise(self) -> None:
        copy = self.directory / "data.new"
        self._write("password", (self.primary.directory / "password").read_text())
        self._identity.chown(self.directory)
        self._run(
            [self.binaries / "pg_basebackup", "--pgdata", copy, "--dbname", _address(self.primary, "postgres")],
            ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"],
        )
        copy.rename(self.data)

    def has_replayed_all(self) -> bool:
        """Return whether it has every change that the primary has made."""
        (wanted,) = execute(self.primary, "SELECT pg_current_wal_insert_lsn()")
        return execute(self, f"SELECT pg_last_wal_replay_lsn() >= '{wanted[0]}'") == [(True,)]

    def disconnect(self) -> None:
        """Receive nothing more from the primary."""
        execute(self, "ALTER SYSTEM SET primary_conninfo = ''")
        execute(self, "SELECT pg_reload_conf()")

    def is_receiving(self) -> bool:
        return execute(self, "SELECT count(*) FROM pg_stat_wal_receiver") == [(1,)]

    def pause(self) -> None:
        """Receive, but do not replay what the primary changes from now on."""
        execute(self, "SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        execute(self, "SELECT pg_wal_replay_resume()")

    def freeze(self) -> None:
        """Keep all connections, and answer nothing until thaw()."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        master = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        for pid in (master, *map(int, children)):
            # One may end meanwhile.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def promote(self) -> None:
        """Make it a primary; return when it accepts writes."""
        execute(self, "SELECT pg_promote()")
