import re
import shutil
import socket
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from anywork.local import install, runner
from anywork.local.__main__ import main
from anywork.local.demo import ACCOUNTS
from anywork.local.environment import read_env_file
from anywork.local.lock import FileLock
from anywork.local.postgres import PostgresError, PrivateServer, find_binaries, port_is_free
from anywork.local.processes import Interrupted, ProcessEndedError, Stopping, Supervisor
from anywork.local.runner import UsageError


def filled(example: str, values: Mapping[str, str]) -> str:
    """Return `.env.example` as a user fills it in: lines that are empty or commented out get these values."""
    for name, value in values.items():
        [line] = re.findall(rf"^#?{name}=.*$", example, re.MULTILINE)
        example = example.replace(f"\n{line}\n", f"\n{name}={value}\n")
    return example


needs_postgres = pytest.mark.skipif(find_binaries() is None, reason="needs PostgreSQL binaries")


@pytest.fixture
def free_port(monkeypatch: pytest.MonkeyPatch) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    monkeypatch.setenv("PORT", str(port))
    return port


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout."""
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    monkeypatch.setattr(runner, "VAR", tmp_path / "var")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def started(root: Path, cluster: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The commands that `make run` would start beside PostgreSQL, by name."""
    shutil.copytree(cluster, root / "var" / "postgres")
    commands: dict[str, list[str]] = {}
    monkeypatch.setattr(runner, "_prepare", lambda *_: None)
    monkeypatch.setattr(runner, "_is_up", lambda _: True)
    monkeypatch.setattr(Supervisor, "start", lambda _, name, command, **__: commands.update({name: command}))
    return commands


def end_with(monkeypatch: pytest.MonkeyPatch, reason: Stopping) -> None:
    def wait(supervisor: Supervisor, seconds: float | None) -> None:
        raise reason

    monkeypatch.setattr(Supervisor, "wait", wait)


@needs_postgres
def test_run_starts_everything_and_prints_the_urls(
    root: Path,
    started: dict[str, list[str]],
    free_port: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    end_with(monkeypatch, Interrupted("SIGINT"))

    assert runner.run() == 0

    assert list(started) == ["web", "worker", "beat"]
    assert f"127.0.0.1:{free_port}" in started["web"]
    output = capsys.readouterr().out
    assert f"http://127.0.0.1:{free_port}/api/docs/" in output
    assert f"http://127.0.0.1:{free_port}/admin/" in output
    assert all(email in output and password in output for email, password, _ in ACCOUNTS)
    assert "Stopping (SIGINT)" in output


@needs_postgres
def test_run_writes_its_database_url_for_a_second_terminal(
    root: Path, started: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    end_with(monkeypatch, ProcessEndedError("worker", 3, ["broken", "by this"]))

    assert runner.run() == 1

    output = capsys.readouterr().out
    assert "worker ended with exit status 3; stopping everything." in output
    assert "The last lines of worker:\nbroken\nby this\n" in output
    assert "DATABASE_URL is ignored" in output
    url = read_env_file(root / "var" / "local.env")["DATABASE_URL"]
    assert url.startswith("postgres://anywork:")
    assert port_is_free(int(url.rpartition(":")[2].partition("/")[0]))


@needs_postgres
def test_run_reads_a_filled_in_copy_of_the_example_file(
    root: Path, started: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = (Path(__file__).resolve().parents[3] / ".env.example").read_text(encoding="utf-8")
    names = {"SECRET_KEY": "Filled1In" * 6, "CELERY_QUEUE": "mine", "ADMIN_PATH": "office"}
    (root / ".env").write_text(filled(example, names))
    for name in names:
        monkeypatch.delenv(name, raising=False)
    end_with(monkeypatch, Interrupted("SIGINT"))

    assert runner.run() == 0

    output = capsys.readouterr().out
    assert "/office/" in output
    assert "DATABASE_URL is ignored" not in output
    assert list(started) == ["web", "worker", "beat"]
    # Empty variables of the file count as unset; variables that it sets are not written.
    written = read_env_file(root / "var" / "local.env")
    assert not names.keys() & written.keys()
    assert written["SECURE_SSL_REDIRECT"] == "off"


def test_run_refuses_a_second_run_in_the_same_checkout(root: Path, free_port: int) -> None:
    (root / "var").mkdir()
    lock = FileLock(root / "var" / "run.lock")
    lock.acquire()
    lock.write_note("process 7, http://127.0.0.1:8000/")

    with pytest.raises(UsageError, match="already runs from this directory: process 7"):
        runner.run()
    lock.release()


def test_run_on_a_port_in_use_suggests_another(root: Path, free_port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()

        with pytest.raises(UsageError, match=f"make run PORT={free_port + 1}"):
            runner.run()


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "8000 "])
def test_run_refuses_an_invalid_port(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    monkeypatch.setenv("PORT", text)

    assert main(["run"]) == 1
    assert "is not a port number" in capsys.readouterr().err


def test_prepare_collects_static_files_and_demo_data_only_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".venv").mkdir()
    (root / ".venv" / "installed-requirements.txt").write_text("digest")
    server = PrivateServer(root / "var" / "postgres", root)
    server.directory.mkdir(parents=True)
    steps: list[str] = []
    monkeypatch.setattr(Supervisor, "run", lambda _, name, __: steps.append(name))
    supervisor = Supervisor(directory=root, pid_file=root / "run.json")

    runner._prepare(supervisor, server)
    runner._prepare(supervisor, server)
    (root / "jobs" / "static").mkdir(parents=True)
    (root / "jobs" / "static" / "new.css").touch()
    runner._prepare(supervisor, server)

    assert steps == ["migrate", "static", "demo", "migrate", "migrate", "static"]


@pytest.mark.parametrize("status", [200, 503])
def test_site_is_up_with_any_status(status: int) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        assert runner._is_up(server.server_port)
        thread.join()
    assert not runner._is_up(server.server_port)


def test_run_refuses_data_of_a_version_that_is_not_installed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "data").mkdir()
    (root / "data" / "PG_VERSION").write_text("12\n")
    installed: list[str] = []
    monkeypatch.setattr(runner, "install", installed.append)

    with pytest.raises(PostgresError, match="belong to PostgreSQL 12"):
        runner.server_binaries(root)
    assert installed == ["requirements-local.txt"]


@needs_postgres
def test_test_removes_its_server_and_those_of_killed_runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "var" / "test-abandoned").mkdir(parents=True)
    (root / "var" / "test-abandoned" / "lock").touch()
    seen: list[str] = []

    def fake_pytest(_: list[str], environment: dict[str, str]) -> int:
        seen.append(environment["DATABASE_URL"])
        return 5

    monkeypatch.setattr(runner, "_pytest", fake_pytest)

    assert runner.test(["-q"]) == 5

    assert seen[0].startswith("postgres://anywork:")
    assert list((root / "var").glob("test-*")) == []


@pytest.mark.slow
def test_test_uses_the_server_of_database_url(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://mine/db")
    (root / "test_it.py").write_text(
        "import os\ndef test_it(): assert os.environ['DATABASE_URL'] == 'postgres://mine/db'"
    )

    assert runner.test(["-q", "-p", "no:django", "-p", "no:cacheprovider", "test_it.py"]) == 0


def test_main_without_a_command_prints_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "python -m anywork.local run" in capsys.readouterr().err


class TestInstall:
    @pytest.fixture(autouse=True)
    def copy(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A checkout whose pip only logs its arguments."""
        (tmp_path / "requirements.txt").write_text("django\n")
        (tmp_path / "requirements-constraints.txt").write_text("django==5\n")
        python = tmp_path / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\ncase "$*" in *pip*) echo "$*" >> "{tmp_path}/pip.log";; *) echo 3.11;; esac\n')
        python.chmod(0o755)
        monkeypatch.setattr(install, "ROOT", tmp_path)
        monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
        monkeypatch.setattr(install, "PYTHON", python)
        monkeypatch.setattr("venv.create", lambda *_, **__: None)
        return tmp_path

    def test_pip_runs_once_for_the_same_requirements(self, copy: Path) -> None:
        install.install("requirements.txt")
        install.install("requirements.txt")

        calls = (copy / "pip.log").read_text().splitlines()
        assert len(calls) == 1
        assert calls[0].endswith("install --quiet -r requirements.txt -c requirements-constraints.txt")

    @pytest.mark.parametrize("changed", ["requirements.txt", "requirements-constraints.txt", ".venv/bin/python"])
    def test_pip_runs_again_after_a_change(self, copy: Path, changed: str) -> None:
        install.install("requirements.txt")
        text = (copy / changed).read_text()
        (copy / changed).write_text(
            text.replace("echo 3.11", "echo 3.12") if changed.startswith(".") else f"{text}new\n"
        )
        install.install("requirements.txt")

        assert len((copy / "pip.log").read_text().splitlines()) == 2

    def test_step_prints_its_progress_and_duration(self, capsys: pytest.CaptureFixture[str]) -> None:
        with install.step("Waiting", every=0.01):
            time.sleep(0.05)

        *ticks, end = capsys.readouterr().out.splitlines()
        assert ticks
        assert set(ticks) == {"Waiting ... 0 s"}
        assert re.fullmatch(r"Waiting: 0\.\d s", end)

    def test_failed_installation_is_repeated(self, copy: Path) -> None:
        works = install.PYTHON.read_text()
        install.PYTHON.write_text(works.replace('echo "$*" >>', 'exit 1; echo "$*" >>'))
        with pytest.raises(install.InstallError, match="pip could not install"):
            install.install("requirements.txt")
        install.PYTHON.write_text(works)

        install.install("requirements.txt")

        assert (copy / "pip.log").exists()
