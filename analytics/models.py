"""Daily counters of jobs."""

import uuid

from django.db import models

from analytics.querysets import AnalyticsQuerySet
from jobs.models import Job


class Analytics(models.Model):
    """Counters of one job on one day (UTC)."""

    analytics_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: that of the constraint begins with it.
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="analytics", db_index=False)
    date = models.DateField()
    views = models.PositiveIntegerField(default=0)
    applications = models.PositiveIntegerField(default=0)

    objects = AnalyticsQuerySet.as_manager()

    class Meta:
        ordering = ("-date", "-pk")
        verbose_name_plural = "analytics"
        permissions = (("export_analytics", "Can export analytics"),)
        # Also for `increment`, which finds the row by job and date.
        constraints = (models.UniqueConstraint(fields=("job", "date"), name="analytics_analytics_unique_job_date"),)
        # For the lists of administrators, newest first, and the first and last date in the admin site.
        indexes = (models.Index(fields=("-date", "-analytics_id"), name="analytics_newest"),)

    def __str__(self) -> str:
        return f"{self.date}: {self.views} views, {self.applications} applications"
