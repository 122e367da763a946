"""Which jobs are open, and who may see the others."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User


def _words_of(weights: str) -> Func:
    """Return the part of a job's search vector that has these weights: A title, B company, C category and place."""
    of_these = Func(Value(weights), function="", template='%(expressions)s::"char"[]')
    return Func(F("search"), of_these, function="ts_filter", output_field=SearchVectorField())


IN_TITLE = _words_of("{a}")
IN_NAMES = _words_of("{a,b,c}")


class JobQuerySet(models.QuerySet[Any]):
    def open(self) -> "JobQuerySet":
        """Jobs that take applications: active and not expired."""
        # By the clock that jobs.searching.versions goes by: a list is never of an earlier moment than its version.
        return self.filter(is_active=True, closes_at__gt=Now())

    def not_long_expired(self) -> "JobQuerySet":
        """Open jobs and few others: said so that an index in the order of `expires_at` knows where they begin."""
        # None closes more than a day after it expires (closing_time).
        return self.filter(expires_at__gt=Now() - timedelta(days=1))

    def listed_to(self, user: User | AnonymousUser) -> "JobQuerySet":
        """Open jobs; all to an admin."""
        return self if user.is_staff else self.open()

    def owned_by(self, user: User | AnonymousUser) -> "JobQuerySet":
        """An employer's own jobs, in every state."""
        return self.none() if user.is_anonymous else self.filter(employer=user.pk)

    def visible_to(self, user: User | AnonymousUser) -> "JobQuerySet":
        """Open jobs, one's own, those one applied to; all to an admin."""
        if user.is_staff:
            return self
        if user.is_anonymous:
            return self.open()
        applied_to = self.model.objects.filter(pk=OuterRef("pk"), applications__job_seeker=user.pk)
        is_open = Q(is_active=True, closes_at__gt=timezone.now())
        return self.filter(is_open | Q(employer=user.pk) | Exists(applied_to))

    def paying(
        self, *, at_least: Decimal | None, at_most: Decimal | None, include_unspecified: bool = False
    ) -> "JobQuerySet":
        """Jobs whose pay for a year may lie between the bounds; a bound that a job leaves open may be anything.

        Jobs that name no pay are left out unless `include_unspecified`. Currencies are not converted.
        """
        if at_least is None and at_most is None:
            return self
        is_unspecified = Q(salary_minimum=None, salary_maximum=None)
        wanted = ~is_unspecified
        if at_least is not None:
            wanted &= Q(salary_maximum__gte=at_least) | Q(salary_maximum=None)
        if at_most is not None:
            wanted &= Q(salary_minimum__lte=at_most) | Q(salary_minimum=None)
        return self.filter(wanted | is_unspecified if include_unspecified else wanted)

    def with_details(self) -> "JobQuerySet":
        """Fetch what `expand=` shows in the same query."""
        return self.select_related("employer", "location", "category")


class JobManager(models.Manager.from_queryset(JobQuerySet)):  # type: ignore[misc]
    """Leaves out what only the database reads."""

    def get_queryset(self) -> JobQuerySet:
        return super().get_queryset().defer("search")
