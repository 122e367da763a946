"""Periodic tasks that belong to no app."""

from typing import cast

from celery import shared_task
from django.contrib import admin
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache

from anywork.api.throttling.counting import CountingCache
from anywork.figures import record_figures as record


@shared_task(name="anywork.sweep_expired")
def sweep_expired() -> None:
    """Delete expired counters, and expired sessions of the admin site."""
    cast("CountingCache", cache).remove_expired()
    SessionStore.clear_expired()


@shared_task(name="anywork.record_figures")
def record_figures() -> None:
    """Record the figures of the admin site."""
    record(admin.site)
