"""Saved jobs, saved searches, and what the runs of their queries have found."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.models import JobSeeker
from jobs.saving.querysets import SavedJobQuerySet, SavedSearchQuerySet


class SavedJob(models.Model):
    """Job that a job seeker has saved; it stays when the job is closed."""

    saved_job_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: that of the constraint begins with it.
    job_seeker = models.ForeignKey(JobSeeker, on_delete=models.CASCADE, related_name="saved_jobs", db_index=False)
    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the job seeker was told that the job closes soon.
    reminded_at = models.DateTimeField(null=True, editable=False)

    objects = SavedJobQuerySet.as_manager()

    class Meta:
        ordering = ("-saved_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("job_seeker", "job"), name="jobs_savedjob_unique_job"),)

    def __str__(self) -> str:
        return str(self.pk)


class Frequency(models.TextChoices):
    OFF = "off", "Off"
    DAILY = "daily", "Daily"
    WEEKLY = "weekly", "Weekly"


MAX_SEARCHES = 20
# Days between two alerts.
DAYS: Mapping[str, int] = {Frequency.DAILY: 1, Frequency.WEEKLY: 7}


class SavedSearch(models.Model):
    """Search of a job seeker, who is told of its new jobs."""

    saved_search_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job_seeker = models.ForeignKey(JobSeeker, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=100)
    # Parameters of the list of jobs, as `JobFilter.normalized` has them.
    query = models.TextField()
    # Equal for equal queries, which share their runs.
    digest = models.CharField(max_length=32, editable=False)
    frequency = models.CharField(max_length=6, choices=Frequency, default=Frequency.DAILY)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Jobs posted up to then are no news.
    told_until = models.DateTimeField(editable=False)
    # The next alert is due then, unless it is off.
    alert_at = models.DateTimeField(editable=False)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name_plural = "saved searches"
        constraints = (
            models.CheckConstraint(
                name="jobs_savedsearch_frequency_known", condition=models.Q(frequency__in=Frequency.values)
            ),
        )
        indexes = (
            # Serves the alerts that are due.
            models.Index(
                fields=("alert_at", "saved_search_id"),
                condition=~models.Q(frequency="off"),
                name="jobs_savedsearch_due",
            ),
            # Serves the start of a query's first run.
            models.Index(fields=("digest",), condition=~models.Q(frequency="off"), name="jobs_savedsearch_digest"),
        )

    def __str__(self) -> str:
        # Not the name: the log of the admin site keeps this after the account is erased.
        return str(self.pk)

    def begin(self) -> None:
        """Let only jobs that are posted from now on be news."""
        self.told_until = timezone.now()

    def plan(self, after: datetime) -> None:
        """Set when the alert after the one of `after` is due."""
        self.digest = blake2b(self.query.encode(), digest_size=16).hexdigest()
        self.alert_at = self.job_seeker.user.next_alert_at(after, days=DAYS.get(self.frequency, 1))


class SearchRun(models.Model):
    """What the query of saved searches has found among the jobs posted in a time, at most once a day."""

    digest = models.CharField(max_length=32)
    # UTC.
    day = models.DateField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    # The newest, not all of one company; see `jobs.saving.runs`.
    jobs = ArrayField(models.UUIDField(), default=list)
    # How many were found.
    total = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("digest", "day")
        constraints = (models.UniqueConstraint(fields=("digest", "day"), name="jobs_searchrun_once_a_day"),)

    def __str__(self) -> str:
        return f"{self.day}: {self.total}"
