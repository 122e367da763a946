"""The parameters of job lists."""

import time
from functools import cached_property
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.db.models import QuerySet

from anywork.api.filters import (
    BooleanFilter,
    FilterSet,
    RepeatableChoiceFilter,
    RepeatableTextFilter,
    TimestampFilter,
    TotalOrderingFilter,
)
from jobs.models import Job
from jobs.querysets import JobQuerySet
from jobs.searching import listing
from jobs.searching.listing import NEWEST, JobListing, having_words
from jobs.searching.names import Keys, Names, find_city
from jobs.searching.query import SearchQuery
from jobs.searching.versions import version_of

DEFAULT_RADIUS_KM = 50
LARGEST_RADIUS_KM = 1_000


class SearchField(forms.CharField):
    """Words as they are typed: a space after the last one says that it is complete."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "strip": False})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text if text.strip() else ""

    def validate(self, value: str) -> None:
        super().validate(value)
        if SearchQuery(value).is_unbounded:
            raise forms.ValidationError(
                'On each side of "or" there must be a word to look for, not only one to leave out.'
            )


class CityField(forms.CharField):
    """A city that the gazetteer knows."""

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not find_city(value):
            raise forms.ValidationError("No city of this name is known. Is there a larger one nearby?")


class SearchFilter(django_filters.CharFilter):
    field_class = SearchField


class CityFilter(django_filters.CharFilter):
    field_class = CityField


class JobOrderingFilter(TotalOrderingFilter):
    """The orders of a job list; without one it is by relevance, which without a search means newest first."""

    def filter(self, qs: Any, value: list[str] | None) -> Any:
        match [term for term in value or () if term != "relevance"]:
            case []:
                return qs
            case ["newest", *_]:
                return qs.order_by(*NEWEST)
            case terms:
                return super().filter(qs, ["-posted_at" if term == "newest" else term for term in terms])


class JobFilter(FilterSet):
    """Narrows a list of jobs and puts it in order; `qs` is a JobListing."""

    request: Any
    data: Any

    search = SearchFilter(
        method="filter_together",
        max_length=200,
        label="Words that must all occur in title, company, category, place or description, whatever their ending. "
        'Also `"a phrase"`, `-without` and `this or that`. The last word may be the beginning of one, unless a space '
        "follows.",
    )
    job_type = RepeatableChoiceFilter(choices=Job.Type.choices, label="Any of these types.")
    category = RepeatableTextFilter(method="filter_category", label="Any of these categories, by id or name.")
    location = django_filters.CharFilter(
        method="filter_location",
        max_length=255,
        label="A location, by id or name, such as Lagos or Lagos, Nigeria. A name that is none is searched for.",
    )
    city = django_filters.CharFilter(method="filter_city", max_length=255, label="The location's city.")
    country = django_filters.CharFilter(method="filter_country", max_length=255, label="The location's country.")
    near = CityFilter(
        method="filter_together", max_length=255, label="In this city, such as Lagos or Lagos, Nigeria, or around it."
    )
    radius_km = django_filters.NumberFilter(
        method="filter_together",
        min_value=1,
        max_value=LARGEST_RADIUS_KM,
        label=f"How far around `near`, as the crow flies; {DEFAULT_RADIUS_KM} if left out.",
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
    ordering = JobOrderingFilter(
        fields={
            "posted_at": "posted_at",
            "expires_at": "expires_at",
            "closes_at": "closing",
            "title": "title",
            "salary_maximum": "salary",
        },
        choices=[
            ("relevance", "Where the search hits, then newest first; the default"),
            ("newest", "Newest first"),
            ("closing", "Soonest to close first"),
            ("-closing", "Latest to close first"),
            ("salary", "Worst paid first"),
            ("-salary", "Best paid first"),
            ("posted_at", "Oldest first"),
            ("-posted_at", "Newest first"),
            ("expires_at", "Soonest to expire first"),
            ("-expires_at", "Latest to expire first"),
            ("title", "By title"),
            ("-title", "By title, backwards"),
        ],
    )

    class Meta:
        model = Job
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: Any) -> Any:
        asked = self.form.cleaned_data
        jobs: Any = super().filter_queryset(queryset)
        jobs = jobs.paying(
            at_least=asked.get("salary_min"),
            at_most=asked.get("salary_max"),
            include_unspecified=bool(asked.get("include_unspecified")),
        )
        if not self._has_closed and {"expires_at", "-expires_at"} & {*jobs.query.order_by[:1]}:
            # Or the first page would lie behind all that ever expired.
            jobs = jobs.not_long_expired()
        if near := asked.get("near"):
            jobs = _at(jobs, self._names.nearby(near, float(asked.get("radius_km") or DEFAULT_RADIUS_KM)))
        search = SearchQuery(asked["search"]) if asked.get("search") else None
        return JobListing(
            jobs,
            search=search,
            key=self._key,
            version=version_of(self.request),
            has_closed=self._has_closed,
        )

    def filter_together(self, jobs: JobQuerySet, name: str, value: object) -> JobQuerySet:
        """Leave to `filter_queryset` what several parameters decide together, or what is no matter of one row."""
        return jobs

    def filter_category(self, jobs: JobQuerySet, name: str, value: list[str]) -> JobQuerySet:
        keys = [key for item in value for key in ([_as_uuid(item)] if _as_uuid(item) else self._names.category(item))]
        return jobs.filter(category__in=keys) if keys else jobs.none()

    def filter_location(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        if key := _as_uuid(value):
            return jobs.filter(location=key)
        if keys := self._names.place(value):
            return _at(jobs, keys)
        return jobs.filter(having_words(SearchQuery(value, typing=False), has_closed=self._has_closed))

    def filter_city(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        return _at(jobs, self._names.city(value))

    def filter_country(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        return _at(jobs, self._names.country(value))

    @cached_property
    def _names(self) -> Names:
        return Names(version_of(self.request))

    @property
    def _key(self) -> tuple[object, ...]:
        """What tells this selection from others: whose list it is, and every parameter but the order."""
        asked = ((name, tuple(self.data.getlist(name))) for name in self.filters if name != "ordering")
        return (self._selection, *asked)

    @property
    def _has_closed(self) -> bool:
        return self._selection != "open"

    @property
    def _selection(self) -> str:
        selection: str = self.request.parser_context["view"].selection
        return selection


def without_each(jobs: QuerySet[Any], request: Any) -> list[dict[str, Any]]:
    """Return how many jobs there would be without each of the filters of a request that finds none, most first.

    After LOOK_LIMIT seconds the filters that are left are not tried.
    """
    counts = []
    until = time.monotonic() + listing.LOOK_LIMIT
    for name in JobFilter.base_filters:
        if time.monotonic() > until:
            break
        if any(request.query_params.getlist(name)) and name not in {"ordering", "radius_km", "include_unspecified"}:
            others = request.query_params.copy()
            del others[name]
            if count := JobFilter(others, jobs, request=request).qs.count():
                counts.append({"filter": name, "count": count})
    return sorted(counts, key=lambda dropped: -dropped["count"])


def _at(jobs: JobQuerySet, keys: Keys) -> JobQuerySet:
    match keys:
        case []:
            return jobs.none()
        case [key]:
            # Equality, so that an index which has the order of the list serves it.
            return jobs.filter(location=key)
    return jobs.filter(location__in=keys)


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
