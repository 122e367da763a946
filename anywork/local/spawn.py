"""Become another program, one that does not outlive its parent.

Run by path, with the standard library alone:

    python -I -S spawn.py PARENT_PID SIGNAL [--namespace UID GID | --user UID GID] -- PROGRAM ARGUMENT...

The program keeps this process's id. When the parent dies, even by kill -9, the kernel sends it SIGNAL (on Linux;
elsewhere the next start cleans up). `--namespace` and `--user` are for PostgreSQL, which refuses to run as root: the
first enters a user namespace in which root's id appears as UID, the second changes to UID for good.

A separate program rather than `preexec_fn`, which may deadlock in a parent that has threads.
"""

import ctypes
import os
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
CANNOT_BECOME = 125


def _call(function: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{function}: {os.strerror(code)}")


def enter_namespace(uid: int, gid: int) -> None:
    """Let this process's user and group appear as `uid` and `gid`; raises OSError where that is forbidden."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _call("unshare", CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1")


def become_user(uid: int, gid: int) -> None:
    """Give up root for good; raises OSError where that is forbidden."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def main(arguments: list[str]) -> None:
    options, program = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    parent, signal_number, *identity = options
    try:
        if identity:
            how = {"--namespace": enter_namespace, "--user": become_user}[identity[0]]
            how(int(identity[1]), int(identity[2]))
        if sys.platform == "linux":
            # After the change of identity, which would clear it; exec keeps it.
            _call("prctl", PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    except OSError as error:
        print(f"cannot start {program[0]}: {error}", file=sys.stderr)
        sys.exit(CANNOT_BECOME)
    if os.getppid() != int(parent):
        sys.exit(CANNOT_BECOME)  # It died before the signal was armed.
    try:
        os.execvp(program[0], program)
    except OSError as error:
        print(f"cannot start {program[0]}: {error}", file=sys.stderr)
        sys.exit(CANNOT_BECOME)


if __name__ == "__main__":
    main(sys.argv[1:])
