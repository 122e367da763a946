"""Which jobs are open, in which state the others are, and which of them a user may see."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import JSONObject, Now

from accounts.models import BlockedEmployer, User
from anywork.api.permissions import is_staff_with

# An open job takes applications. The clock is the database's, as in the function jobs_version: a list is never older
# than its version. OPEN_SQL is the same condition for raw queries, `Job.is_open` for an instance, by the clock of the
# process.
UNEXPIRED = Q(closes_at__gt=Now())
OPEN = Q(is_active=True) & UNEXPIRED
OPEN_SQL = "is_active AND closes_at > statement_timestamp()"

# The related rows that a response may show with a job.
DETAILS = ("employer", "location", "category")

SALARY_IN_BASE = ("salary_base_minimum", "salary_base_maximum")


class JobState(models.TextChoices):
    DRAFT = "draft", "Draft"
    SCHEDULED = "scheduled", "Scheduled"
    OPEN = "open", "Open"
    PAUSED = "paused", "Paused"
    CLOSED = "closed", "Closed"
    EXPIRED = "expired", "Expired"


# Those of `inactive_state`, which counts while `is_active` is false.
INACTIVE_STATES = (JobState.DRAFT, JobState.SCHEDULED, JobState.PAUSED, JobState.CLOSED)
# Those that a job leaves by itself: at `closes_at` it is expired.
EXPIRING = (JobState.SCHEDULED, JobState.PAUSED)


def _inactive(*states: JobState) -> Q:
    return Q(is_active=False, inactive_state__in=states)


# Each job is in one state; `Job.state_now` is the same by the clock of the process.
IN_STATE: Mapping[JobState, Q] = {
    JobState.DRAFT: _inactive(JobState.DRAFT),
    JobState.SCHEDULED: _inactive(JobState.SCHEDULED) & UNEXPIRED,
    JobState.OPEN: OPEN,
    JobState.PAUSED: _inactive(JobState.PAUSED) & UNEXPIRED,
    JobState.CLOSED: _inactive(JobState.CLOSED),
    JobState.EXPIRED: ~UNEXPIRED & (Q(is_active=True) | _inactive(*EXPIRING)),
}


class JobQuerySet(models.QuerySet[Any]):
    @property
    def ordering(self) -> tuple[Any, ...]:
        """The terms of the last `order_by`."""
        return tuple(self.query.order_by)

    def open(self) -> "JobQuerySet":
        return self.filter(OPEN)

    def not_long_expired(self) -> "JobQuerySet":
        """Leave out most expired jobs, by a condition that limits the scan of an index on `expires_at`."""
        # A job closes at most a day after it expires (closing_time).
        return self.filter(expires_at__gt=Now() - timedelta(days=1))

    def listed_to(self, user: User | AnonymousUser) -> "JobQuerySet":
        """Open jobs; all for the staff."""
        return self if is_staff_with(user, "view", self.model) else self.open()

    def offered_to(self, job_seeker: UUID) -> "JobQuerySet":
        """The open jobs that a job seeker may be told of without having asked for them."""
        return self.open().exclude(employer__in=BlockedEmployer.objects.of(job_seeker))

    def owned_by(self, user: User | AnonymousUser) -> "JobQuerySet":
        """The jobs of an employer, in every state."""
        return self.none() if user.is_anonymous else self.filter(employer=user.pk)

    def acted_on_by(self, user: User | AnonymousUser) -> "JobQuerySet":
        """Open jobs and the user's own; all for the staff."""
        if is_staff_with(user, "view", self.model):
            return self
        return self.open() if user.is_anonymous else self.filter(OPEN | Q(employer=user.pk))

    def visible_to(self, user: User | AnonymousUser) -> "JobQuerySet":
        """Open jobs, the user's own, and those the user applied to; all for the staff."""
        if is_staff_with(user, "view", self.model):
            return self
        return self.open() if user.is_anonymous or user.is_staff else self.seen_by(user.pk)

    def seen_by(self, user_id: UUID) -> "JobQuerySet":
        """Open jobs, and those that the user posted or applied to."""
        applied_to = self.model.objects.filter(pk=OuterRef("pk"), applications__job_seeker=user_id)
        return self.filter(OPEN | Q(employer=user_id) | Exists(applied_to))

    def paying(
        self,
        *,
        at_least: Decimal | None,
        at_most: Decimal | None,
        currency: str = "",
        include_unspecified: bool = False,
    ) -> "JobQuerySet":
        """Jobs whose yearly pay may lie between the bounds; a job without an upper or lower bound may pay anything.

        Args:
            at_least: an amount in `currency`, or in settings.BASE_CURRENCY.
            at_most: the same.
            currency: only jobs paid in it.
            include_unspecified: jobs without a yearly amount, too.
        """
        jobs = self.filter(salary_currency=currency) if currency else self
        if at_least is None and at_most is None:
            return jobs
        minimum, maximum = ("salary_minimum", "salary_maximum") if currency else SALARY_IN_BASE
        is_unspecified = Q(**{minimum: None, maximum: None})
        wanted = ~is_unspecified
        if at_least is not None:
            wanted &= Q(**{f"{maximum}__gte": at_least}) | Q(**{maximum: None})
        if at_most is not None:
            wanted &= Q(**{f"{minimum}__lte": at_most}) | Q(**{minimum: None})
        return jobs.filter(wanted | is_unspecified if include_unspecified else wanted)

    def with_details(self, relations: Collection[str] = DETAILS) -> "JobQuerySet":
        """Fetch the rows that `expand=` adds in the same query."""
        return self.select_related(*relations) if relations else self

    def with_state(self) -> "JobQuerySet":
        """Add `state`, by the clock of the database, as the versions of lists are."""
        cases = (When(condition, then=Value(state)) for state, condition in IN_STATE.items())
        return self.annotate(state=Case(*cases, output_field=models.CharField()))

    def with_skills(self) -> "JobQuerySet":
        """Add `skill_list` (see the model) in the same query."""
        skills = apps.get_model("jobs.JobSkill").objects.filter(job=OuterRef("pk"))
        shown = skills.values(shown=JSONObject(name="name", importance="importance"))
        return self.annotate(skill_list=ArraySubquery(shown))

    def in_states(self, states: Collection[str]) -> "JobQuerySet":
        return self.filter(reduce(or_, (IN_STATE[JobState(state)] for state in states)))


class JobManager(models.Manager.from_queryset(JobQuerySet)):  # type: ignore[misc]
    """Defers the search vector, which only the database reads."""

    def get_queryset(self) -> JobQuerySet:
        return super().get_queryset().defer("search")


class JobSkillQuerySet(models.QuerySet[Any]):
    def offered_to(self, job_seeker: UUID) -> "JobSkillQuerySet":
        """The skills of the jobs that `JobQuerySet.offered_to` has, by their own columns."""
        return self.filter(open_until__gt=Now()).exclude(employer_id__in=BlockedEmployer.objects.of(job_seeker))
