"""The supervisor in a process of its own, as `make run` uses it: it owns the signals of its main thread."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anywork.local import processes
from anywork.local.processes import started_at, stop_recorded

ROOT = Path(__file__).resolve().parents[3]

RUNNER = """
import sys
from pathlib import Path
from anywork.local.processes import Stopping, Supervisor

supervisor = Supervisor(directory=Path.cwd(), record=Path(sys.argv[1]))
try:
    supervisor.run("step", ["echo", "prepared"])
    for name, script in (pair.split("=", 1) for pair in sys.argv[2:]):
        supervisor.start(name, ["sh", "-c", script])
    while True:
        supervisor.check(None)
except Stopping as reason:
    supervisor.say("run", str(reason))
finally:
    supervisor.stop()
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


def test_end_of_one_program_stops_the_others_and_is_named(launch: Launch, record: Path) -> None:
    process = launch("steady=echo up; exec sleep 60", "frail=echo bye; exit 3")

    output, _ = process.communicate(timeout=10)

    assert "step     | prepared" in output
    assert "frail    | bye" in output
    assert "run      | frail ended with exit status 3" in output
    assert not record.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_everything(launch: Launch, record: Path, number: signal.Signals) -> None:
    process = launch("steady=sleep 60 & echo up; wait")
    read_until(process, "up")
    pid = recorded(record)["steady"]

    process.send_signal(number)
    output, _ = process.communicate(timeout=10)

    assert f"run      | {number.name}" in output
    assert is_gone_within(0, pid)


def test_second_signal_kills_what_does_not_want_to_stop(launch: Launch, record: Path) -> None:
    process = launch("deaf=trap '' TERM; echo up; while :; do sleep 0.1; done")
    read_until(process, "up")
    pid = recorded(record)["deaf"]

    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)

    assert is_gone_within(0, pid)


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
