"""Process supervisor: starts programs side by side, prefixes their output, and stops them together.

honcho, the usual choice, doesn't fit: it puts a process that ignores signals between itself and each program, which
outlives a runner that is killed; and it can't watch a database that was started before the others.
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
TAIL_LINES = 15


class Stopping(Exception):
    """Everything has to stop."""


class Interrupted(Stopping):
    """The runner was asked to stop, by Ctrl-C for example."""


class ProcessEndedError(Stopping):
    """A program ended unexpectedly; `tail` holds the last lines of its output."""

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
    is_step: bool = False  # A step is expected to end.
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))


@dataclass
class RestartPolicy:
    """When to restart a program that ended: after 1, 2, 4 ... 60 s, and after 1 s again once it ran for over 60 s.

    After `max_exits` exits within `window` seconds it is not restarted.
    """

    min_delay: float = 1
    max_delay: float = 60
    max_exits: int = 5
    window: float = 60
    _exits: list[float] = field(default_factory=list)
    _delay: float = 0

    def next_delay(self, *, started_at: float, now: float) -> float | None:
        """Return the seconds to wait before the next start, None after too many exits."""
        self._exits = [moment for moment in self._exits if moment > now - self.window] + [now]
        if len(self._exits) >= self.max_exits:
            return None
        ran_long = now - started_at > self.max_delay
        self._delay = min(self._delay * 2, self.max_delay) if self._delay and not ran_long else self.min_delay
        return self._delay


@dataclass
class _Restartable:
    command: Sequence[str | Path]
    policy: RestartPolicy
    started_at: float
    due_at: float | None = None  # None while it runs.


def started_at(pid: int) -> str | None:
    """Return when the process started, None if there is none: pid and start time identify a process.

    A zombie counts as gone: a container may have no init process to reap it.
    """
    if sys.platform != "linux":
        shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return shown.stdout.strip() or None
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else fields[18]


def stop_leftovers(pid_file: Path, *, seconds: float = 2) -> list[str]:
    """Stop the programs that a killed runner left behind, according to its `pid_file`; return their names.

    They got a signal when the runner died; after `seconds` they are killed.
    """
    try:
        entries = json.loads(pid_file.read_text())
    except (OSError, ValueError):
        return []  # Missing, or half-written when the machine went down, which stopped everything anyway.
    left = {name: pid for name, (pid, since) in entries.items() if started_at(pid) == since}
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + seconds
        for name, pid in left.items():
            with contextlib.suppress(ProcessLookupError):
                if started_at(pid) == entries[name][1]:
                    os.killpg(pid, number) if number == signal.SIGKILL else os.kill(pid, number)
        while time.monotonic() < deadline and any(started_at(pid) == entries[name][1] for name, pid in left.items()):
            time.sleep(0.05)
    pid_file.unlink()
    return list(left)


class Supervisor:
    """Run programs until a signal arrives, or one ends that must not be restarted. For the main thread.

    `pid_file` lists the running programs, for stop_leftovers() after a crash. Each program leads its own session, so
    that a Ctrl-C reaches only the supervisor, which then stops them in order. `environment` may be set later.
    """

    def __init__(self, *, directory: Path, pid_file: Path) -> None:
        self.environment: Mapping[str, str] = os.environ
        self._directory = directory
        self._pid_file = pid_file
        self._children: dict[str, _Child] = {}
        self._restartable: dict[str, _Restartable] = {}
        self._output_lock = threading.Lock()
        self._is_mute = False
        # Unlike other queues, a SimpleQueue is reentrant: a signal handler may fill it.
        self._events: queue.SimpleQueue[Stopping | str] = queue.SimpleQueue()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # An ignored SIGHUP is nohup's and stays ignored; an ignored SIGINT comes from a shell's `&` and doesn't.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._interrupt)

    def log(self, name: str, text: str) -> None:
        """Print a line with the prefix `name`."""
        with self._output_lock:
            if self._is_mute:
                return
            try:
                print(f"{name:8} | {text}", flush=True)
            except OSError:
                # The terminal or the pipe is gone: stop, but keep reading until then, or the programs would block.
                self._is_mute = True
                self._events.put(Interrupted("the output is closed"))

    def watch(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Treat the end of a process as unexpected; its caller starts and stops it."""
        self._follow(name, _Child(process))

    def start(self, name: str, command: Sequence[str | Path], *, restart: RestartPolicy | None = None) -> None:
        """Start a long-running program; with `restart` it is started again when it ends."""
        self._spawn(name, command, is_step=False)
        if restart:
            self._restartable[name] = _Restartable(command, restart, started_at=time.monotonic())

    def run(self, name: str, command: Sequence[str | Path]) -> None:
        """Run a program to its end; raise ProcessEndedError when it fails, Stopping on any other reason to stop."""
        self._spawn(name, command, is_step=True)
        while not self._children[name].ended.is_set():
            self.wait(None)
        code = self._children.pop(name).process.returncode
        self._write_pid_file()
        if code != 0:
            raise ProcessEndedError(name, code)

    def wait(self, seconds: float | None) -> None:
        """Wait for an event, at most `seconds`; raise Stopping as soon as there is a reason to stop."""
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
        """Terminate all programs that were started here, then kill them; a second signal kills at once."""
        self._restartable.clear()
        for child in self._spawned():
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and not all(child.ended.is_set() for child in self._spawned()):
            try:
                self.wait(0.1)
            except Interrupted:
                break
            except ProcessEndedError:
                continue
        for child in self._spawned():
            self._kill_group(child)
            child.ended.wait(5)
        self._pid_file.unlink(missing_ok=True)

    def _plan_restart(self, event: ProcessEndedError) -> None:
        self._kill_group(self._children.pop(event.name))
        self._write_pid_file()
        program = self._restartable[event.name]
        now = time.monotonic()
        delay = program.policy.next_delay(started_at=program.started_at, now=now)
        if delay is None:
            self.log("run", f"{event.name} ended {program.policy.max_exits} times in {program.policy.window:g} s.")
            raise event
        program.due_at = now + delay
        self.log("run", f"{event}; it is started again in {delay:g} s.")

    def _start_due(self) -> None:
        for name, program in self._restartable.items():
            if program.due_at is not None and program.due_at <= time.monotonic():
                program.due_at, program.started_at = None, time.monotonic()
                self._spawn(name, program.command, is_step=False)

    def _spawned(self) -> list[_Child]:
        return [child for child in self._children.values() if child.process.stdout is not None]

    @staticmethod
    def _kill_group(child: _Child) -> None:
        """Kill the program and its child processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.process.pid, signal.SIGKILL)

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        self._events.put(Interrupted(signal.Signals(number).name))

    def _spawn(self, name: str, command: Sequence[str | Path], *, is_step: bool) -> None:
        process = subprocess.Popen(
            Identity().command(command, signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            cwd=self._directory,
            start_new_session=True,
        )
        self._follow(name, _Child(process, is_step=is_step))
        self._write_pid_file()

    def _follow(self, name: str, child: _Child) -> None:
        self._children[name] = child
        threading.Thread(target=self._await, args=(name, child), daemon=True).start()

    def _await(self, name: str, child: _Child) -> None:
        if child.process.stdout is not None:
            relay = threading.Thread(target=self._relay, args=(name, child), daemon=True)
            relay.start()
            code = child.process.wait()
            # The last lines come before the exit event; but a grandchild may hold the pipe open for longer.
            relay.join(0.2)
        else:
            code = child.process.wait()
        child.ended.set()
        self._events.put(name if child.is_step else ProcessEndedError(name, code, list(child.tail)))

    def _relay(self, name: str, child: _Child) -> None:
        stream: IO[bytes] = child.process.stdout  # type: ignore[assignment]
        with stream:
            for line in stream:
                child.tail.append(text := line.decode(errors="replace").rstrip())
                self.log(name, text)

    def _write_pid_file(self) -> None:
        pids = {name: child.process.pid for name, child in self._children.items() if child.process.stdout is not None}
        draft = self._pid_file.with_suffix(".new")
        draft.write_text(json.dumps({name: [pid, started_at(pid)] for name, pid in pids.items()}))
        draft.replace(self._pid_file)
