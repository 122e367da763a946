"""Launcher that replaces itself by a program that does not outlive its parent.

Run by path, with the standard library alone:

    python -I -S spawn.py PARENT_PID SIGNAL [--namespace UID GID | --user UID GID] -- PROGRAM ARGUMENT...

The program keeps the pid of this process. When the parent dies, even by kill -9, the kernel sends the program SIGNAL
(on Linux; elsewhere the next start cleans up). `--namespace` and `--user` are for PostgreSQL, which refuses to run as
root: the first enters a user namespace in which root appears as UID, the second changes to UID permanently.

A separate program rather than `preexec_fn`, which may deadlock in a parent that has threads.
"""

import ctypes
import os
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
CANNOT_START = 125


def _libc(function: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{function}: {os.strerror(code)}")


def enter_namespace(uid: int, gid: int) -> None:
    """Enter a user namespace that shows this user and group as `uid` and `gid`; raise OSError if not permitted."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _libc("unshare", CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1")


def drop_privileges(uid: int, gid: int) -> None:
    """Change to another user permanently; raise OSError if not permitted."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def main(arguments: list[str]) -> None:
    options, program = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    parent, signal_number, *identity = options
    try:
        if identity:
            change = {"--namespace": enter_namespace, "--user": drop_privileges}[identity[0]]
            change(int(identity[1]), int(identity[2]))
        if sys.platform == "linux":
            # After the change of user, which would clear the signal; exec keeps it.
            _libc("prctl", PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    except OSError as error:
        print(f"cannot start {program[0]}: {error}", file=sys.stderr)
        sys.exit(CANNOT_START)
    if os.getppid() != int(parent):
        sys.exit(CANNOT_START)  # The parent died before the signal was set.
    try:
        os.execvp(program[0], program)
    except OSError as error:
        print(f"cannot start {program[0]}: {error}", file=sys.stderr)
        sys.exit(CANNOT_START)


if __name__ == "__main__":
    main(sys.argv[1:])
