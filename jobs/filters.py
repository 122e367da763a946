"""The parameters of job lists."""

import re
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import takewhile
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import django_filters
from django import forms
from django.db.models import F, OrderBy, QuerySet

from anywork.api.filters import (
    BooleanFilter,
    FilterSet,
    LastTimestampFilter,
    NumberFilter,
    RepeatableChoiceFilter,
    RepeatableTextFilter,
    TimestampFilter,
    TotalOrderingFilter,
    given_names,
    list_parameter,
)
from anywork.api.text import clean_line, remove_invisible
from jobs.models import Job, JobSkill, JobType, Workplace
from jobs.querysets import JobQuerySet, JobState
from jobs.searching.currencies import currency_codes
from jobs.searching.gazetteer import find_city
from jobs.searching.limits import Limits
from jobs.searching.listing import NEWEST, JobListing, having_words
from jobs.searching.names import Keys, NameLookup
from jobs.searching.query import SearchQuery
from jobs.searching.versions import Version, current_version, version_of
from jobs.skills import same_names

T = TypeVar("T")

DEFAULT_RADIUS_KM = 50
MAX_RADIUS_KM = 1_000

# The default order.
RELEVANCE = "relevance"

UNKNOWN_CITY = "No city of this name is known. Is there a larger one nearby?"


class SearchField(forms.CharField):
    """The text of a search, unstripped: a space after the last word means that it is complete."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "strip": False})

    def to_python(self, value: Any) -> str:
        text = remove_invisible(super().to_python(value) or "")
        return text if text.strip() else ""

    def validate(self, value: str) -> None:
        super().validate(value)
        if SearchQuery(value).is_unbounded:
            raise forms.ValidationError('Each side of "or" needs a word to search for, not only words to exclude.')


class NameField(forms.CharField):
    """A name, in the form in which names are stored."""

    def to_python(self, value: Any) -> str:
        return clean_line(super().to_python(value) or "")


class CityField(NameField):
    """A city that the gazetteer knows."""

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not find_city(value):
            raise forms.ValidationError(UNKNOWN_CITY)


class CurrencyField(forms.CharField):
    """The code of a currency, in any case."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").upper()

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and value not in currency_codes():
            raise forms.ValidationError("Enter the code of a currency, such as EUR.")


class SearchFilter(django_filters.CharFilter):
    field_class = SearchField


class NameFilter(django_filters.CharFilter):
    field_class = NameField


class CityFilter(django_filters.CharFilter):
    field_class = CityField


class CurrencyFilter(django_filters.CharFilter):
    field_class = CurrencyField


class JobOrderingFilter(TotalOrderingFilter):
    """The order of a job list: by default by relevance, or newest first without a search."""

    def filter(self, qs: Any, value: list[str] | None) -> Any:
        match [term for term in value or () if term != RELEVANCE]:
            case []:
                return qs
            case ["newest", *_]:
                return qs.order_by(*NEWEST)
            case terms:
                jobs: Any = super().filter(qs, ["-posted_at" if term == "newest" else term for term in terms])
                if self.parent.form.cleaned_data.get("salary_currency"):  # type: ignore[attr-defined]
                    # In that currency; in the base one, jobs without a rate would come last.
                    jobs = jobs.order_by(*map(_in_own_currency, jobs.ordering))
                return jobs


def _in_own_currency(term: Any) -> Any:
    if isinstance(term, OrderBy) and term.expression == F("salary_base_maximum"):
        return OrderBy(F("salary_maximum"), term.descending, nulls_last=term.nulls_last)
    return term


class JobFilter(FilterSet):
    """The filters and the order of job lists; `qs` is a JobListing."""

    # Without a request, the list is the public one.
    request: Any
    data: Any

    search = SearchFilter(
        method="filter_together",
        max_length=200,
        label="Words that must all occur in title, company, category, location, type or description, in any inflection "
        "or as a synonym (docs/searching.md). "
        'Also `"a phrase"`, `-exclude` and `this or that`. The last word may be the beginning of one, unless a space '
        "follows.",
    )
    job_type = RepeatableChoiceFilter(choices=JobType.choices, label="Any of these types.")
    workplace = RepeatableChoiceFilter(choices=Workplace.choices, label="Any of these workplaces.")
    category = RepeatableTextFilter(method="filter_category", label="Any of these categories, by id or name.")
    skill = RepeatableTextFilter(method="filter_skill", label="Any of these skills, by a name or a synonym.")
    location = NameFilter(
        method="filter_location",
        max_length=255,
        label="A location, by id or name, such as Lagos or Lagos, Nigeria. An unknown name is searched for as words.",
    )
    city = NameFilter(method="filter_city", max_length=255, label="The location's city.")
    country = NameFilter(
        method="filter_country", max_length=255, label="The location's country, by code or by a name in any language."
    )
    near = CityFilter(
        method="filter_together", max_length=255, label="In or around this city, such as Lagos, Nigeria or Boston, MA."
    )
    radius_km = NumberFilter(
        method="filter_together",
        min_value=1,
        max_value=MAX_RADIUS_KM,
        label=f"The radius around `near` in km; {DEFAULT_RADIUS_KM} by default.",
    )
    employer = django_filters.UUIDFilter(field_name="employer", label="Jobs of this employer.")
    posted_after = TimestampFilter(
        field_name="posted_at", lookup_expr="gte", label="Posted at this time or later; a date begins in UTC."
    )
    posted_before = LastTimestampFilter(
        field_name="posted_at",
        lookup_expr="lte",
        label="Posted at this time or earlier; a date includes its whole day (UTC).",
    )
    salary_currency = CurrencyFilter(
        method="filter_together",
        max_length=3,
        label="Paid in this currency (ISO 4217). `salary_min`, `salary_max` and `ordering=salary` then are in it; "
        "without it in the site's base currency, by its rates.",
    )
    salary_min = NumberFilter(
        method="filter_together", label="The upper bound of the yearly salary is at least this amount, or open."
    )
    salary_max = NumberFilter(
        method="filter_together", label="The lower bound of the yearly salary is at most this amount, or open."
    )
    include_unspecified = BooleanFilter(
        method="filter_together",
        label="With `salary_min` or `salary_max`: also jobs whose yearly amount is not known in that currency.",
    )
    ordering = JobOrderingFilter(
        names=("title",),
        fields={
            "posted_at": "posted_at",
            "expires_at": "expires_at",
            "closes_at": "closing",
            "title": "title",
            "salary_base_maximum": "salary",
        },
        choices=[
            (RELEVANCE, "By where the words occur, then newest first; the default"),
            ("newest", "Newest first"),
            ("closing", "Soonest to close first"),
            ("-closing", "Latest to close first"),
            ("salary", "Lowest salary first"),
            ("-salary", "Highest salary first"),
            ("posted_at", "Oldest first"),
            ("-posted_at", "Newest first"),
            ("expires_at", "Soonest to expire first"),
            ("-expires_at", "Latest to expire first"),
            ("title", "By title"),
            ("-title", "By title, descending"),
        ],
    )

    class Meta:
        model = Job
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: Any) -> Any:
        values = self.form.cleaned_data
        jobs: Any = super().filter_queryset(queryset)
        if values.keys() & {"salary_min", "salary_max", "salary_currency"}:
            jobs = jobs.paying(
                at_least=values.get("salary_min"),
                at_most=values.get("salary_max"),
                currency=values.get("salary_currency") or "",
                include_unspecified=bool(values.get("include_unspecified")),
            )
        order = [term for term in values.get("ordering") or () if term != RELEVANCE]
        if not self._has_closed and {"expires_at", "-expires_at"}.intersection(order[:1]):
            # Otherwise a scan in this order would begin at the first job that ever expired.
            jobs = jobs.not_long_expired()
        if near := values.get("near"):
            jobs = _in_locations(jobs, self._names.nearby(near, float(values.get("radius_km") or DEFAULT_RADIUS_KM)))
        search = SearchQuery(values["search"]) if values.get("search") else None
        has_bound = values.get("salary_min") is not None or values.get("salary_max") is not None
        return JobListing(
            jobs,
            search=search,
            key=self._key,
            version=self._version,
            has_closed=self._has_closed,
            keys_first=has_bound and bool({"salary", "-salary"}.intersection(order[:1])),
        )

    def filter_together(self, jobs: JobQuerySet, name: str, value: object) -> JobQuerySet:
        """Do nothing: `filter_queryset` applies parameters that depend on others, or are no condition on one row."""
        return jobs

    def filter_category(self, jobs: JobQuerySet, name: str, value: list[str]) -> JobQuerySet:
        keys = [key for item in value for key in ([_as_uuid(item)] if _as_uuid(item) else self._names.category(item))]
        return jobs.filter(category__in=keys)

    def filter_skill(self, jobs: JobQuerySet, name: str, value: list[str]) -> JobQuerySet:
        return jobs.filter(pk__in=JobSkill.objects.filter(folded__in=same_names(value)).order_by().values("job"))

    def filter_location(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        if key := _as_uuid(value):
            return jobs.filter(location=key)
        if keys := self._names.location(value):
            return _in_locations(jobs, keys)
        # A place excludes nothing, and has no alternatives.
        words = " ".join(word for word in re.findall(r"\w+", value) if word.lower() != "or")
        return jobs.filter(having_words(SearchQuery(words, typing=False), has_closed=self._has_closed))

    def filter_city(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        return _in_locations(jobs, self._names.city(value))

    def filter_country(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        return _in_locations(jobs, self._names.country(value))

    @cached_property
    def _names(self) -> NameLookup:
        return NameLookup(self._version)

    @cached_property
    def _version(self) -> Version:
        return version_of(self.request) if self.request else current_version()

    @property
    def normalized(self) -> str:
        """The valid parameters but the order as a query string, the same for searches that find the same."""
        parameters = []
        for name in self.base_filters:
            value = self.form.cleaned_data[name]
            values = value if isinstance(value, list) else [value]
            # False changes nothing.
            given = {_as_text(item) for item in values if item not in ("", None) and item is not False}
            parameters += [(name, text) for text in sorted(given) if name != "ordering"]
        return urlencode(parameters)

    @property
    def _key(self) -> tuple[object, ...]:
        """Identifies the matches in caches: the kind of list, and every parameter but the order."""
        keys = (key for name in self.filters if name != "ordering" for key in given_names(self.data, name))
        return (self._selection, *((key, tuple(self.data.getlist(key))) for key in keys))

    @property
    def _has_closed(self) -> bool:
        return self._selection != "open"

    @property
    def _selection(self) -> str:
        return self.request.parser_context["view"].selection if self.request else "open"


class EmployerJobFilter(JobFilter):
    """The filters of an employer's own list."""

    state = RepeatableChoiceFilter(choices=JobState.choices, method="filter_state", label="In any of these states.")

    def filter_state(self, jobs: JobQuerySet, name: str, value: list[str]) -> JobQuerySet:
        return jobs.in_states(value) if value else jobs


def without_each(jobs: QuerySet[Any], request: Any) -> list[dict[str, Any]]:
    """Return how many jobs would match without each of the request's filters, the most first.

    After Limits.retry_seconds the remaining filters are not tried.
    """
    counts = []
    for name in _in_time(JobFilter.base_filters):
        is_given = list_parameter(request.query_params, name, split=False)
        if is_given and name not in {"ordering", "radius_km", "include_unspecified"}:
            others = request.query_params.copy()
            for key in given_names(others, name):
                del others[key]
            if count := JobFilter(others, jobs, request=request).qs.count():
                counts.append({"filter": name, "count": count})
    return sorted(counts, key=lambda dropped: -dropped["count"])


def without_word(jobs: QuerySet[Any], request: Any) -> str | None:
    """Return the word or phrase of the request's search without which the most jobs would match.

    Of a search with "or", or one word alone, there is none. After Limits.retry_seconds no other word is tried.
    """
    match SearchQuery(request.query_params.get("search", "")).alternatives:
        case [[_, _, *_] as terms]:
            counts: dict[str, int] = {}
            for number, term in _in_time(enumerate(terms)):
                others = request.query_params.copy()
                # The last word is complete now.
                others["search"] = " ".join([*terms[:number], *terms[number + 1 :], ""])
                listing: Any = JobFilter(others, jobs, request=request).qs
                # A corrected word would be another search.
                counts[term] = 0 if listing.did_you_mean else listing.count()
            word = max(counts, key=lambda term: counts[term])
            return word if counts[word] else None
    return None


def _in_time(items: Iterable[T]) -> Iterator[T]:
    """Return the items for which Limits.retry_seconds suffice."""
    until = time.monotonic() + Limits.current().retry_seconds
    return takewhile(lambda _: time.monotonic() <= until, items)


def _in_locations(jobs: JobQuerySet, keys: Keys) -> JobQuerySet:
    # Equality, if possible: an index that also has the order of the list serves it.
    return jobs.filter(location=keys[0]) if len(keys) == 1 else jobs.filter(location__in=keys)


def _as_text(value: Any) -> str:
    """Return a value of a parameter as it is written in a URL."""
    match value:
        case datetime():
            return value.isoformat()
        case Decimal():
            return format(value.normalize(), "f")
    text = str(value)
    # Elsewhere, the lower case may be another letter.
    return text.lower() if text.isascii() else text


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
