"""Which jobs are open, and who may see the others."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User


class JobQuerySet(models.QuerySet[Any]):
    def open(self) -> "JobQuerySet":
        """Jobs that take applications: active and not expired."""
        return self.filter(is_active=True, closes_at__gt=timezone.now())

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
