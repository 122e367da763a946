"""Querysets of counters."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F
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
        today = self.filter(job=job_id, date=timezone.now().date())
        if not today.update(**{counter: F(counter) + 1}):
            # The first of the day: one of several concurrent requests creates the row, and each then adds one.
            self.bulk_create([self.model(job_id=job_id, date=timezone.now().date())], ignore_conflicts=True)
            today.update(**{counter: F(counter) + 1})
