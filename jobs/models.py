"""Jobs, and the categories and locations that they are filed under."""

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import Employer
from jobs.querysets import IN_NAMES, IN_TITLE, JobManager
from jobs.searching.gazetteer import coordinates
from jobs.searching.salary import parse_salary

BLOCKED_EMPLOYER = "The employer is blocked, so this job stays closed."

DERIVED_FIELDS = ("closes_at", "salary_minimum", "salary_maximum", "salary_currency", "salary_period")


def closing_time(expires_at: datetime) -> datetime:
    """Return when a job that expires at `expires_at` closes: exactly midnight (UTC) means the end of that day."""
    is_midnight = expires_at.astimezone(UTC).time() == time.min
    return expires_at + timedelta(days=1) if is_midnight else expires_at


class Vocabulary(models.Model):
    """Base of what jobs are filed under: shared by all employers, and kept by whom it was created."""

    # NULL: by an account that is erased, or before this was recorded.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row.

        Raises:
            ProtectedError: a job uses it.
        """
        # Django itself reads all jobs that use it, to name them in the exception.
        if Job.objects.filter(**{str(self._meta.model_name): self}).exists():
            raise models.ProtectedError("Jobs use it.", set())
        return super().delete(*args, **kwargs)


class Category(Vocabulary):
    """A field of work."""

    category_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    description = models.TextField(max_length=2_000, blank=True)

    class Meta:
        ordering = ("name", "pk")
        verbose_name_plural = "categories"
        constraints = (models.UniqueConstraint(Lower("name"), name="jobs_category_unique_name"),)

    def __str__(self) -> str:
        return self.name


class Location(Vocabulary):
    """A place of work."""

    location_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    city = models.CharField(max_length=100)
    state = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=100)
    # Of the city, where the gazetteer knows it.
    latitude = models.FloatField(null=True, editable=False)
    longitude = models.FloatField(null=True, editable=False)

    class Meta:
        ordering = ("country", "state", "city", "pk")
        constraints = (
            models.UniqueConstraint(Lower("city"), Lower("state"), Lower("country"), name="jobs_location_unique_place"),
        )

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.city, self.state, self.country)))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.latitude, self.longitude = coordinates(self.city, self.country) or (None, None)
        super().save(*args, **kwargs)


class Job(models.Model):
    """A position that an employer wants to fill."""

    class Type(models.TextChoices):
        FULL_TIME = "full-time", "Full-time"
        PART_TIME = "part-time", "Part-time"
        CONTRACT = "contract", "Contract"
        INTERNSHIP = "internship", "Internship"
        TEMPORARY = "temporary", "Temporary"
        REMOTE = "remote", "Remote"

    job_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Foreign keys have no indexes of their own: those below begin with them.
    # NULL once the employer has erased the account, of jobs that somebody applied to: those applications live on.
    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, null=True, related_name="jobs", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    title = models.CharField(max_length=255)
    description = models.TextField(max_length=20_000)
    # Kept verbatim: it is the employer's wording.
    salary_range = models.CharField(max_length=100, blank=True)
    # What the wording says, as pay for a year; NULL where it does not say. See jobs.searching.salary.
    salary_minimum = models.DecimalField(max_digits=18, decimal_places=2, null=True, editable=False)
    salary_maximum = models.DecimalField(max_digits=18, decimal_places=2, null=True, editable=False)
    salary_currency = models.CharField(max_length=3, blank=True, editable=False)
    salary_period = models.CharField(max_length=5, blank=True, editable=False, help_text="As it was written.")
    job_type = models.CharField(max_length=20, choices=Type)
    posted_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(help_text="Exactly midnight (UTC) means until the end of that day.")
    closes_at = models.DateTimeField(editable=False, help_text="Derived from expires_at.")
    is_active = models.BooleanField(default=True)
    # Unblocking the employer's account opens it again.
    closed_by_block = models.BooleanField(default=False, db_default=False, editable=False)
    # The words by which `jobs.searching.query` finds it, kept by a trigger (jobs_job_write_search).
    search = SearchVectorField(null=True, editable=False)

    objects = JobManager()

    class Meta:
        ordering = ("-posted_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="jobs_job_type_known",
                condition=models.Q(
                    job_type__in=["full-time", "part-time", "contract", "internship", "temporary", "remote"]
                ),
            ),
            models.CheckConstraint(
                name="jobs_job_closes_after_expiry", condition=models.Q(closes_at__gte=models.F("expires_at"))
            ),
            models.CheckConstraint(
                name="jobs_job_open_with_employer",
                condition=models.Q(employer__isnull=False) | models.Q(is_active=False),
                violation_error_message="The employer is gone, so this job stays closed.",
            ),
        )
        indexes = (
            # Serves the public list, newest first, and its deep pages: `closes_at` lets them skip rows unread.
            models.Index(
                fields=("-posted_at", "-job_id"),
                include=("closes_at",),
                condition=models.Q(is_active=True),
                name="jobs_job_active_newest",
            ),
            # Serves `ordering=closing`, the number of open jobs, and when the next one closes.
            models.Index(fields=("closes_at", "job_id"), condition=models.Q(is_active=True), name="jobs_job_closing"),
            # Serves `ordering=-salary`, best paid first.
            models.Index(
                models.F("salary_maximum").desc(nulls_last=True),
                models.F("job_id"),
                include=("closes_at",),
                condition=models.Q(is_active=True),
                name="jobs_job_best_paid",
            ),
            # Serves `ordering=salary`, worst paid first.
            models.Index(
                fields=("salary_maximum", "job_id"),
                include=("closes_at",),
                condition=models.Q(is_active=True),
                name="jobs_job_worst_paid",
            ),
            # Serves `ordering=expires_at`, and the number of what it orders.
            models.Index(
                fields=("expires_at", "job_id"),
                include=("closes_at",),
                condition=models.Q(is_active=True),
                name="jobs_job_expiring",
            ),
            # Serves `ordering=title`, and which suggested titles are open.
            models.Index(
                fields=("title", "job_id"),
                include=("closes_at",),
                condition=models.Q(is_active=True),
                name="jobs_job_title",
            ),
            # Serves the filters by place and type, newest first.
            models.Index(fields=("location", "job_type", "-posted_at", "-job_id"), name="jobs_job_place_type_newest"),
            # Serves the filter by category, newest first, and similar jobs.
            models.Index(fields=("category", "-posted_at", "-job_id"), name="jobs_job_category_newest"),
            # Serves the lists of administrators, newest first.
            models.Index(fields=("-posted_at", "-job_id"), name="jobs_job_newest"),
            # Serves an employer's own list, newest first.
            models.Index(fields=("employer", "-posted_at", "-job_id"), name="jobs_job_employer_newest"),
            # Serves the search for words, anywhere in a job.
            GinIndex(fields=("search",), condition=models.Q(is_active=True), name="jobs_job_search"),
            # Serves the same where administrators and employers search among closed jobs, too.
            GinIndex(fields=("search",), condition=models.Q(is_active=False), name="jobs_job_search_closed"),
            # Serves the same in titles, which come first.
            GinIndex(IN_TITLE, condition=models.Q(is_active=True), name="jobs_job_search_title"),
            # Serves the same in title, company, category and place, which come second.
            GinIndex(IN_NAMES, condition=models.Q(is_active=True), name="jobs_job_search_names"),
        )

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.derive()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], *DERIVED_FIELDS}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        if self.is_active and self.employer and not self.employer.user.is_active:
            raise ValidationError({"is_active": BLOCKED_EMPLOYER})

    def derive(self) -> None:
        """Set what follows from other fields; `save` does so by itself, `bulk_create` does not."""
        self.closes_at = closing_time(self.expires_at)
        salary = parse_salary(self.salary_range)
        self.salary_minimum, self.salary_maximum = salary.annual_minimum, salary.annual_maximum
        self.salary_currency, self.salary_period = salary.currency, salary.period

    @property
    def company_name(self) -> str:
        """Who offers it: "" once the employer's account is erased."""
        return self.employer.company_name if self.employer else ""

    @property
    def is_open(self) -> bool:
        """Takes applications now."""
        return self.is_active and timezone.now() < self.closes_at


class Suggestion(models.Model):
    """Something to propose to who types or mistypes, gathered from jobs by the trigger that writes their search.

    It may outlive its jobs: who proposes it looks for an open one first.
    """

    class Kind(models.TextChoices):
        WORD = "word", "Word of a title, company, category or place"
        TITLE = "title", "Title"
        COMPANY = "company", "Company"
        PLACE = "place", "Place"

    kind = models.CharField(max_length=10, choices=Kind)
    # The key of the company or place; of words and titles the folded text.
    key = models.CharField(max_length=300)
    text = models.CharField(max_length=310)
    # Without accents and capitals, after a space, so that " soft" finds every word that starts so.
    folded = models.CharField(max_length=500)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("kind", "key"), name="jobs_suggestion_unique_key"),
            models.CheckConstraint(
                name="jobs_suggestion_kind_known",
                condition=models.Q(kind__in=["word", "title", "company", "place"]),
            ),
        )
        indexes = (
            # Serves what to propose to who types.
            GinIndex(
                OpClass(models.F("folded"), name="gin_trgm_ops"),
                condition=~models.Q(kind="word"),
                name="jobs_suggestion_typed",
            ),
            # Serves which words resemble a mistyped one; without the titles, most of which resemble it somewhere.
            GinIndex(
                OpClass(models.F("folded"), name="gin_trgm_ops"),
                condition=models.Q(kind="word"),
                name="jobs_suggestion_mistyped",
            ),
        )

    def __str__(self) -> str:
        return self.text


class Change(models.Model):
    """Counter of changes, of jobs or of the names that they are shown with: raised by triggers.

    Spread over several rows, so that writers need not wait for each other.
    """

    class Topic(models.TextChoices):
        JOBS = "jobs", "Jobs"
        NAMES = "names", "Companies, categories and locations"

    topic = models.CharField(max_length=10, choices=Topic)
    shard = models.PositiveSmallIntegerField()
    changes = models.PositiveBigIntegerField()
    # The number of the last transaction: tells apart what a rollback took back from what came instead.
    transaction = models.PositiveBigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("topic", "shard"), name="jobs_change_unique_shard"),
            models.CheckConstraint(name="jobs_change_topic_known", condition=models.Q(topic__in=["jobs", "names"])),
        )

    def __str__(self) -> str:
        return f"{self.topic}: {self.changes}"


class Renaming(models.Model):
    """A new name that has still to reach the words by which many jobs are found.

    Written by a trigger (jobs_renamed), worked off by `jobs.services.reindex_renamed_jobs`.
    """

    class Relation(models.TextChoices):
        EMPLOYER = "employer", "Company"
        CATEGORY = "category", "Category"
        LOCATION = "location", "Location"

    relation = models.CharField(max_length=10, choices=Relation)
    renamed = models.UUIDField()
    # The last job that has the new name; they take turns by their keys.
    reached = models.UUIDField(null=True)
    # Of a company: its words are forgotten when no open job is found by them.
    former_name = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("relation", "renamed"), name="jobs_renaming_unique"),
            models.CheckConstraint(
                name="jobs_renaming_relation_known",
                condition=models.Q(relation__in=["employer", "category", "location"]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.relation} {self.renamed}"
