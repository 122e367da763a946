"""Filters of applications."""

from typing import Any

import django_filters

from anywork.api.filters import (
    FilterSet,
    LastTimestampFilter,
    NumberFilter,
    RepeatableChoiceFilter,
    RepeatableTextFilter,
    TimestampFilter,
    TotalOrderingFilter,
)
from anywork.api.pagination import FoundPages
from applications.choices import Status
from applications.models import MAX_RATING, MIN_RATING, Application
from applications.querysets import ApplicationQuerySet
from jobs.filters import NameFilter

# Of a search; each costs time.
MAX_WORDS = 3
ORDERS = {"applied_at": "applied_at", "shown_status": "status"}


class ApplicationFilter(FilterSet):
    """The parameters of all callers."""

    request: Any

    search = NameFilter(
        method="filter_search",
        max_length=200,
        label="Words, or parts of them, that all occur in the applicant's name or email address or, but for the staff, "
        f"the job's title; of more than {MAX_WORDS}, the first {MAX_WORDS}. The list ends after {FoundPages.MOST:,} "
        "rows.",
    )
    job = django_filters.UUIDFilter(field_name="job", label="Applications to this job.")
    job_seeker = django_filters.UUIDFilter(field_name="job_seeker", label="Applications of this job seeker.")
    status = RepeatableChoiceFilter(field_name="shown_status", choices=Status.choices, label="Any of these statuses.")
    applied_after = TimestampFilter(
        field_name="applied_at", lookup_expr="gte", label="Made at this time or later; a date begins in UTC."
    )
    applied_before = LastTimestampFilter(
        field_name="applied_at",
        lookup_expr="lte",
        label="Made at this time or earlier; a date includes its whole day (UTC).",
    )
    ordering = TotalOrderingFilter(fields=ORDERS)

    class Meta:
        model = Application
        fields: tuple[str, ...] = ()

    def filter_search(self, applications: ApplicationQuerySet, name: str, value: str) -> ApplicationQuerySet:
        words = value.split()[:MAX_WORDS]
        if self.request.user.is_staff:
            return applications.of_applicants(words, most=FoundPages.MOST)
        return applications.having(words)


class AssessedApplicationFilter(ApplicationFilter):
    """The parameters of employers and the staff: for job seekers these do not exist."""

    rating_min = NumberFilter(
        field_name="assessment__rating",
        lookup_expr="gte",
        min_value=MIN_RATING,
        max_value=MAX_RATING,
        decimal_places=0,
        label="Rated this or better; not for job seekers.",
    )
    tag = RepeatableTextFilter(method="filter_tag", label="With any of these tags; not for job seekers.")
    ordering = TotalOrderingFilter(fields={**ORDERS, "assessment__rating": "rating"})

    def filter_tag(self, applications: ApplicationQuerySet, name: str, value: list[str]) -> ApplicationQuerySet:
        return applications.filter(assessment__tags__overlap=value)
