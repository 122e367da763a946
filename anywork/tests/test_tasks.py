from datetime import timedelta

from celery import current_app
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from anywork.tasks import sweep_expired


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


def test_beat_calls_tasks_that_workers_know():
    current_app.loader.import_default_modules()

    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(current_app.tasks)
