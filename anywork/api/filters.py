"""Filters that every resource shares. An empty parameter means no filter; a bad value of a known filter is a 400."""

from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import OrderBy
from django_filters.fields import IsoDateTimeField

# More than any form offers; each value costs the database a comparison a row.
MAX_VALUES = 50


class FilterSet(django_filters.FilterSet):
    """The base of all filter sets."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        # Only what is asked for: to copy and validate all the others takes longer than to find a page.
        asked = ((name, known) for name, known in self.base_filters.items() if name in (data or ()))
        self.base_filters = OrderedDict(asked)
        super().__init__(data, *args, **kwargs)


class TotalOrderingFilter(django_filters.OrderingFilter):
    """`?ordering=`, always ending in the primary key, so that no row is shown twice or skipped between pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label": "Sort by this; a leading `-` reverses. Commas join several.", **kwargs})

    def filter(self, qs: QuerySet[Any], value: list[str] | None) -> QuerySet[Any]:
        # What is sorted by already need not be sorted by again, however often it is named.
        ordered = super().filter(qs, list(dict.fromkeys(value)) if value else value)
        if not value:
            return ordered
        return ordered.order_by(*(_unknown_last(qs.model, str(term)) for term in ordered.query.order_by), "pk")


def _unknown_last(model: type[Model], term: str) -> str | OrderBy:
    """Return the ordering `term` with rows that have no value at the end, where PostgreSQL would start with them."""
    name = term.removeprefix("-")
    if not model._meta.get_field(name).null:
        return term
    return F(name).desc(nulls_last=True) if term.startswith("-") else F(name).asc(nulls_last=True)


class RepeatableField(forms.MultipleChoiceField):
    """Every different value of a parameter that may be given several times, without the empty ones."""

    def to_python(self, value: Any) -> list[str]:
        items = {item: None for item in super().to_python(value) if item}
        if len(items) > MAX_VALUES:
            raise forms.ValidationError(f"Give at most {MAX_VALUES} different values.")
        return list(items)


class RepeatableTextField(RepeatableField):
    """The same for values that are not known beforehand."""

    def validate(self, value: list[str]) -> None:
        for item in value:
            forms.CharField(max_length=255).clean(item)


class RepeatableChoiceFilter(django_filters.MultipleChoiceFilter):
    """`?status=pending&status=reviewed`: any of them."""

    field_class = RepeatableField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The values are columns of the row, which none of them finds twice; DISTINCT would sort all rows for a page.
        super().__init__(*args, **{"distinct": False, **kwargs})


class RepeatableTextFilter(RepeatableChoiceFilter):
    """`?category=a&category=b`: any of them; `method` gets the list."""

    field_class = RepeatableTextField


class TimestampField(IsoDateTimeField):
    """A timestamp, in UTC: PostgreSQL knows no offset beyond 15:59, Python some up to 23:59."""

    def to_python(self, value: Any) -> datetime | None:
        timestamp: datetime | None = super().to_python(value)
        try:
            return timestamp and timestamp.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid") from None


class TimestampFilter(django_filters.IsoDateTimeFilter):
    """`?posted_after=2030-01-31T12:00:00Z`."""

    field_class = TimestampField


class BooleanField(forms.NullBooleanField):
    """true or false (1 or 0); Django's own field takes anything else for nothing."""

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


class BooleanFilter(django_filters.BooleanFilter):
    """`?is_read=false`."""

    field_class = BooleanField
