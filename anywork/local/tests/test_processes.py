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
from anywork.local.processes import ProcessEndedError, Restarts, Stopping, Supervisor, started_at, stop_recorded

ROOT = Path(__file__).resolve().parents[3]

# In a process of its own, to be killed.
RUNNER = """
import sys
from pathlib import Path
from anywork.local.processes import Supervisor

supervisor = Supervisor(directory=Path.cwd(), record=Path(sys.argv[1]))
for name, script in (pair.split("=", 1) for pair in sys.argv[2:]):
    supervisor.start(name, ["sh", "-c", script])
while True:
    supervisor.check(None)
"""

Launch = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "run.json"


@pytest.fixture
def launch(record: Path) -> Iterator[Launch]:
    started: list[subprocess.Popen[str]] = []

    def launch(*programs: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", RUNNER, str(record), *programs]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT))
        return started[-1]

    yield launch
    for process in started:
        process.kill()
        process.communicate()
    stop_recorded(record)


def read_until(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdout is not None
    assert any(word in line for line in process.stdout), f"{word} never came"


def recorded(record: Path) -> dict[str, int]:
    return {name: pid for name, (pid, _) in json.loads(record.read_text()).items()}


def is_gone_within(seconds: float, pid: int) -> bool:
    deadline = time.monotonic() + seconds
    while started_at(pid) is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    return started_at(pid) is None


def watch(supervisor: Supervisor) -> NoReturn:
    while True:
        supervisor.check(None)


def supervise(record: Path, programs: dict[str, str], *, signals: tuple[signal.Signals, ...] = ()) -> str:
    """Run shell scripts side by side, send the signals once `up` exists; returns why it ended."""
    supervisor = Supervisor(directory=record.parent, record=record)

    def send() -> None:
        while not (record.parent / "up").exists():
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


def test_end_of_one_program_stops_the_others_and_is_named(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        supervise(record, {"steady": "exec sleep 60", "frail": "echo bye; exit 3"}) == "frail ended with exit status 3"
    )

    output = capsys.readouterr().out
    assert "step     | prepared" in output
    assert "frail    | bye" in output
    assert not record.exists()


def test_program_that_was_killed_is_told_by_the_signal(record: Path) -> None:
    assert supervise(record, {"frail": "kill -9 $$"}) == "frail was killed by SIGKILL"


def test_programs_that_end_wait_longer_each_time_until_one_ran_for_long() -> None:
    restarts = Restarts()
    now, pauses = 0.0, []
    for ran in (20, 20, 20, 20, 20, 20, 20, 20, 61, 20):
        now += ran
        pauses.append(restarts.pause(started_at=now - ran, now=now))
        now += pauses[-1] or 0

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 1, 2]


def test_five_deaths_within_a_minute_are_too_many() -> None:
    ended_at = (0, 1, 3, 7, 59.9)
    restarts, patient = Restarts(), Restarts()

    assert [restarts.pause(started_at=at, now=at) for at in ended_at] == [1, 2, 4, 8, None]
    assert None not in [patient.pause(started_at=at, now=at) for at in (0, 1, 3, 7, 60.1, 70)]


def test_program_is_started_again_as_often_as_it_may_end(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    supervisor = Supervisor(directory=record.parent, record=record)
    script = "sleep 60 & echo $! >> children; echo run >> runs; echo the reason; kill -9 $$"
    supervisor.start("frail", ["sh", "-c", script], restarts=Restarts(shortest=0.01, deaths=3))

    with pytest.raises(ProcessEndedError, match="frail was killed by SIGKILL") as caught:
        watch(supervisor)
    supervisor.stop()

    assert (record.parent / "runs").read_text() == "run\n" * 3
    assert caught.value.tail == ["the reason"]
    output = capsys.readouterr().out
    assert "run      | frail was killed by SIGKILL; it is started again in 0.01 s." in output
    assert "run      | frail was killed by SIGKILL; it is started again in 0.02 s." in output
    assert "run      | frail ended 3 times in 60 s." in output
    # What it started itself does not run beside its successor's.
    assert all(is_gone_within(2, int(pid)) for pid in (record.parent / "children").read_text().split())


def test_program_that_was_started_again_is_stopped_with_the_others(record: Path) -> None:
    supervisor = Supervisor(directory=record.parent, record=record)
    script = "test -e up && exec sleep 60; touch up; exit 1"
    supervisor.start("frail", ["sh", "-c", script], restarts=Restarts(shortest=0.01))
    first = recorded(record)["frail"]
    while recorded(record).get("frail", first) == first:
        supervisor.check(5)
    second = recorded(record)["frail"]
    assert started_at(second) is not None

    supervisor.stop()

    assert is_gone_within(0, second)


def test_signal_ends_the_wait_for_a_restart_at_once(record: Path) -> None:
    supervisor = Supervisor(directory=record.parent, record=record)
    supervisor.start("frail", ["false"], restarts=Restarts(shortest=60))
    supervisor.check(5)
    before = time.monotonic()
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(Stopping, match="SIGINT"):
        supervisor.check(None)
    supervisor.stop()

    assert time.monotonic() - before < processes.STOP_SECONDS


def test_process_that_somebody_else_started_is_watched_but_not_stopped(record: Path) -> None:
    supervisor = Supervisor(directory=record.parent, record=record)
    with subprocess.Popen(["sleep", "60"]) as process:
        supervisor.watch("database", process)
        supervisor.stop()
        assert process.poll() is None
        process.kill()
        with pytest.raises(ProcessEndedError, match="database was killed by SIGKILL"):
            supervisor.check(5)


def test_failed_step_stops_everything(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    supervisor = Supervisor(directory=record.parent, record=record)

    with pytest.raises(ProcessEndedError, match="migrate ended with exit status 1"):
        supervisor.run("migrate", ["sh", "-c", "echo no such table >&2; exit 1"])
    supervisor.stop()

    assert "migrate  | no such table" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_everything(record: Path, number: signal.Signals) -> None:
    script = "sleep 60 & echo $! > child; echo $$ > self; touch up; wait"

    assert supervise(record, {"steady": script}, signals=(number,)) == number.name

    for name in ("self", "child"):
        assert is_gone_within(2, int((record.parent / name).read_text()))


def test_second_signal_kills_what_does_not_want_to_stop(record: Path) -> None:
    before = time.monotonic()

    supervise(record, {"deaf": "trap '' TERM; touch up; while :; do sleep 0.1; done"}, signals=(signal.SIGINT,) * 2)

    assert time.monotonic() - before < processes.STOP_SECONDS / 2


def test_output_that_nobody_reads_is_a_reason_to_stop(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class ClosedPipe(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr("sys.stdout", ClosedPipe())

    assert supervise(record, {"loud": "while :; do echo still here; sleep 0.1; done"}) == "nobody reads the output"


def test_program_does_not_outlive_a_killed_runner(launch: Launch, record: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells a process that its parent died")
    process = launch("steady=echo up; exec sleep 60")
    read_until(process, "up")

    process.kill()

    assert is_gone_within(5, recorded(record)["steady"])


def test_next_start_stops_what_a_killed_runner_left(
    launch: Launch, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "REMAINS_SECONDS", 0.5)
    process = launch("deaf=trap '' TERM; echo up; while :; do sleep 0.1; done")
    read_until(process, "up")
    pid = recorded(record)["deaf"]
    process.kill()
    process.wait()

    assert stop_recorded(record) == ["deaf"]
    assert is_gone_within(0, pid)
    assert stop_recorded(record) == []


def test_recorded_number_that_belongs_to_another_process_now_is_left_alone(record: Path) -> None:
    record.write_text(json.dumps({"web": [os.getpid(), "long ago"]}))

    assert stop_recorded(record) == []
