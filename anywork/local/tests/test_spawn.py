import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from anywork.local import spawn
from anywork.local.identity import Identity


class Replaced(Exception):
    """Raised instead of exec, which would replace the tests."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """The launcher's system calls, which are recorded instead of made."""
    made: list[tuple[object, ...]] = []

    def execvp(program: str, arguments: list[str]) -> None:
        made.append(("exec", *arguments))
        raise Replaced

    monkeypatch.setattr(spawn, "_libc", lambda *arguments: made.append(arguments))
    monkeypatch.setattr(Path, "write_text", lambda path, text: made.append((str(path), text)))
    for name in ("setgroups", "setgid", "setuid"):
        monkeypatch.setattr(os, name, lambda value, name=name: made.append((name, value)))
    monkeypatch.setattr(os, "execvp", execvp)
    return made


def launch(*options: str, parent: int | None = None) -> None:
    spawn.main([str(parent or os.getppid()), "2", *options, "--", "postgres", "-D", "data"])


def test_program_gets_a_signal_when_its_parent_dies(calls: list[tuple[object, ...]]) -> None:
    with pytest.raises(Replaced):
        launch()

    bound = [("prctl", spawn.PR_SET_PDEATHSIG, 2, 0, 0, 0)] if sys.platform == "linux" else []
    assert calls == [*bound, ("exec", "postgres", "-D", "data")]


def test_namespace_maps_the_own_user_alone_before_the_signal_is_set(calls: list[tuple[object, ...]]) -> None:
    with pytest.raises(Replaced):
        launch("--namespace", "101", "104")

    assert calls[:4] == [
        ("unshare", spawn.CLONE_NEWUSER),
        ("/proc/self/setgroups", "deny"),
        ("/proc/self/uid_map", f"101 {os.geteuid()} 1"),
        ("/proc/self/gid_map", f"104 {os.getegid()} 1"),
    ]
    assert calls[-1][0] == "exec"


def test_other_user_drops_all_groups_first(calls: list[tuple[object, ...]]) -> None:
    with pytest.raises(Replaced):
        launch("--user", "101", "104")

    assert calls[:3] == [("setgroups", []), ("setgid", 104), ("setuid", 101)]


@pytest.mark.usefixtures("calls")
def test_program_of_a_dead_parent_does_not_start() -> None:
    with pytest.raises(SystemExit) as ended:
        launch(parent=os.getpid())

    assert ended.value.code == spawn.CANNOT_START


@pytest.mark.parametrize("function", ["_libc", "execvp"])
@pytest.mark.usefixtures("calls")
def test_system_error_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], function: str
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr(spawn if function == "_libc" else os, function, refuse)
    with pytest.raises(SystemExit):
        launch("--namespace", "101", "104")

    assert "cannot start postgres: [Errno 1] not permitted" in capsys.readouterr().err


def test_failed_call_raises_an_error() -> None:
    with pytest.raises(OSError, match="prctl"):
        spawn._libc("prctl", -1, 0, 0, 0, 0)


def test_program_keeps_the_pid_of_its_launcher() -> None:
    command = Identity().command(["sh", "-c", "echo $$"], signal.SIGTERM)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        output, _ = process.communicate()

    assert int(output) == process.pid
