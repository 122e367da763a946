from pathlib import Path
from typing import ClassVar

import environ
import pytest

from anywork.local.environment import local_environment, read_env_file, write_env_file

URL = "postgres://anywork:secret@127.0.0.1:20000/anywork"


def read_like_the_settings(path: Path) -> environ.Env:
    class Env(environ.Env):
        ENVIRON: ClassVar[dict[str, str]] = {}  # Not the process's own.

    Env.read_env(path)
    return Env()


@pytest.mark.parametrize("name", ["plain", "any work", "o'brien", 'say "hi"', "100% #1 $HOME", "back\\nslash", "naïve"])
def test_settings_read_back_every_path(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    (root / "var").mkdir(parents=True)
    values = local_environment(root, database_url=URL, given={})
    path = root / "var" / "local.env"

    write_env_file(path, values)

    env = read_like_the_settings(path)
    assert {key: env.ENVIRON[key] for key in values} == values
    assert env.str("MEDIA_ROOT") == str(root / "var" / "media")
    assert env.email_url("EMAIL_URL")["EMAIL_FILE_PATH"] == str(root / "var" / "mail")
    assert read_env_file(path) == values
    assert path.stat().st_mode & 0o777 == 0o600


def test_secret_key_is_generated_once_and_kept(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    first = local_environment(tmp_path, database_url=URL, given={})
    write_env_file(tmp_path / "var" / "local.env", first)

    assert len(first["SECRET_KEY"]) >= 50
    assert local_environment(tmp_path, database_url=URL, given={}) == first


def test_environment_and_dotenv_win_over_the_defaults(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# mine\nEMAIL_URL=smtp://localhost:1025\nDATABASE_URL=postgres://elsewhere/db\n")

    values = local_environment(tmp_path, database_url=URL, given={"CELERY_BROKER_URL": "amqp://mine"})

    assert values["CELERY_BROKER_URL"] == "amqp://mine"
    assert "EMAIL_URL" not in values
    assert values["DATABASE_URL"] == URL


def test_empty_variable_in_dotenv_counts_as_unset(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=\nCELERY_QUEUE=\n")

    values = local_environment(tmp_path, database_url=URL, given={})

    assert len(values["SECRET_KEY"]) >= 50
    assert values["CELERY_QUEUE"].startswith("anywork.local.")


def test_two_checkouts_share_no_folder(tmp_path: Path) -> None:
    one, two = (local_environment(tmp_path / name, database_url=URL, given={}) for name in ("one", "two"))

    assert one["CELERY_BROKER_URL"] != two["CELERY_BROKER_URL"]
    assert one["MEDIA_ROOT"] != two["MEDIA_ROOT"]


def test_path_with_a_line_break_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="MEDIA_ROOT"):
        write_env_file(tmp_path / "local.env", {"MEDIA_ROOT": "/a\nDEBUG=on"})
