"""As whom PostgreSQL runs. It refuses root, and a fresh container has nobody else."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SPAWN = Path(__file__).with_name("spawn.py")

ROOT_ADVICE = """\
PostgreSQL refuses to run as root, and on this machine root may neither create a user namespace nor reach
{directory} as another user. Do one of these:
  - run make as an ordinary user who owns this directory, for example:
        useradd --create-home anywork && chown -R anywork . && su anywork -c "make run"
  - allow user namespaces (in Docker: --security-opt seccomp=unconfined)
  - for `make test` alone: set DATABASE_URL to a server of your own"""


class NoIdentityError(Exception):
    """PostgreSQL cannot run here as anybody; the text says what to do."""


@dataclass(frozen=True)
class Identity:
    """How to start a program as somebody who is not root."""

    options: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None  # Who must own the files, where it isn't simply us.

    def command(self, program: Sequence[str | Path], on_parent_death: signal.Signals) -> list[str]:
        """The command line that starts `program`, bound to the calling process's life."""
        launcher = [sys.executable, "-I", "-S", str(SPAWN), str(os.getpid()), str(int(on_parent_death))]
        return [*launcher, *self.options, "--", *map(str, program)]

    def take_over(self, directory: Path) -> None:
        """Hand the files under `directory` to whoever will use them (they may come from a start as somebody else)."""
        if self.owner is None:
            return
        for folder, _, files in os.walk(directory):
            for path in (Path(folder), *(Path(folder, name) for name in files)):
                os.chown(path, *self.owner, follow_symlinks=False)


def _candidates(directory: Path) -> Iterator[Identity]:
    # initdb wants a name for its user, hence only ids that /etc/passwd knows.
    users = {entry.pw_uid: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    system = [entry for name in ("postgres", "nobody") for entry in users.values() if entry.pw_name == name]
    for entry in system[:1] or list(users.values())[:1]:
        options = ("--namespace", str(entry.pw_uid), str(entry.pw_gid))
        yield Identity(options, owner=(os.geteuid(), os.getegid()))
    # `sudo make run` in somebody's home directory, which only that one may enter.
    owners = [users[owner] for owner in (folder.stat().st_uid for folder in directory.parents) if owner in users]
    for entry in owners[:1] + system:
        options = ("--user", str(entry.pw_uid), str(entry.pw_gid))
        yield Identity(options, owner=(entry.pw_uid, entry.pw_gid))


def _works(identity: Identity, directory: Path, program: Path) -> bool:
    probe: list[str | Path] = ["/bin/sh", "-c", 'cd "$0" && test -w . && "$1" --version', directory, program]
    try:
        identity.take_over(directory)
    except OSError:
        return False  # In a container whose root may not give files away.
    done = subprocess.run(
        identity.command(probe, signal.SIGKILL), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return done.returncode == 0


def find_identity(directory: Path, program: Path) -> Identity:
    """The first way in which `program` starts and can use `directory`; raises NoIdentityError.

    An ordinary user simply stays itself. As root a user namespace comes first, since it changes no owners; then the
    owner of the surrounding directory and the system's own users.
    """
    if os.geteuid() != 0:
        return Identity()
    for identity in _candidates(directory):
        if _works(identity, directory, program):
            return identity
    raise NoIdentityError(ROOT_ADVICE.format(directory=directory))
