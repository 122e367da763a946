import os
import time

import pytest
from django.core.management import CommandError, call_command

from resumes.models import Resume
from resumes.tasks import sweep_resume_files
from resumes.tests.factories import ResumeFactory

HOUR = 3_600


@pytest.fixture
def folder(settings):
    folder = settings.MEDIA_ROOT / "resumes"
    folder.mkdir(parents=True)
    return folder


def make_file(folder, name, age):
    path = folder / name
    path.write_bytes(b"%PDF-")
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_sweep_removes_old_files_without_a_row_and_no_others(db, folder, capsys):
    kept = ResumeFactory()
    os.utime(kept.file.path, (0, 0))
    hidden = ResumeFactory(removed_at="2026-01-01T00:00:00Z")
    os.utime(hidden.file.path, (0, 0))
    orphan, fresh = make_file(folder, "orphan.pdf", HOUR + 60), make_file(folder, "fresh.pdf", HOUR - 60)

    call_command("sweep_resume_files")

    assert not orphan.exists()
    assert fresh.exists()
    assert kept.file.storage.exists(kept.file.name)
    assert hidden.file.storage.exists(hidden.file.name)
    assert "1 files without a resume deleted." in capsys.readouterr().out


def test_sweep_reports_rows_without_a_file_and_keeps_them(db, caplog):
    lost, kept = ResumeFactory.create_batch(2)
    lost.file.storage.delete(lost.file.name)

    with pytest.raises(CommandError, match=str(lost.pk)) as told:
        call_command("sweep_resume_files")

    assert str(kept.pk) not in str(told.value)
    assert Resume.objects.count() == 2
    assert str(lost.pk) in caplog.text


def test_sweep_before_the_first_upload_finds_nothing(db, capsys):
    call_command("sweep_resume_files")
    assert "0 files" in capsys.readouterr().out


def test_beat_sweeps_once_a_day(db, folder, settings):
    orphan = make_file(folder, "orphan.pdf", HOUR + 60)
    [entry] = [each for each in settings.CELERY_BEAT_SCHEDULE.values() if each["task"] == sweep_resume_files.name]
    assert entry["schedule"] == 24 * HOUR
    sweep_resume_files()
    assert not orphan.exists()
