"""Jobs, their categories and locations, and the tables that triggers keep for the search."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.models import Employer
from anywork.api.text import Folded, by_name, folded, searchable
from jobs.querysets import EXPIRING, INACTIVE_STATES, JobManager, JobSkillQuerySet, JobState
from jobs.saving.models import SavedJob, SavedSearch, SearchRun  # noqa: F401 - Django finds the models of an app here
from jobs.searching.completion import typed_words
from jobs.searching.countries import find_country, usual_names
from jobs.searching.currencies import currency_codes
from jobs.searching.gazetteer import find_place
from jobs.searching.query import NAMES_VECTOR, TITLE_VECTOR
from jobs.searching.salary import UNSPECIFIED, Salary, parse_salary

BLOCKED_EMPLOYER = "The employer is blocked, so this job stays closed."
ERASED_EMPLOYER = "The employer is gone, so this job stays closed."

# Of a salary: the amounts as paid, and what is derived from them.
SALARY_FIELDS = (
    "salary_paid_minimum",
    "salary_paid_maximum",
    "salary_currency",
    "salary_period",
    "salary_source",
    "salary_minimum",
    "salary_maximum",
    "salary_base_minimum",
    "salary_base_maximum",
)
DERIVED_FIELDS = ("closes_at", *SALARY_FIELDS)
# What the history of a job tells, beside its state and the stated salary.
RECORDED_FIELDS = (
    *("title", "description", "salary_range", "job_type", "workplace", "expires_at", "location_id", "category_id"),
    *("publish_at", "closed_reason"),
)
# Fields that these depend on.
DERIVED_FROM = {"expires_at", "salary_range", "salary_source", "location"}

_CENT = Decimal("0.01")
# Larger amounts of the base currency exceed the column.
_MAX_BASE = Decimal(10) ** 16


PLACED_FIELDS = ("latitude", "longitude", "country_code", "other_names")


def placed_values(city: str, state: str, country: str) -> dict[str, Any]:
    """Return the values of PLACED_FIELDS."""
    place = find_place(city, country, state)
    known = find_country(country)
    names = [place.name] if place and place.name != city else []
    return {
        "latitude": place and place.latitude,
        "longitude": place and place.longitude,
        "country_code": known.code if known else "",
        "other_names": " ".join([*names, *(usual_names(known.code) if known else [])]),
    }


def closing_time(expires_at: datetime) -> datetime:
    """Return when a job closes: when it expires, or at the end of that day if that is exactly midnight (UTC)."""
    is_midnight = expires_at.astimezone(UTC).time() == time.min
    return expires_at + timedelta(days=1) if is_midnight else expires_at


class Vocabulary(models.Model):
    """Base of categories and locations, which all employers share."""

    # NULL if the account is erased, or if the row is older than this field.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row.

        Raises:
            ProtectedError: a job refers to it.
        """
        # Django's own check reads all these jobs, to name them in the exception.
        if Job.objects.filter(**{str(self._meta.model_name): self}).exists():
            raise models.ProtectedError("Jobs refer to it.", set())
        return super().delete(*args, **kwargs)


class Category(Vocabulary):
    """A field of work."""

    category_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    description = models.TextField(max_length=2_000, blank=True)
    # For jobs.searching.completion.
    typed = models.GeneratedField(expression=typed_words("name"), output_field=models.TextField(), db_persist=True)

    class Meta:
        ordering = by_name("name")
        verbose_name_plural = "categories"
        permissions = (("import_category", "Can import category"), ("export_category", "Can export category"))
        constraints = (models.UniqueConstraint(Lower("name"), name="jobs_category_unique_name"),)
        indexes = (
            # Serves the list: folding 10,000 names takes 80 ms.
            models.Index(*by_name("name", last="category_id"), name="jobs_category_by_name"),
            # Serves the names that begin with what is typed.
            GinIndex(OpClass("typed", name="gin_trgm_ops"), name="jobs_category_typed"),
            # Serves the search in the admin site.
            GinIndex(*searchable("name"), name="jobs_category_search"),
        )

    def __str__(self) -> str:
        return self.name


class Location(Vocabulary):
    """Where a job is."""

    location_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # "" for anywhere in the state or country.
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=100, blank=True)
    country = models.CharField(max_length=100)
    # Derived by `place`. Of the city; NULL where the gazetteer does not know it.
    latitude = models.FloatField(null=True, editable=False)
    longitude = models.FloatField(null=True, editable=False)
    # ISO 3166-1; "" where the country is unknown.
    country_code = models.CharField(max_length=2, blank=True, db_default="", editable=False)
    # The main name of the city, and those of the country: jobs are found by them, too.
    other_names = models.TextField(blank=True, db_default="", editable=False)
    # For jobs.searching.completion.
    typed = models.GeneratedField(
        expression=typed_words("city", "state", "country", "other_names"),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        ordering = by_name("country", "state", "city")
        permissions = (("import_location", "Can import location"), ("export_location", "Can export location"))
        constraints = (
            models.UniqueConstraint(Lower("city"), Lower("state"), Lower("country"), name="jobs_location_unique_place"),
        )
        indexes = (
            # Serves the list. Of the folded names only: all six columns may exceed the size of an entry, 2,704 bytes.
            models.Index(*folded("country", "state", "city"), name="jobs_location_by_name"),
            # Serves the places whose words begin with what is typed.
            GinIndex(OpClass("typed", name="gin_trgm_ops"), name="jobs_location_typed"),
            # Serves the search in the admin site.
            GinIndex(*searchable("city", "state", "country"), name="jobs_location_search"),
        )

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.city, self.state, self.country)))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.place()
        super().save(*args, **kwargs)

    def place(self) -> None:
        """Set PLACED_FIELDS; `save` calls this, `bulk_create` does not."""
        for field, value in placed_values(self.city, self.state, self.country).items():
            setattr(self, field, value)

    @property
    def placed(self) -> bool:
        """Whether it is known where the city is."""
        return self.latitude is not None


class Synonym(models.Model):
    """Two names of the same, of which a search for one also finds the other: "hr" and "human resources"."""

    synonym_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    meaning = models.CharField(max_length=100)
    # Of a category or city that was merged: it follows `meaning` into another merge.
    is_former_name = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        ordering = ("name", "meaning")
        permissions = (("import_synonym", "Can import synonym"), ("export_synonym", "Can export synonym"))
        constraints = (
            models.UniqueConstraint(Lower("name"), Lower("meaning"), name="jobs_synonym_unique_names"),
            models.CheckConstraint(
                name="jobs_synonym_two_names", condition=~models.Q(name__iexact=models.F("meaning"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} = {self.meaning}"


class JobType(models.TextChoices):
    FULL_TIME = "full-time", "Full-time"
    PART_TIME = "part-time", "Part-time"
    CONTRACT = "contract", "Contract"
    INTERNSHIP = "internship", "Internship"
    TEMPORARY = "temporary", "Temporary"
    REMOTE = "remote", "Remote"


class SalarySource(models.TextChoices):
    STATED = "stated", "Stated by the employer"
    READ = "read", "Read in the text"


class SalaryPeriod(models.TextChoices):
    HOUR = "hour", "Hour"
    DAY = "day", "Day"
    WEEK = "week", "Week"
    MONTH = "month", "Month"
    YEAR = "year", "Year"


class Workplace(models.TextChoices):
    ONSITE = "onsite", "On site"
    HYBRID = "hybrid", "Hybrid"
    REMOTE = "remote", "Remote"


def usual_workplace(job_type: str) -> Workplace:
    """Return the workplace of a job that names none."""
    return Workplace.REMOTE if job_type == JobType.REMOTE else Workplace.ONSITE


class ClosedReason(models.TextChoices):
    FILLED = "filled", "Filled"
    CANCELLED = "cancelled", "Cancelled"


class Job(models.Model):
    """A position that an employer wants to fill."""

    job_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Foreign keys without indexes of their own: indexes below begin with them.
    # NULL once the employer's account is erased: a job with applications is kept.
    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, null=True, related_name="jobs", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    title = models.CharField(max_length=255)
    description = models.TextField(max_length=20_000)
    # Free text, kept verbatim.
    salary_range = models.CharField(max_length=100, blank=True)
    # As the employer states it, else as it is read in the text; see jobs.searching.salary. "" where there is none, and
    # in rows that are older than this field, until jobs.batches.recalculate_salaries reaches them.
    salary_source = models.CharField(max_length=6, blank=True, default="", db_default="", editable=False)
    # As paid per period.
    salary_paid_minimum = models.DecimalField(max_digits=18, decimal_places=2, null=True, editable=False)
    salary_paid_maximum = models.DecimalField(max_digits=18, decimal_places=2, null=True, editable=False)
    # As yearly pay in the same currency; NULL without a period.
    salary_minimum = models.DecimalField(max_digits=18, decimal_places=2, null=True, editable=False)
    salary_maximum = models.DecimalField(max_digits=18, decimal_places=2, null=True, editable=False)
    # The same in settings.BASE_CURRENCY; NULL without a rate for its currency.
    salary_base_minimum = models.DecimalField(max_digits=18, decimal_places=2, null=True, editable=False)
    salary_base_maximum = models.DecimalField(max_digits=18, decimal_places=2, null=True, editable=False)
    salary_currency = models.CharField(max_length=3, blank=True, editable=False)
    salary_period = models.CharField(max_length=5, blank=True, editable=False)
    job_type = models.CharField(max_length=20, choices=JobType)
    workplace = models.CharField(max_length=10, choices=Workplace, blank=True, default="", db_default=Workplace.ONSITE)
    posted_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(help_text="Exactly midnight (UTC) means until the end of that day.")
    closes_at = models.DateTimeField(editable=False, help_text="Derived from expires_at.")
    is_active = models.BooleanField(default=True)
    # Of a job that is not active; `jobs.life` writes it. While it is active: paused, for old code that deactivates it.
    inactive_state = models.CharField(
        max_length=9,
        choices=[(state.value, state.label) for state in INACTIVE_STATES],
        default=JobState.PAUSED,
        db_default=JobState.PAUSED,
        editable=False,
    )
    # Of a scheduled job.
    publish_at = models.DateTimeField(null=True, editable=False)
    closed_reason = models.CharField(
        max_length=9, choices=ClosedReason, blank=True, default="", db_default="", editable=False
    )
    # Paused by blocking the employer's account: unblocking opens the job again.
    closed_by_block = models.BooleanField(default=False, db_default=False, editable=False)
    # Of the request that posted it; see jobs.idempotency.
    idempotency_key = models.CharField(max_length=64, null=True, editable=False)
    # SHA-256 of the request's body, in hexadecimal.
    idempotency_digest = models.CharField(max_length=64, null=True, editable=False)
    # Weighted words for jobs.searching.query, kept by the trigger jobs_job_write_search.
    search = SearchVectorField(null=True, editable=False)

    objects = JobManager()

    class Meta:
        ordering = ("-posted_at", "-pk")
        permissions = (("export_job", "Can export job"),)
        constraints = (
            models.CheckConstraint(name="jobs_job_type_known", condition=models.Q(job_type__in=JobType.values)),
            models.CheckConstraint(name="jobs_job_workplace_known", condition=models.Q(workplace__in=Workplace.values)),
            models.CheckConstraint(
                name="jobs_job_closes_after_expiry", condition=models.Q(closes_at__gte=models.F("expires_at"))
            ),
            models.CheckConstraint(
                name="jobs_job_open_with_employer",
                condition=models.Q(employer__isnull=False) | models.Q(is_active=False),
                violation_error_message=ERASED_EMPLOYER,
            ),
            models.CheckConstraint(
                name="jobs_job_inactive_state_known", condition=models.Q(inactive_state__in=INACTIVE_STATES)
            ),
            models.CheckConstraint(
                name="jobs_job_scheduled_with_time",
                condition=models.Q(inactive_state=JobState.SCHEDULED, publish_at__isnull=False)
                | ~models.Q(inactive_state=JobState.SCHEDULED) & models.Q(publish_at__isnull=True),
            ),
            models.CheckConstraint(
                name="jobs_job_closed_reason_known", condition=models.Q(closed_reason__in=["", *ClosedReason.values])
            ),
            models.UniqueConstraint(
                name="jobs_job_unique_idempotency_key",
                fields=("employer", "idempotency_key"),
                condition=models.Q(idempotency_key__isnull=False),
            ),
        )
        indexes = (
            # Serves the public list, newest first; `closes_at` makes a scan of it index-only for deep pages.
            models.Index(
                fields=("-posted_at", "-job_id"),
                include=("closes_at",),
                condition=models.Q(is_active=True),
                name="jobs_job_active_newest",
            ),
            # Serves `ordering=closing`, the count of open jobs, and the next closing time.
            models.Index(fields=("closes_at", "job_id"), condition=models.Q(is_active=True), name="jobs_job_closing"),
            # Serves `ordering=-salary`, best paid first; with the lower bound, by which `salary_max` skips jobs unread.
            models.Index(
                models.F("salary_base_maximum").desc(nulls_last=True),
                models.F("job_id"),
                include=("closes_at", "salary_base_minimum"),
                condition=models.Q(is_active=True),
                name="jobs_job_best_paid",
            ),
            # Serves `ordering=salary`, worst paid first.
            models.Index(
                fields=("salary_base_maximum", "job_id"),
                include=("closes_at", "salary_base_minimum"),
                condition=models.Q(is_active=True),
                name="jobs_job_worst_paid",
            ),
            # Serves `salary_currency`, best paid first, and newest first if few jobs are paid in it.
            models.Index(
                models.F("salary_currency"),
                models.F("salary_maximum").desc(nulls_last=True),
                models.F("job_id"),
                include=("closes_at", "salary_minimum"),
                condition=models.Q(is_active=True),
                name="jobs_job_currency_best_paid",
            ),
            # Serves `salary_currency`, worst paid first.
            models.Index(
                fields=("salary_currency", "salary_maximum", "job_id"),
                include=("closes_at", "salary_minimum"),
                condition=models.Q(is_active=True),
                name="jobs_job_currency_worst_paid",
            ),
            # Serves `ordering=expires_at`, and its count.
            models.Index(
                fields=("expires_at", "job_id"),
                include=("closes_at",),
                condition=models.Q(is_active=True),
                name="jobs_job_expiring",
            ),
            # Serves `ordering=title`.
            models.Index(
                *by_name("title", last="job_id"),
                include=("closes_at",),
                condition=models.Q(is_active=True),
                name="jobs_job_by_title",
            ),
            # Serves the check that a suggested title is that of an open job.
            models.Index(
                fields=("title", "job_id"),
                include=("closes_at",),
                condition=models.Q(is_active=True),
                name="jobs_job_title",
            ),
            # Serves the filters by location and type, newest first.
            models.Index(fields=("location", "job_type", "-posted_at", "-job_id"), name="jobs_job_place_type_newest"),
            # Serves the filter by category, newest first, and similar jobs.
            models.Index(fields=("category", "-posted_at", "-job_id"), name="jobs_job_category_newest"),
            # Serves the lists of administrators, newest first.
            models.Index(fields=("-posted_at", "-job_id"), name="jobs_job_newest"),
            # Serves their filter by state, where few jobs are closed.
            models.Index(fields=("-posted_at", "-job_id"), condition=models.Q(is_active=False), name="jobs_job_closed"),
            # Serves the task that publishes scheduled jobs.
            models.Index(
                fields=("publish_at",),
                condition=models.Q(is_active=False, inactive_state=JobState.SCHEDULED),
                name="jobs_job_scheduled",
            ),
            # Serves the next time at which one of these expires, for the version of lists.
            models.Index(
                fields=("closes_at",),
                # Without an array, which PostgreSQL prints in another form than it reads.
                condition=models.Q(is_active=False)
                & (models.Q(inactive_state=JobState.SCHEDULED) | models.Q(inactive_state=JobState.PAUSED)),
                name="jobs_job_expiring_inactive",
            ),
            # Serves an employer's own list, newest first.
            models.Index(fields=("employer", "-posted_at", "-job_id"), name="jobs_job_employer_newest"),
            # Serves the search for words in the whole job.
            GinIndex(fields=("search",), condition=models.Q(is_active=True), name="jobs_job_search"),
            # Serves the same where administrators and employers also search closed jobs.
            GinIndex(fields=("search",), condition=models.Q(is_active=False), name="jobs_job_search_closed"),
            # Serves the first tier of a search: words in the title.
            GinIndex(TITLE_VECTOR, condition=models.Q(is_active=True), name="jobs_job_search_title"),
            # Serves the second tier: words in title, company, category and location.
            GinIndex(NAMES_VECTOR, condition=models.Q(is_active=True), name="jobs_job_search_names"),
        )

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is None or DERIVED_FROM.intersection(fields):
            self.derive()
            kwargs["update_fields"] = fields and {*fields, *DERIVED_FIELDS}
        if self._state.adding:
            # Known without a query.
            self.skill_list = []
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        self.workplace = self.workplace or usual_workplace(self.job_type)
        if self.is_active and self.employer and not self.employer.user.is_active:
            raise ValidationError({"is_active": BLOCKED_EMPLOYER})
        if self.publish_at and self.expires_at and closing_time(self.expires_at) <= self.publish_at:
            raise ValidationError({"expires_at": f"This job is scheduled for {self.publish_at:%Y-%m-%d %H:%M} UTC."})

    def derive(self) -> None:
        """Set DERIVED_FIELDS and a missing workplace; `save` calls this, `bulk_create` does not."""
        self.workplace = self.workplace or usual_workplace(self.job_type)
        self.closes_at = closing_time(self.expires_at)
        self.derive_salary()

    def derive_salary(self, rates: Mapping[str, Decimal] | None = None) -> None:
        """Set SALARY_FIELDS: from what the employer states, else from the text.

        Args:
            rates: of all currencies, where many jobs are derived.
        """
        if self.salary_source != SalarySource.STATED:
            salary = parse_salary(self.salary_range, lambda: self.location.country if self.location_id else "")
            self.salary_paid_minimum, self.salary_paid_maximum = salary.minimum, salary.maximum
            self.salary_currency, self.salary_period = salary.currency, salary.period
            self.salary_source = "" if salary == UNSPECIFIED else SalarySource.READ
        self.salary_minimum, self.salary_maximum = annual = self.salary.annual_minimum, self.salary.annual_maximum
        factor = None if annual == (None, None) else CurrencyRate.to_base(self.salary_currency, rates)
        self.salary_base_minimum, self.salary_base_maximum = (_converted(amount, factor) for amount in annual)

    @property
    def stored_state(self) -> JobState:
        """The state without regard to the time."""
        return JobState.OPEN if self.is_active else JobState(self.inactive_state)

    @property
    def state_now(self) -> JobState:
        """The state by the clock of this process; `JobQuerySet.with_state` is the same in SQL."""
        expires = self.is_active or self.inactive_state in EXPIRING
        return JobState.EXPIRED if expires and self.closes_at <= timezone.now() else self.stored_state

    def recorded(self) -> dict[str, Any]:
        """Return what the history tells the changes of."""
        stated = self.salary if self.salary_source == SalarySource.STATED else None
        return {
            "state": self.stored_state.value,
            **{field.removesuffix("_id"): getattr(self, field) for field in RECORDED_FIELDS},
            "salary": stated
            and {
                **{bound: getattr(stated, bound) and float(getattr(stated, bound)) for bound in ("minimum", "maximum")},
                "currency": stated.currency,
                "period": stated.period,
            },
            "skills": self.skill_list,
        }

    @cached_property
    def skill_list(self) -> list[dict[str, str]]:
        """The skills as JSON shows them; `JobQuerySet.with_skills` fetches them together with the job."""
        shown: Any = self.skills.values("name", "importance")
        return list(shown)

    @property
    def salary(self) -> Salary:
        """What is paid, stated or read."""
        return Salary(self.salary_paid_minimum, self.salary_paid_maximum, self.salary_currency, self.salary_period)

    @property
    def company_name(self) -> str:
        """The employer's name; "" once its account is erased."""
        return self.employer.company_name if self.employer else ""

    @property
    def is_open(self) -> bool:
        """Whether it takes applications now, by the clock of this process; `querysets.OPEN` is the condition in SQL."""
        return self.is_active and self.closes_at > timezone.now()


class Importance(models.TextChoices):
    REQUIRED = "required", "Required"
    USEFUL = "useful", "Useful"


class JobSkill(models.Model):
    """A skill that a job asks for."""

    # No index of its own: that of the constraint begins with it.
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="skills", db_index=False)
    name = models.CharField(max_length=100)
    importance = models.CharField(max_length=8, choices=Importance)
    # Names are compared by it.
    folded = models.GeneratedField(expression=Folded("name"), output_field=models.TextField(), db_persist=True)
    # Of the job, kept by triggers: without them, half a million jobs would be read to find those of a common skill.
    # `open_until` is NULL while it is not active.
    employer_id = models.UUIDField(null=True, editable=False)
    posted_at = models.DateTimeField(null=True, editable=False)
    open_until = models.DateTimeField(null=True, editable=False)

    objects = JobSkillQuerySet.as_manager()

    class Meta:
        # As they were given.
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("job", "folded"), name="jobs_jobskill_unique_name"),
            models.CheckConstraint(
                name="jobs_jobskill_importance_known", condition=models.Q(importance__in=Importance.values)
            ),
        )
        indexes = (
            # Serves recommendations, newest first, and the filter by skill.
            models.Index(
                fields=("folded", "-posted_at", "-job"),
                include=("open_until", "employer_id"),
                name="jobs_jobskill_newest",
            ),
        )

    def __str__(self) -> str:
        return self.name


class JobActor(models.TextChoices):
    EMPLOYER = "employer", "Employer"
    ADMINISTRATOR = "administrator", "Administrator"


class JobChange(models.Model):
    """A change of a job, in its history."""

    # No index of its own: the index below begins with it.
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=13, choices=JobActor)
    # The old and the new value by field of `Job.recorded`; of the description only that it was changed.
    changes = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.CheckConstraint(name="jobs_jobchange_actor_known", condition=models.Q(actor__in=JobActor.values)),
        )
        indexes = (
            # Serves the history of a job, newest first.
            models.Index(fields=("job", "-at", "-id"), name="jobs_jobchange_newest"),
        )

    def __str__(self) -> str:
        return f"{', '.join(self.changes)}, by the {self.actor}"


def _converted(amount: Decimal | None, factor: Decimal | None) -> Decimal | None:
    if amount is None or factor is None:
        return None
    converted = (amount * factor).quantize(_CENT)
    return converted if converted < _MAX_BASE else None


class CurrencyRate(models.Model):
    """What a US dollar is worth in a currency: by these rates, salaries are compared in settings.BASE_CURRENCY.

    After a change of them, `jobs.batches.recalculate_salaries` carries it into the jobs.
    """

    currency = models.CharField(max_length=3, primary_key=True, help_text="A code of ISO 4217, such as EUR.")
    per_dollar = models.DecimalField(
        max_digits=18,
        decimal_places=6,
        validators=(MinValueValidator(Decimal("0.000001")),),
        help_text="How many of it are worth one US dollar.",
    )
    date = models.DateField(default=timezone.localdate, help_text="Of the rate.")

    class Meta:
        ordering = ("currency",)
        permissions = (
            ("import_currencyrate", "Can import currencyrate"),
            ("export_currencyrate", "Can export currencyrate"),
        )
        constraints = (models.CheckConstraint(name="jobs_currencyrate_positive", condition=models.Q(per_dollar__gt=0)),)

    def __str__(self) -> str:
        return self.currency

    def clean(self) -> None:
        super().clean()
        if self.currency not in currency_codes():
            raise ValidationError({"currency": "Enter the code of a currency, such as EUR."})

    @classmethod
    def to_base(cls, currency: str, rates: Mapping[str, Decimal] | None = None) -> Decimal | None:
        """Return what one of `currency` is worth in settings.BASE_CURRENCY; None without a rate."""
        base = settings.BASE_CURRENCY
        if currency == base or not currency:
            return Decimal(1) if currency else None
        if rates is None:
            rates = dict(cls.objects.filter(pk__in=(currency, base)).values_list("currency", "per_dollar"))
        return rates[base] / rates[currency] if {currency, base} <= rates.keys() else None


class SalaryRecalculation(models.Model):
    """How far `jobs.batches.recalculate_salaries` is; one row, which the trigger jobs_currencyrate_changed resets."""

    # Of the last calculation: the version of the rules by which texts are read, and the base currency.
    rules = models.CharField(max_length=20)
    # The last job that is calculated, in the order of primary keys.
    reached = models.UUIDField(null=True)
    is_done = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = (models.CheckConstraint(name="jobs_salaryrecalculation_one_row", condition=models.Q(pk=1)),)

    def __str__(self) -> str:
        return "done" if self.is_done else f"after {self.reached}"


class SuggestionKind(models.TextChoices):
    WORD = "word", "Word of a title, company, category or place"
    TITLE = "title", "Title"
    COMPANY = "company", "Company"
    PLACE = "place", "Place"


class Suggestion(models.Model):
    """A completion or correction of a search, collected from jobs by the trigger jobs_job_write_search.

    It may outlive its jobs: a query for suggestions checks that an open job has it.
    """

    kind = models.CharField(max_length=10, choices=SuggestionKind)
    # The primary key of the company or location; of words and titles the folded text.
    key = models.CharField(max_length=300)
    text = models.CharField(max_length=310)
    # Without accents and capitals, after a space: " soft" finds the words that begin with it.
    folded = models.CharField(max_length=500)
    # A frequent word of descriptions: jobs.searching.gathering forgets it when it is rare.
    is_gathered = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("kind", "key"), name="jobs_suggestion_unique_key"),
            models.CheckConstraint(
                name="jobs_suggestion_kind_known", condition=models.Q(kind__in=SuggestionKind.values)
            ),
        )
        indexes = (
            # Serves completions of titles.
            GinIndex(
                OpClass(models.F("folded"), name="gin_trgm_ops"),
                condition=models.Q(kind="title"),
                name="jobs_suggestion_titles",
            ),
            # Serves completions of the others, which are few and would be found among titles.
            GinIndex(
                OpClass(models.F("folded"), name="gin_trgm_ops"),
                condition=models.Q(kind="company") | models.Q(kind="place"),
                name="jobs_suggestion_names",
            ),
            # Of the code before, which may still run; the release after removes it.
            GinIndex(
                OpClass(models.F("folded"), name="gin_trgm_ops"),
                condition=~models.Q(kind="word"),
                name="jobs_suggestion_typed",
            ),
            # Serves the words similar to a mistyped one; without titles, of which most are similar to it somewhere.
            GinIndex(
                OpClass(models.F("folded"), name="gin_trgm_ops"),
                condition=models.Q(kind="word"),
                name="jobs_suggestion_mistyped",
            ),
        )

    def __str__(self) -> str:
        return self.text


class ChangeTopic(models.TextChoices):
    JOBS = "jobs", "Jobs"
    NAMES = "names", "Companies, categories and locations"


class ChangeCounter(models.Model):
    """Latest change of jobs, or of the names shown with them; written by triggers, read by jobs_version.

    Several rows for each topic, so that writers seldom wait for each other.
    """

    topic = models.CharField(max_length=10, choices=ChangeTopic)
    shard = models.PositiveSmallIntegerField()
    # A random number: a promoted standby, which lacks the last changes, never makes one of these versions again.
    changes = models.PositiveBigIntegerField()
    # The id of the last transaction. Unused since migration 0034, but its reverse needs it.
    transaction = models.PositiveBigIntegerField()

    class Meta:
        # The triggers write to this table.
        db_table = "jobs_change"
        constraints = (
            models.UniqueConstraint(fields=("topic", "shard"), name="jobs_change_unique_shard"),
            models.CheckConstraint(name="jobs_change_topic_known", condition=models.Q(topic__in=ChangeTopic.values)),
        )

    def __str__(self) -> str:
        return f"{self.topic}: {self.changes}"


class RenamingRelation(models.TextChoices):
    EMPLOYER = "employer", "Company"
    CATEGORY = "category", "Category"
    LOCATION = "location", "Location"
    # Their vectors are made in a new way; `renamed` is all zeros.
    ALL = "all", "All jobs"


class Renaming(models.Model):
    """What many jobs are still to be reindexed for: a new name, another category or location, a new way to index.

    Written by the trigger function jobs_renamed, by `jobs.batches.merge`, or a migration; deleted by
    `jobs.batches.reindex_renamed_jobs`.
    """

    relation = models.CharField(max_length=10, choices=RenamingRelation)
    # The primary key of the row that has the new name, or is merged.
    renamed = models.UUIDField()
    # The primary key of the category or location that it is merged into: its jobs follow, then it is deleted.
    into = models.UUIDField(null=True)
    # The last job that is reindexed, in the order of primary keys.
    reached = models.UUIDField(null=True)
    # Of a company or a merged row: its words are deleted from suggestions if no active job has them.
    former_name = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("relation", "renamed"), name="jobs_renaming_unique"),
            models.CheckConstraint(
                name="jobs_renaming_relation_known", condition=models.Q(relation__in=RenamingRelation.values)
            ),
            models.CheckConstraint(
                name="jobs_renaming_into_another",
                condition=models.Q(into=None)
                | models.Q(relation__in=("category", "location")) & ~models.Q(into=models.F("renamed")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.relation} {self.renamed}"
