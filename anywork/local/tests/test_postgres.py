import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from anywork.local import postgres
from anywork.local.postgres import FAST_SETTINGS, AlreadyRunningError, PostgresError, PrivateServer, find_binaries

ROOT = Path(__file__).resolve().parents[3]
BINARIES = find_binaries()

pytestmark = pytest.mark.skipif(BINARIES is None, reason="needs PostgreSQL binaries")


@pytest.fixture
def server(cluster: Path) -> Iterator[PrivateServer]:
    assert BINARIES is not None
    server = PrivateServer(cluster, BINARIES, settings=FAST_SETTINGS)
    yield server
    server.stop()


def is_listening(url: str) -> bool:
    port = int(url.rpartition(":")[2].partition("/")[0])
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def fake_binaries(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without PostgreSQL; the folder of the system's packages."""
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(postgres, "SYSTEM_BINARIES", str(tmp_path / "system"))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    return tmp_path / "system"


@pytest.mark.usefixtures("bare_machine")
def test_find_binaries_without_any_returns_none() -> None:
    assert find_binaries() is None


def test_find_binaries_takes_the_newest_of_the_system(bare_machine: Path) -> None:
    fake_binaries(bare_machine / "9.6" / "bin", "9.6.24")
    fake_binaries(bare_machine / "15" / "bin", "15.14 (Debian 15.14-0+deb12u1)")
    newest = fake_binaries(bare_machine / "17" / "bin", "17beta1")

    assert find_binaries() == newest


@pytest.mark.usefixtures("bare_machine")
def test_find_binaries_follows_the_link_in_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = fake_binaries(tmp_path / "opt" / "pg", "16.2")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "postgres").symlink_to(real / "postgres")
    monkeypatch.setenv("PATH", f"{tmp_path / 'linked'}:{os.defpath}")

    assert find_binaries() == real


def test_find_binaries_ignores_old_versions_and_those_without_initdb(bare_machine: Path) -> None:
    fake_binaries(bare_machine / "14" / "bin", "14.19")
    (fake_binaries(bare_machine / "16" / "bin", "16.2") / "initdb").unlink()

    assert find_binaries() is None


def test_find_binaries_for_existing_data_requires_their_version(bare_machine: Path) -> None:
    older = fake_binaries(bare_machine / "15" / "bin", "15.14")
    fake_binaries(bare_machine / "17" / "bin", "17.10")

    assert find_binaries(15) == older
    assert find_binaries(16) is None


def test_server_starts_stops_and_keeps_its_url(server: PrivateServer) -> None:
    server.start()
    url = server.url
    assert is_listening(url)

    server.stop()
    assert not is_listening(url)

    server.start()
    assert server.url == url


def test_server_is_private_to_its_user_and_offers_no_unix_socket(server: PrivateServer) -> None:
    server.start()

    assert server.directory.stat().st_mode & 0o077 == 0
    assert (server.directory / "password").stat().st_mode & 0o077 == 0
    assert "Unix socket" not in server.log.read_text()


def test_second_server_in_the_same_directory_is_refused(server: PrivateServer) -> None:
    server.start()
    second = PrivateServer(server.directory, server.binaries)

    with pytest.raises(AlreadyRunningError):
        second.start()
    with pytest.raises(AlreadyRunningError):
        second.remove()
    assert is_listening(server.url)


def test_server_starts_after_its_postmaster_was_killed(server: PrivateServer) -> None:
    server.start()
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    server.stop()

    server.start()
    assert is_listening(server.url)


def test_server_ends_with_its_owner_and_starts_again(server: PrivateServer) -> None:
    program = (
        "import sys, time; from pathlib import Path; from anywork.local.postgres import PrivateServer\n"
        "PrivateServer(Path(sys.argv[1]), Path(sys.argv[2])).start(); print('up', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(server.directory), str(server.binaries)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"up\n"
        owner.send_signal(signal.SIGKILL)

    # At once, while the orphan is still shutting down.
    server.start()
    assert is_listening(server.url)


def test_server_of_a_killed_owner_shuts_down(server: PrivateServer) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux signals a process whose parent dies")
    program = (
        "import sys, os, signal; from pathlib import Path; from anywork.local.postgres import PrivateServer\n"
        "PrivateServer(Path(sys.argv[1]), Path(sys.argv[2])).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    command = [sys.executable, "-c", program, str(server.directory), str(server.binaries)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL

    deadline = time.monotonic() + 10
    while is_listening(server.url) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_listening(server.url)


def test_server_starts_with_a_stale_pid_file_of_another_process(server: PrivateServer) -> None:
    server.start()
    server.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")

    server.start()
    assert is_listening(server.url)


def test_server_takes_another_port_when_its_own_is_in_use(server: PrivateServer) -> None:
    server.start()
    before = server.url
    server.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", int(before.rpartition(":")[2].partition("/")[0])))
        other.listen()
        server.start()

        assert server.url != before
        assert is_listening(server.url)


def test_server_that_cannot_start_shows_its_log(server: PrivateServer) -> None:
    server.settings["shared_buffers"] = "nonsense"

    with pytest.raises(PostgresError, match="shared_buffers"):
        server.start()


@pytest.mark.slow
def test_interrupted_first_start_is_repeated(tmp_path: Path) -> None:
    assert BINARIES is not None
    (tmp_path / "server" / "data.new").mkdir(parents=True)
    (tmp_path / "server" / "data.new" / "PG_VERSION").write_text("half")

    with PrivateServer(tmp_path / "server", BINARIES, settings=FAST_SETTINGS) as server:
        assert is_listening(server.url)
    server.remove()
    assert not server.directory.exists()
