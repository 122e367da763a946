"""Periodic tasks that belong to no app."""

import time
from typing import cast

from celery import shared_task
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone

from anywork.api.batches import SWEEP_SECONDS, sweep
from anywork.api.throttling.counting import CountingCache
from anywork.figures import record_figures as record


@shared_task(name="anywork.sweep_expired")
def sweep_expired() -> None:
    """Delete expired counters, and expired sessions of the admin site."""
    until = time.monotonic() + SWEEP_SECONDS
    cast("CountingCache", cache).remove_expired(until=until)
    sweep(Session.objects.filter(expire_date__lt=timezone.now()), until=until)


@shared_task(name="anywork.record_figures")
def record_figures() -> None:
    """Record the figures of the admin site."""
    record(admin.site)
