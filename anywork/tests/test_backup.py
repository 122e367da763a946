"""Backup and restore, by the commands of docs/operations.md."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from anywork.local.postgres import find_binaries
from anywork.testing.processes import database_url
from applications.tests.factories import ApplicationFactory
from notifications.models import OutgoingEmail
from notifications.tests.factories import OutgoingEmailFactory
from resumes.models import Resume

pytestmark = pytest.mark.slow

OUTBOX = "notifications_outgoingemail"


def commands(number: int) -> str:
    """Return the commands of backup (0) or restore (1)."""
    text = (settings.BASE_DIR / "docs" / "operations.md").read_text()
    section = text.partition("## Backup and restore")[2].partition("\n## ")[0]
    return re.findall(r"```bash\n(.*?)```", section, re.DOTALL)[number]


@pytest.fixture
def new_url() -> Iterator[str]:
    """The URL of a new, empty database."""
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    yield database_url().rpartition("/")[0] + f"/{name}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name}")


def run(script: str, **environment: str) -> None:
    binaries = find_binaries()
    path = f"{Path(sys.executable).parent}:{binaries}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=settings.BASE_DIR,
        env={**os.environ, "SECRET_KEY": settings.SECRET_KEY, "PATH": path, **environment}
        | {"DJANGO_SETTINGS_MODULE": "anywork.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def tables(url: str) -> dict[str, tuple[int, str]]:
    """Return the number of rows of each table, and a checksum of them."""
    with psycopg2.connect(url) as database, database.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        found = {}
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {name} t")  # noqa: S608
            found[name] = cursor.fetchone()
    database.close()
    return found


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.django_db(transaction=True)
def test_restored_backup_has_every_row_and_file_and_holds_its_mail(tmp_path: Path, new_url: str) -> None:
    if find_binaries() is None or shutil.which("pg_dump", path=f"{find_binaries()}:{os.environ['PATH']}") is None:
        pytest.skip("needs pg_dump")
    ApplicationFactory.create_batch(3)
    OutgoingEmailFactory.create_batch(2)
    OutgoingEmailFactory(state="sent")
    media, restored_media = Path(settings.MEDIA_ROOT), tmp_path / "restored"
    before = tables(database_url())
    assert before["applications_application"][0] == 3
    assert len(files(media)) == Resume.objects.count() == 3

    backup = {"BACKUP": str(tmp_path / "backup")}
    run(commands(0), **backup, DATABASE_URL=database_url(), MEDIA_ROOT=str(media))
    run(commands(1), **backup, DATABASE_URL=new_url, MEDIA_ROOT=str(restored_media))

    after = tables(new_url)
    # But for what the last command holds.
    held = {OUTBOX: None, "resumes_sweeppause": None}
    assert {**after, **held} == {**before, **held}
    assert after["resumes_sweeppause"][0] == 1
    assert after[OUTBOX][0] == before[OUTBOX][0]
    assert files(restored_media) == files(media)
    with psycopg2.connect(new_url) as database, database.cursor() as cursor:
        cursor.execute(f"SELECT state, count(*) FROM {OUTBOX} GROUP BY state")  # noqa: S608
        states = dict(cursor.fetchall())
    database.close()
    assert states == {"held": OutgoingEmail.objects.filter(state="queued").count(), "sent": 1}
    assert states["held"] >= 2
