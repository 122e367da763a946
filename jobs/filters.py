"""The parameters of job lists."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q

from anywork.api.filters import (
    BooleanFilter,
    RepeatableChoiceFilter,
    RepeatableTextFilter,
    TimestampFilter,
    TotalOrderingFilter,
)
from jobs.models import Job
from jobs.querysets import JobQuerySet
from jobs.search import search_jobs


class JobFilter(django_filters.FilterSet):
    """Narrows a list of jobs."""

    search = django_filters.CharFilter(method="filter_search", max_length=200, label="Words that must all occur.")
    job_type = RepeatableChoiceFilter(choices=Job.Type.choices, label="Any of these types.")
    category = RepeatableTextFilter(method="filter_category", label="Any of these categories, by id or name.")
    location = django_filters.CharFilter(method="filter_location", max_length=255, label="A location, by id or name.")
    city = django_filters.CharFilter(field_name="location__city", lookup_expr="iexact", label="The location's city.")
    country = django_filters.CharFilter(
        field_name="location__country", lookup_expr="iexact", label="The location's country."
    )
    employer = django_filters.UUIDFilter(field_name="employer", label="Jobs of this employer.")
    posted_after = TimestampFilter(field_name="posted_at", lookup_expr="gte", label="Posted then or later.")
    posted_before = TimestampFilter(field_name="posted_at", lookup_expr="lte", label="Posted then or earlier.")
    salary_min = django_filters.NumberFilter(
        method="filter_together", label="May pay this much a year or more, as far as the job says."
    )
    salary_max = django_filters.NumberFilter(
        method="filter_together", label="May pay this much a year or less, as far as the job says."
    )
    include_unspecified = BooleanFilter(
        method="filter_together", label="With a salary filter: jobs that name no amount, too."
    )
    ordering = TotalOrderingFilter(
        fields={"posted_at": "posted_at", "expires_at": "expires_at", "title": "title", "salary_maximum": "salary"}
    )

    class Meta:
        model = Job
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: Any) -> Any:
        asked = self.form.cleaned_data
        jobs: Any = super().filter_queryset(queryset)
        return jobs.paying(
            at_least=asked["salary_min"],
            at_most=asked["salary_max"],
            include_unspecified=bool(asked["include_unspecified"]),
        )

    def filter_together(self, jobs: JobQuerySet, name: str, value: object) -> JobQuerySet:
        """Leave to `filter_queryset` what several parameters decide together."""
        return jobs

    def filter_search(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        return search_jobs(jobs, value)

    def filter_category(self, jobs: JobQuerySet, name: str, value: list[str]) -> JobQuerySet:
        wanted = Q()
        for item in value:
            wanted |= Q(category=key) if (key := _as_uuid(item)) else Q(category__name__iexact=item.strip())
        return jobs.filter(wanted)

    def filter_location(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        if key := _as_uuid(value):
            return jobs.filter(location=key)
        # "Lagos" as well as "Lagos, Nigeria".
        for part in filter(None, (part.strip() for part in value.split(","))):
            jobs = jobs.filter(
                Q(location__city__iexact=part) | Q(location__state__iexact=part) | Q(location__country__iexact=part)
            )
        return jobs


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
