import os
import pwd
from pathlib import Path

import pytest

from anywork.local import identity
from anywork.local.identity import Identity, NoIdentityError, find_identity


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return tmp_path / "postgres"


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Identity]:
    """Identities that root tried; none of them is usable."""
    attempts: list[Identity] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    def never_usable(candidate: Identity, *_: Path) -> bool:
        attempts.append(candidate)
        return False

    monkeypatch.setattr(identity, "_is_usable", never_usable)
    return attempts


def test_ordinary_user_keeps_the_identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert find_identity(tmp_path, program) == Identity()


@pytest.mark.usefixtures("tried")
def test_root_without_permissions_is_told_what_to_do(tmp_path: Path, program: Path) -> None:
    with pytest.raises(NoIdentityError, match=r"(?s)run make as an ordinary user.*allow user namespaces"):
        find_identity(tmp_path, program)


def test_root_tries_a_namespace_first_and_never_root(tried: list[Identity], tmp_path: Path, program: Path) -> None:
    with pytest.raises(NoIdentityError):
        find_identity(tmp_path, program)

    assert tried[0].options[0] == "--namespace"
    assert {candidate.options[0] for candidate in tried[1:]} <= {"--user"}
    assert all(candidate.options[1] != "0" for candidate in tried)


def test_root_in_a_home_directory_tries_its_owner(
    tried: list[Identity], tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = pwd.struct_passwd(("ada", "x", tmp_path.stat().st_uid or 4711, 4711, "", "/home/ada", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwall", lambda: [owner])
    stat = os.stat_result((0o700, 0, 0, 0, owner.pw_uid, owner.pw_gid, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda *_, **__: stat)

    with pytest.raises(NoIdentityError):
        find_identity(tmp_path, program)

    assert Identity(("--user", str(owner.pw_uid), "4711"), owner=(owner.pw_uid, 4711)) in tried


@pytest.mark.parametrize(("text", "works"), [("echo 15", True), ("exit 1", False)])
def test_candidate_is_usable_when_the_program_starts(tmp_path: Path, program: Path, text: str, *, works: bool) -> None:
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)

    assert identity._is_usable(Identity(), tmp_path, program) is works


def test_candidate_that_cannot_own_the_files_is_not_usable(
    tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chown", refuse)

    assert not identity._is_usable(Identity(owner=(1, 1)), tmp_path, program)
