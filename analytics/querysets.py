"""Whose counters, and how they are counted."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F
from django.utils import timezone

from accounts.models import User


class AnalyticsQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User | AnonymousUser) -> "AnalyticsQuerySet":
        """Those of one's own jobs; all to an admin."""
        if user.is_staff:
            return self
        return self.none() if user.is_anonymous else self.filter(job__employer=user.pk)

    def increment(self, counter: str, *, job_id: UUID) -> None:
        """Add one to today's (UTC) `counter` of a job: exact, however many do so at once."""
        today = self.filter(job=job_id, date=timezone.now().date())
        if not today.update(**{counter: F(counter) + 1}):
            # The first of the day; of several at once one creates the row, and each then adds its one.
            self.bulk_create([self.model(job_id=job_id, date=timezone.now().date())], ignore_conflicts=True)
            today.update(**{counter: F(counter) + 1})
