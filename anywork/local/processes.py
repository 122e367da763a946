"""Programs side by side: started, watched, their output prefixed, and stopped together.

honcho, the usual choice, doesn't fit: it puts a process of its own, deaf to signals, between itself and each program,
which outlives a runner that is killed; and it can't watch a database that was started before the others.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from anywork.local.identity import Identity

STOP_SECONDS = 10
REMAINS_SECONDS = 2  # They were asked already, by the runner's death.
TAIL_LINES = 15


class Stopping(Exception):
    """The whole is to stop."""


class Interrupted(Stopping):
    """Somebody asked for it, by Ctrl-C for example."""


class ProcessEndedError(Stopping):
    """One of the programs ended without being asked; `tail` are the last lines of its output."""

    def __init__(self, name: str, code: int, tail: Sequence[str] = ()) -> None:
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"
        super().__init__(f"{name} {how}")
        self.name = name
        self.code = code
        self.tail = tail


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    ended: threading.Event = field(default_factory=threading.Event)
    is_awaited: bool = False  # A step, whose end is no accident.
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))


@dataclass
class Restarts:
    """When a program that ended is started again: after 1, 2, 4 ... 60 s, and after 1 s again once it ran for longer.

    `deaths` of them within `within` seconds are too many.
    """

    shortest: float = 1
    longest: float = 60
    deaths: int = 5
    within: float = 60
    _ended_at: list[float] = field(default_factory=list)
    _pause: float = 0

    def pause(self, *, started_at: float, now: float) -> float | None:
        """Return the seconds to wait before the next start, None after too many deaths."""
        self._ended_at = [ended for ended in self._ended_at if ended > now - self.within] + [now]
        if len(self._ended_at) >= self.deaths:
            return None
        ran_long = now - started_at > self.longest
        self._pause = min(self._pause * 2, self.longest) if self._pause and not ran_long else self.shortest
        return self._pause


@dataclass
class _Restartable:
    command: Sequence[str | Path]
    restarts: Restarts
    started_at: float
    due_at: float | None = None  # None while it runs.


def started_at(pid: int) -> str | None:
    """When the process began, None without such a process: together with the id this names it beyond doubt.

    A zombie counts as gone; in a container there may be nobody who would ever collect it.
    """
    if sys.platform != "linux":
        shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return shown.stdout.strip() or None
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else fields[18]


def stop_recorded(record: Path) -> list[str]:
    """Stop what a killed runner left behind according to its `record`; returns the names."""
    try:
        entries = json.loads(record.read_text())
    except (OSError, ValueError):
        return []  # None, or half-written when the machine went down, which stopped everything anyway.
    left = {name: pid for name, (pid, since) in entries.items() if started_at(pid) == since}
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + REMAINS_SECONDS
        for name, pid in left.items():
            with contextlib.suppress(ProcessLookupError):
                if started_at(pid) == entries[name][1]:
                    os.killpg(pid, number) if number == signal.SIGKILL else os.kill(pid, number)
        while time.monotonic() < deadline and any(started_at(pid) == entries[name][1] for name, pid in left.items()):
            time.sleep(0.05)
    record.unlink()
    return list(left)


class Supervisor:
    """Runs programs until a signal arrives, or one ends that is not to be restarted. To be used from the main thread.

    `record` names the running programs, for stop_recorded() after an accident. Each program leads a session of its
    own, so that a Ctrl-C reaches only the supervisor, which then stops them in order. `environment` may be set later.
    """

    def __init__(self, *, directory: Path, record: Path) -> None:
        self.environment: Mapping[str, str] = os.environ
        self._directory = directory
        self._record = record
        self._children: dict[str, _Child] = {}
        self._restartable: dict[str, _Restartable] = {}
        self._output = threading.Lock()
        self._is_mute = False
        # Unlike other queues it may be filled from within a signal handler.
        self._events: queue.SimpleQueue[Stopping | str] = queue.SimpleQueue()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup asks to be left alone by SIGHUP; a shell's `&` says the same of SIGINT without meaning it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._interrupt)

    def say(self, name: str, text: str) -> None:
        """Print a line as `name`."""
        with self._output:
            if self._is_mute:
                return
            try:
                print(f"{name:8} | {text}", flush=True)
            except OSError:
                # The terminal or the pipe is gone: stop, and keep reading meanwhile, or the programs would block.
                self._is_mute = True
                self._events.put(Interrupted("nobody reads the output"))

    def watch(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Take the end of a process that somebody else started, and will stop, for an accident."""
        self._follow(name, _Child(process))

    def start(self, name: str, command: Sequence[str | Path], *, restarts: Restarts | None = None) -> None:
        """Start a program that is to run until the end; with `restarts` it is started again when it ends."""
        self._spawn(name, command, is_awaited=False)
        if restarts:
            self._restartable[name] = _Restartable(command, restarts, started_at=time.monotonic())

    def run(self, name: str, command: Sequence[str | Path]) -> None:
        """Run a program to its end; raises ProcessEndedError when it fails, Stopping when anything else happens."""
        self._spawn(name, command, is_awaited=True)
        while not self._children[name].ended.is_set():
            self.check(None)
        code = self._children.pop(name).process.returncode
        self._write_record()
        if code != 0:
            raise ProcessEndedError(name, code)

    def check(self, seconds: float | None) -> None:
        """Wait; raises Stopping as soon as there is a reason to stop. Returns early on other events."""
        due = [each.due_at for each in self._restartable.values() if each.due_at is not None]
        if due:
            until_due = max(0.0, min(due) - time.monotonic())
            seconds = until_due if seconds is None else min(seconds, until_due)
        try:
            event = self._events.get(timeout=seconds) if seconds != 0 else self._events.get_nowait()
        except queue.Empty:
            self._start_due()
            return
        if isinstance(event, ProcessEndedError) and event.name in self._restartable:
            self._plan_restart(event)
        elif isinstance(event, Stopping):
            raise event

    def stop(self) -> None:
        """End all programs that were started here: politely, then by force. A second signal means force at once."""
        self._restartable.clear()
        for child in self._own():
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and not all(child.ended.is_set() for child in self._own()):
            try:
                self.check(0.1)
            except Interrupted:
                break
            except ProcessEndedError:
                continue
        for child in self._own():
            self._kill_group(child)
            child.ended.wait(5)
        self._record.unlink(missing_ok=True)

    def _plan_restart(self, event: ProcessEndedError) -> None:
        self._kill_group(self._children.pop(event.name))
        self._write_record()
        program = self._restartable[event.name]
        now = time.monotonic()
        pause = program.restarts.pause(started_at=program.started_at, now=now)
        if pause is None:
            self.say("run", f"{event.name} ended {program.restarts.deaths} times in {program.restarts.within:g} s.")
            raise event
        program.due_at = now + pause
        self.say("run", f"{event}; it is started again in {pause:g} s.")

    def _start_due(self) -> None:
        for name, program in self._restartable.items():
            if program.due_at is not None and program.due_at <= time.monotonic():
                program.due_at, program.started_at = None, time.monotonic()
                self._spawn(name, program.command, is_awaited=False)

    def _own(self) -> list[_Child]:
        return [child for child in self._children.values() if child.process.stdout is not None]

    @staticmethod
    def _kill_group(child: _Child) -> None:
        """Kill the program with what it started itself."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.process.pid, signal.SIGKILL)

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        self._events.put(Interrupted(signal.Signals(number).name))

    def _spawn(self, name: str, command: Sequence[str | Path], *, is_awaited: bool) -> None:
        process = subprocess.Popen(
            Identity().command(command, signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            cwd=self._directory,
            start_new_session=True,
        )
        self._follow(name, _Child(process, is_awaited=is_awaited))
        self._write_record()

    def _follow(self, name: str, child: _Child) -> None:
        self._children[name] = child
        threading.Thread(target=self._await, args=(name, child), daemon=True).start()

    def _await(self, name: str, child: _Child) -> None:
        if child.process.stdout is not None:
            relay = threading.Thread(target=self._relay, args=(name, child), daemon=True)
            relay.start()
            code = child.process.wait()
            # Its last words come before the news of its end; but a grandchild may hold the pipe open for longer.
            relay.join(0.2)
        else:
            code = child.process.wait()
        child.ended.set()
        self._events.put(name if child.is_awaited else ProcessEndedError(name, code, list(child.tail)))

    def _relay(self, name: str, child: _Child) -> None:
        stream: IO[bytes] = child.process.stdout  # type: ignore[assignment]
        with stream:
            for line in stream:
                child.tail.append(text := line.decode(errors="replace").rstrip())
                self.say(name, text)

    def _write_record(self) -> None:
        pids = {name: child.process.pid for name, child in self._children.items() if child.process.stdout is not None}
        draft = self._record.with_suffix(".new")
        draft.write_text(json.dumps({name: [pid, started_at(pid)] for name, pid in pids.items()}))
        draft.replace(self._record)
