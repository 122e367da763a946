"""What happened to a job on a day."""

import uuid

from django.db import models

from analytics.querysets import AnalyticsQuerySet
from jobs.models import Job


class Analytics(models.Model):
    """Counters of one job on one UTC day."""

    analytics_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Without an index of its own: the constraint's begins with it.
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="analytics", db_index=False)
    date = models.DateField()
    views = models.PositiveIntegerField(default=0)
    applications = models.PositiveIntegerField(default=0)

    objects = AnalyticsQuerySet.as_manager()

    class Meta:
        ordering = ("-date", "-pk")
        verbose_name_plural = "analytics"
        # Also serves the counting, which finds the row by job and day.
        constraints = (models.UniqueConstraint(fields=("job", "date"), name="analytics_analytics_unique_job_date"),)
        # Serves all counters, newest first, and their first and last day.
        indexes = (models.Index(fields=("-date", "-analytics_id"), name="analytics_newest"),)

    def __str__(self) -> str:
        return f"{self.date}: {self.views} views, {self.applications} applications"
