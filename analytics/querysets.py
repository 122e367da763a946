"""Querysets of counters."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection, models
from django.utils import timezone

from accounts.models import User
from anywork.api.permissions import is_staff_with


class AnalyticsQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User | AnonymousUser) -> "AnalyticsQuerySet":
        """Return those of an employer's jobs, or all for the staff."""
        if is_staff_with(user, "view", self.model):
            return self
        return self.none() if user.is_anonymous or user.is_staff else self.filter(job__employer=user.pk)

    def increment(self, counter: str, *, job_id: UUID) -> None:
        """Add one to `counter` of a job for today (UTC), correctly also for concurrent requests."""
        with connection.cursor() as cursor:
            cursor.execute(_INCREMENT, [job_id, timezone.now().date(), *_COUNTS[counter]])


# Of views and applications.
_COUNTS = {"views": (1, 0), "applications": (0, 1)}
# One statement also for the first of a day. By the ORM, which takes two then, it is compiled for longer than it runs.
_INCREMENT = """
    INSERT INTO analytics_analytics AS day (analytics_id, job_id, date, views, applications)
    VALUES (gen_random_uuid(), %s, %s, %s, %s)
    ON CONFLICT (job_id, date) DO UPDATE SET
        views = day.views + excluded.views, applications = day.applications + excluded.applications
"""
