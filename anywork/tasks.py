"""Housekeeping of what belongs to no app."""

from typing import cast

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache

from anywork.api.throttling.counting import CountingCache


@shared_task(name="anywork.sweep_expired")
def sweep_expired() -> None:
    """Remove counts whose window is over, and the sessions of administrators who left without logging out."""
    cast("CountingCache", cache).remove_expired()
    SessionStore.clear_expired()
