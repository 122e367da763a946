import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from anywork.local import processes
from anywork.local.processes import ProcessEndedError, RestartPolicy, Stopping, Supervisor, started_at, stop_leftovers

ROOT = Path(__file__).resolve().parents[3]

# In a process of its own, to be killed.
RUNNER = """
import sys
from pathlib import Path
from anywork.local.processes import Supervisor

supervisor = Supervisor(directory=Path.cwd(), pid_file=Path(sys.argv[1]))
for name, script in (pair.split("=", 1) for pair in sys.argv[2:]):
    supervisor.start(name, ["sh", "-c", script])
while True:
    supervisor.wait(None)
"""

Launch = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def pid_file(tmp_path: Path) -> Path:
    return tmp_path / "run.json"


@pytest.fixture
def launch(pid_file: Path) -> Iterator[Launch]:
    started: list[subprocess.Popen[str]] = []

    def launch(*programs: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", RUNNER, str(pid_file), *programs]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT))
        return started[-1]

    yield launch
    for process in started:
        process.kill()
        process.communicate()
    stop_leftovers(pid_file)


def read_until(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdout is not None
    assert any(word in line for line in process.stdout), f"{word} never came"


def recorded(pid_file: Path) -> dict[str, int]:
    return {name: pid for name, (pid, _) in json.loads(pid_file.read_text()).items()}


def is_gone_within(seconds: float, pid: int) -> bool:
    deadline = time.monotonic() + seconds
    while started_at(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    return started_at(pid) is None


def watch(supervisor: Supervisor) -> NoReturn:
    while True:
        supervisor.wait(None)


def supervise(pid_file: Path, programs: dict[str, str], *, signals: tuple[signal.Signals, ...] = ()) -> str:
    """Run shell scripts side by side, send the signals once `up` exists, and return why it ended."""
    supervisor = Supervisor(directory=pid_file.parent, pid_file=pid_file)

    def send() -> None:
        while not (pid_file.parent / "up").exists():
            time.sleep(0.02)
        for number in signals:
            os.kill(os.getpid(), number)
            time.sleep(0.1)

    sender = threading.Thread(target=send)
    try:
        supervisor.run("step", ["echo", "prepared"])
        for name, script in programs.items():
            supervisor.start(name, ["sh", "-c", script])
        if signals:
            sender.start()
        watch(supervisor)
    except Stopping as reason:
        return str(reason)
    finally:
        supervisor.stop()
        if signals:
            sender.join()


def test_end_of_one_program_stops_the_others(pid_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        supervise(pid_file, {"steady": "exec sleep 60", "frail": "echo bye; exit 3"})
        == "frail ended with exit status 3"
    )

    output = capsys.readouterr().out
    assert "step     | prepared" in output
    assert "frail    | bye" in output
    assert not pid_file.exists()


def test_killed_program_is_reported_with_the_signal(pid_file: Path) -> None:
    assert supervise(pid_file, {"frail": "kill -9 $$"}) == "frail was killed by SIGKILL"


def test_restart_delay_doubles_until_a_program_ran_for_long() -> None:
    policy = RestartPolicy()
    now, delays = 0.0, []
    for ran in (20, 20, 20, 20, 20, 20, 20, 20, 61, 20):
        now += ran
        delays.append(policy.next_delay(started_at=now - ran, now=now))
        now += delays[-1] or 0

    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 1, 2]


def test_five_exits_within_a_minute_end_the_restarts() -> None:
    ended_at = (0, 1, 3, 7, 59.9)
    policy, patient = RestartPolicy(), RestartPolicy()

    assert [policy.next_delay(started_at=at, now=at) for at in ended_at] == [1, 2, 4, 8, None]
    assert None not in [patient.next_delay(started_at=at, now=at) for at in (0, 1, 3, 7, 60.1, 70)]


def test_program_is_restarted_up_to_the_limit(pid_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    supervisor = Supervisor(directory=pid_file.parent, pid_file=pid_file)
    script = "sleep 60 & echo $! >> children; echo run >> runs; echo the reason; kill -9 $$"
    supervisor.start("frail", ["sh", "-c", script], restart=RestartPolicy(min_delay=0.01, max_exits=3))

    with pytest.raises(ProcessEndedError, match="frail was killed by SIGKILL") as caught:
        watch(supervisor)
    supervisor.stop()

    assert (pid_file.parent / "runs").read_text() == "run\n" * 3
    assert caught.value.tail == ["the reason"]
    output = capsys.readouterr().out
    assert "run      | frail was killed by SIGKILL; it is started again in 0.01 s." in output
    assert "run      | frail was killed by SIGKILL; it is started again in 0.02 s." in output
    assert "run      | frail ended 3 times in 60 s." in output
    # Its children do not run beside those of its successor.
    assert all(is_gone_within(2, int(pid)) for pid in (pid_file.parent / "children").read_text().split())


def test_restarted_program_is_stopped_with_the_others(pid_file: Path) -> None:
    supervisor = Supervisor(directory=pid_file.parent, pid_file=pid_file)
    script = "test -e up && exec sleep 60; touch up; exit 1"
    supervisor.start("frail", ["sh", "-c", script], restart=RestartPolicy(min_delay=0.01))
    first = recorded(pid_file)["frail"]
    while recorded(pid_file).get("frail", first) == first:
        supervisor.wait(5)
    second = recorded(pid_file)["frail"]
    assert started_at(second) is not None

    supervisor.stop()

    assert is_gone_within(0, second)


def test_signal_ends_the_wait_for_a_restart_at_once(pid_file: Path) -> None:
    supervisor = Supervisor(directory=pid_file.parent, pid_file=pid_file)
    supervisor.start("frail", ["false"], restart=RestartPolicy(min_delay=60))
    supervisor.wait(5)
    before = time.monotonic()
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(Stopping, match="SIGINT"):
        supervisor.wait(None)
    supervisor.stop()

    assert time.monotonic() - before < processes.STOP_SECONDS


def test_watched_process_is_not_stopped(pid_file: Path) -> None:
    supervisor = Supervisor(directory=pid_file.parent, pid_file=pid_file)
    with subprocess.Popen(["sleep", "60"]) as process:
        supervisor.watch("database", process)
        supervisor.stop()
        assert process.poll() is None
        process.kill()
        with pytest.raises(ProcessEndedError, match="database was killed by SIGKILL"):
            supervisor.wait(5)


def test_failed_step_stops_everything(pid_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    supervisor = Supervisor(directory=pid_file.parent, pid_file=pid_file)

    with pytest.raises(ProcessEndedError, match="migrate ended with exit status 1"):
        supervisor.run("migrate", ["sh", "-c", "echo no such table >&2; exit 1"])
    supervisor.stop()

    assert "migrate  | no such table" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_everything(pid_file: Path, number: signal.Signals) -> None:
    script = "sleep 60 & echo $! > child; echo $$ > self; touch up; wait"

    assert supervise(pid_file, {"steady": script}, signals=(number,)) == number.name

    for name in ("self", "child"):
        assert is_gone_within(2, int((pid_file.parent / name).read_text()))


def test_second_signal_kills_programs_that_ignore_the_first(pid_file: Path) -> None:
    before = time.monotonic()

    supervise(pid_file, {"deaf": "trap '' TERM; touch up; while :; do sleep 0.1; done"}, signals=(signal.SIGINT,) * 2)

    assert time.monotonic() - before < processes.STOP_SECONDS / 2


def test_closed_output_stops_everything(pid_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class ClosedPipe(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", ClosedPipe())

    assert supervise(pid_file, {"loud": "while :; do echo still here; sleep 0.1; done"}) == "the output is closed"


def test_program_does_not_outlive_a_killed_runner(launch: Launch, pid_file: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux signals a process whose parent dies")
    process = launch("steady=echo up; exec sleep 60")
    read_until(process, "up")

    process.kill()

    assert is_gone_within(5, recorded(pid_file)["steady"])


def test_next_start_stops_the_programs_of_a_killed_runner(launch: Launch, pid_file: Path) -> None:
    process = launch("deaf=trap '' TERM; echo up; while :; do sleep 0.1; done")
    read_until(process, "up")
    pid = recorded(pid_file)["deaf"]
    process.kill()
    process.wait()

    assert stop_leftovers(pid_file, seconds=0.5) == ["deaf"]
    assert is_gone_within(0, pid)
    assert stop_leftovers(pid_file) == []


def test_reused_pid_of_another_process_is_left_alone(pid_file: Path) -> None:
    pid_file.write_text(json.dumps({"web": [os.getpid(), "long ago"]}))

    assert stop_leftovers(pid_file) == []
