import os
import time

import pytest
from django.core.management import CommandError, call_command

from notifications.tests.factories import OutgoingEmailFactory
from resumes import orphans
from resumes.models import Resume, SweepPause
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


def test_sweep_goes_on_after_a_file_that_cannot_be_deleted(db, folder, caplog):
    (folder / "first.pdf").symlink_to(folder / "nothing")
    orphan = make_file(folder, "second.pdf", HOUR + 60)

    call_command("sweep_resume_files")

    assert not orphan.exists()
    assert "A resume file without a row cannot be deleted (FileNotFoundError)." in caplog.messages


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


def test_sweep_of_too_many_files_deletes_none_until_an_administrator_agrees(db, folder, client, caplog, capsys):
    found = [make_file(folder, f"orphan{number}.pdf", HOUR + 60) for number in range(21)]

    sweep_resume_files()

    assert all(path.exists() for path in found)
    assert "21 resume files without a row are kept" in caplog.text
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["checks"]["sweep"], ready["sweep"]) == ("degraded", "late", {"paused": 1})

    # Still so when fewer are left, until an administrator has looked.
    found.pop().unlink()
    call_command("sweep_resume_files")
    assert "20 are kept" in capsys.readouterr().out
    call_command("sweep_resume_files", "--yes")
    assert not any(path.exists() for path in found)
    assert not SweepPause.objects.exists()


def test_sweep_deletes_many_files_that_are_less_than_a_hundredth(db, folder, monkeypatch):
    monkeypatch.setattr(orphans, "MAX_FILES", 2)
    monkeypatch.setattr(orphans, "MAX_SHARE", 0.5)
    for _ in range(4):
        os.utime(ResumeFactory().file.path, (0, 0))
    found = [make_file(folder, f"orphan{number}.pdf", HOUR + 60) for number in range(4)]

    sweep_resume_files()

    assert not any(path.exists() for path in found)


def test_restored_backup_keeps_files_and_holds_email(db, folder, capsys):
    orphan = make_file(folder, "orphan.pdf", HOUR + 60)
    email = OutgoingEmailFactory()

    call_command("restored")
    call_command("restored")

    sweep_resume_files()
    assert orphan.exists()
    email.refresh_from_db()
    assert email.state == "held"
    assert "1 emails held." in capsys.readouterr().out
    assert SweepPause.objects.count() == 1


def test_files_of_another_prefix_are_served_and_never_swept(db, folder, settings, seeker):
    before = ResumeFactory(job_seeker=seeker.user.job_seeker)
    foreign = make_file(folder, "foreign.pdf", HOUR + 60)
    settings.MEDIA_PREFIX = "ours"
    after = ResumeFactory()
    orphan = make_file(settings.MEDIA_ROOT / "ours", "orphan.pdf", HOUR + 60)

    sweep_resume_files()

    assert (before.file.name.split("/")[0], after.file.name.split("/")[0]) == ("resumes", "ours")
    assert foreign.exists()
    assert not orphan.exists()
    assert seeker.get(f"/media/resumes/{before.pk}.pdf").getvalue() == before.file.read()
    before.file.close()
    assert orphans.sweep_resume_files().missing == []
