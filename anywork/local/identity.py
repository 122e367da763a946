"""The user that PostgreSQL runs as: it refuses root, and a fresh container has no other user."""

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
PostgreSQL refuses to run as root, and on this machine root can neither create a user namespace nor access
{directory} as another user. Do one of these:
  - run make as an ordinary user who owns this directory, for example:
        useradd --create-home anywork && chown -R anywork . && su anywork -c "make run"
  - allow user namespaces (in Docker: --security-opt seccomp=unconfined)
  - for `make test` only: set DATABASE_URL to a server of your own"""


class NoIdentityError(Exception):
    """PostgreSQL can run as no user of this machine; the text says what to do."""


@dataclass(frozen=True)
class Identity:
    """The user that a program runs as; by default the current one."""

    options: tuple[str, ...] = ()  # Of spawn.py.
    owner: tuple[int, int] | None = None  # Who must own the files; None leaves them as they are.

    def command(self, program: Sequence[str | Path], on_parent_death: signal.Signals) -> list[str]:
        """Return the command line that starts `program`, which gets the signal when the calling process dies."""
        launcher = [sys.executable, "-I", "-S", str(SPAWN), str(os.getpid()), str(int(on_parent_death))]
        return [*launcher, *self.options, "--", *map(str, program)]

    def chown(self, directory: Path) -> None:
        """Give the files under `directory` to this user; an earlier start may have run as another one."""
        if self.owner is None:
            return
        for folder, _, files in os.walk(directory):
            for path in (Path(folder), *(Path(folder, name) for name in files)):
                os.chown(path, *self.owner, follow_symlinks=False)


def _candidates(directory: Path) -> Iterator[Identity]:
    # initdb needs the name of its user, hence only ids in /etc/passwd.
    users = {entry.pw_uid: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    system = [entry for name in ("postgres", "nobody") for entry in users.values() if entry.pw_name == name]
    for entry in system[:1] or list(users.values())[:1]:
        options = ("--namespace", str(entry.pw_uid), str(entry.pw_gid))
        yield Identity(options, owner=(os.geteuid(), os.getegid()))
    # `sudo make run` in a home directory that only its owner may enter.
    owners = [users[owner] for owner in (folder.stat().st_uid for folder in directory.parents) if owner in users]
    for entry in owners[:1] + system:
        options = ("--user", str(entry.pw_uid), str(entry.pw_gid))
        yield Identity(options, owner=(entry.pw_uid, entry.pw_gid))


def _is_usable(identity: Identity, directory: Path, program: Path) -> bool:
    probe: list[str | Path] = ["/bin/sh", "-c", 'cd "$0" && test -w . && "$1" --version', directory, program]
    try:
        identity.chown(directory)
    except OSError:
        return False  # In a container whose root may not change owners.
    done = subprocess.run(
        identity.command(probe, signal.SIGKILL), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return done.returncode == 0


def find_identity(directory: Path, program: Path) -> Identity:
    """Return the first identity with which `program` starts and can use `directory`, or raise NoIdentityError.

    For an ordinary user, the current one. For root, a user namespace comes first, since it changes no owners; then
    the owner of a parent directory and the system's users.
    """
    if os.geteuid() != 0:
        return Identity()
    for identity in _candidates(directory):
        if _is_usable(identity, directory, program):
            return identity
    raise NoIdentityError(ROOT_ADVICE.format(directory=directory))
