from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from anywork.tasks import sweep_expired
from anywork.testing.processes import Program, wait_for


def test_expired_counts_and_sessions_are_swept(db):
    cache.set("old", 1, 60)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE anywork_cache SET expires = now() - interval '1 s'")
    cache.set("young", 1, 60)
    now = timezone.now()
    Session.objects.create(session_key="old", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="young", expire_date=now + timedelta(hours=1))

    sweep_expired()

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM anywork_cache")
        assert [key for (key,) in cursor.fetchall()] == [cache.make_key("young")]
    assert Session.objects.get().pk == "young"


def test_beat_calls_tasks_that_workers_know(known_tasks):
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= known_tasks


@pytest.mark.slow
def test_beat_keeps_its_files_out_of_the_source(db, tmp_path):
    schedule = tmp_path / "not made yet" / "schedule"
    beat = Program(
        *("celery", "-A", "anywork", "beat", "--loglevel", "INFO", "--schedule", str(schedule)),
        log=tmp_path / "log",
        environment={"CELERY_BROKER_URL": f"filesystem://{tmp_path}/broker"},
    )
    try:
        wait_for(lambda: list(schedule.parent.glob("schedule*")), "the schedule of beat")
    finally:
        beat.stop()

    assert settings.BASE_DIR / "var" in Path(settings.CELERY_BEAT_SCHEDULE_FILENAME).parents
    assert list(settings.BASE_DIR.glob("celerybeat*")) == []
