"""Filters of all resources. An empty parameter means no filter; an invalid value is a 400."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any

import django_filters
from django import forms
from django.db.models import F, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.functions import Collate
from django.http import QueryDict
from django_filters.fields import IsoDateTimeField
from django_filters.widgets import BaseCSVWidget
from drf_spectacular.utils import extend_schema_field

from anywork.api.dates import missing_day
from anywork.api.text import clean_line, folded

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# More than a form offers; each value costs a comparison per row.
MAX_VALUES = 50
# Of a number.
MAX_DIGITS = 50
# Classes of forms, one for each combination of given filters.
MAX_FORMS = 256


def given_names(parameters: QueryDict, name: str) -> list[str]:
    """Return the keys under which a parameter is given: `name`, and `name[]` as some clients write a repeated one."""
    return [key for key in (name, f"{name}[]") if key in parameters]


def list_parameter(parameters: QueryDict, name: str, *, split: bool = True) -> list[str]:
    """Return the distinct values of a repeated parameter, which commas may join unless `split` is False."""
    given = [value for key in given_names(parameters, name) for value in parameters.getlist(key)]
    values = (part for value in given for part in (value.split(",") if split else [value]))
    return list(dict.fromkeys(filter(None, map(str.strip, values))))


class FilterSet(django_filters.FilterSet):
    """Base of all filter sets."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        data = QueryDict() if data is None else data
        # Only the given filters: to copy and validate all the others takes longer than to fetch a page. Nothing in a
        # filter changes but what is set here, and deep copies of two take 0.1 ms.
        given = {name: copy(known) for name, known in self.base_filters.items() if given_names(data, name)}
        self.base_filters = OrderedDict()
        super().__init__(data, *args, **kwargs)
        self.base_filters = self.filters = OrderedDict(given)
        filter_: Any
        for filter_ in given.values():
            filter_.parent, filter_.model = self, self._meta.model  # type: ignore[attr-defined]
            # Bound to the copy.
            filter_.method = filter_.method

    def filter_queryset(self, queryset: Any) -> Any:
        # It may be Recorded, which django-filter does not take.
        for name, value in self.form.cleaned_data.items():
            queryset = self.filters[name].filter(queryset, value)
        return queryset

    def get_form_class(self) -> type[forms.Form]:
        return _form_class(type(self), *self.filters)


@lru_cache(MAX_FORMS)
def _form_class(filterset_class: Any, *names: str) -> type[forms.Form]:
    fields = {name: filterset_class.base_filters[name].field for name in names}
    return type("FilterForm", (filterset_class._meta.form,), fields)


class ListWidget(BaseCSVWidget, forms.TextInput):
    """Reads the values of a repeated parameter; a CSV widget, because OrderingFilter takes no other."""

    split = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return list_parameter(data, name, split=self.split)


class UnsplitListWidget(ListWidget):
    """Reads values that may have commas."""

    split = False


class TotalOrderingFilter(django_filters.OrderingFilter):
    """`?ordering=`, always ending with the primary key, so that no row is repeated or skipped between pages.

    Args:
        names: the fields that are sorted as names.
    """

    def __init__(self, *args: Any, names: tuple[str, ...] = (), **kwargs: Any) -> None:
        self._names = names
        label = "Sort by this; a leading `-` reverses. Several may be repeated, or joined by commas."
        super().__init__(*args, **{"label": label, "widget": ListWidget, **kwargs})

    def filter(self, qs: QuerySet[Any], value: list[str] | None) -> QuerySet[Any]:
        if not value:
            return qs
        terms = map(self.get_ordering_value, value)
        return qs.order_by(*(key for term in terms for key in self._keys(qs, str(term))), "pk")

    def _keys(self, qs: QuerySet[Any], term: str) -> Iterator[OrderBy]:
        """Yield what `term` sorts by, with NULL at the end."""
        name = term.removeprefix("-")
        keys: tuple[Any, ...] = (*folded(name), Collate(F(name), "C")) if name in self._names else (F(name),)
        # NULLS LAST only for nullable columns, and those of rows that may not exist: the other indexes lack it.
        is_computed = name in qs.query.annotations
        last = True if "__" in name or (not is_computed and qs.model._meta.get_field(name).null) else None
        for key in keys:
            yield key.desc(nulls_last=last) if term.startswith("-") else key.asc(nulls_last=last)


class RepeatableField(forms.MultipleChoiceField):
    """Values of a repeated parameter."""

    widget = ListWidget

    def to_python(self, value: Any) -> list[str]:
        items: list[str] = super().to_python(value)
        if len(items) > MAX_VALUES:
            raise forms.ValidationError(f"Give at most {MAX_VALUES} different values.")
        return items


class RepeatableChoiceField(RepeatableField):
    """The same for choices, in any case."""

    def to_python(self, value: Any) -> list[str]:
        return list(map(str.lower, super().to_python(value)))


class RepeatableTextField(RepeatableField):
    """The same for names, which are not split at commas."""

    widget = UnsplitListWidget

    def to_python(self, value: Any) -> list[str]:
        return list(filter(None, map(clean_line, super().to_python(value))))

    def validate(self, value: list[str]) -> None:
        for item in value:
            forms.CharField(max_length=255).clean(item)


class RepeatableChoiceFilter(django_filters.MultipleChoiceFilter):
    """`?status=pending&status=reviewed`, `?status=pending,reviewed` or `?status[]=pending`: any of them."""

    field_class: type[RepeatableField] = RepeatableChoiceField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # No value finds a row twice, because it is a column of the row; DISTINCT would sort all rows for a page.
        super().__init__(*args, **{"distinct": False, **kwargs})


class RepeatableTextFilter(RepeatableChoiceFilter):
    """`?category=a&category=b` or `?category[]=a`: any of them; `method` gets the list."""

    field_class = RepeatableTextField


class ExistingDayMixin:
    """Rejects a well-formed date that does not exist, such as 2027-02-29."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and (reason := missing_day(value)):
            raise forms.ValidationError(reason, "invalid")
        return super().to_python(value)  # type: ignore[misc]


class DateField(ExistingDayMixin, forms.DateField):
    """A day."""


class DateFilter(django_filters.DateFilter):
    """`?date_from=2030-01-31`."""

    field_class = DateField


class TimestampField(ExistingDayMixin, IsoDateTimeField):
    """A timestamp in UTC, or a day, which means its first moment.

    Python accepts offsets up to 23:59, PostgreSQL up to 15:59.
    """

    default_error_messages = {
        "invalid": "Enter a date such as 2030-01-31, or a timestamp such as 2030-01-31T12:00:00Z.",
    }
    of_day = time.min

    def to_python(self, value: Any) -> datetime | None:
        timestamp: datetime | None = super().to_python(value)
        if timestamp and _DAY.fullmatch(value.strip()):
            return datetime.combine(timestamp, self.of_day, UTC)
        try:
            return timestamp and timestamp.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid") from None


class LastTimestampField(TimestampField):
    """The same, but a day means its last moment."""

    of_day = time.max


@extend_schema_field({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]})
class TimestampFilter(django_filters.IsoDateTimeFilter):
    """`?posted_after=2030-01-31T12:00:00Z` or `?posted_after=2030-01-31`."""

    field_class = TimestampField


class LastTimestampFilter(TimestampFilter):
    """`?posted_before=2030-01-31`: that day included."""

    field_class = LastTimestampField


@extend_schema_field({"type": "number"})
class NumberFilter(django_filters.NumberFilter):
    """`?salary_min=50000`; its type would be unknown where a method applies it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The database takes no -1e999999, which written out has a million digits.
        super().__init__(*args, **{"max_digits": MAX_DIGITS, **kwargs})


class BooleanField(forms.NullBooleanField):
    """true or false (or 1 or 0); Django's own field ignores other values."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]
        match str(value or "").lower():
            case "":
                return None
            case "true" | "1":
                return True
            case "false" | "0":
                return False
        raise forms.ValidationError("Enter true or false.")


@extend_schema_field({"type": "boolean"})
class BooleanFilter(django_filters.BooleanFilter):
    """`?is_read=false`."""

    field_class = BooleanField
