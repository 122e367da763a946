"""Filters of all resources. An empty parameter means no filter; an invalid value is a 400."""

from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import OrderBy
from django_filters.fields import IsoDateTimeField

# More than a form offers; each value costs a comparison per row.
MAX_VALUES = 50


class FilterSet(django_filters.FilterSet):
    """Base of all filter sets."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        # Only the given filters: to copy and validate all the others takes longer than to fetch a page.
        given = ((name, known) for name, known in self.base_filters.items() if name in (data or ()))
        self.base_filters = OrderedDict(given)
        super().__init__(data, *args, **kwargs)


class TotalOrderingFilter(django_filters.OrderingFilter):
    """`?ordering=`, always ending with the primary key, so that no row is repeated or skipped between pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label": "Sort by this; a leading `-` reverses. Commas join several.", **kwargs})

    def filter(self, qs: QuerySet[Any], value: list[str] | None) -> QuerySet[Any]:
        # A repeated term sorts nothing.
        ordered = super().filter(qs, list(dict.fromkeys(value)) if value else value)
        if not value:
            return ordered
        return ordered.order_by(*(_unknown_last(qs.model, str(term)) for term in ordered.query.order_by), "pk")


def _unknown_last(model: type[Model], term: str) -> str | OrderBy:
    """Return the ordering `term` with NULL at the end."""
    name = term.removeprefix("-")
    if not model._meta.get_field(name).null:
        return term
    return F(name).desc(nulls_last=True) if term.startswith("-") else F(name).asc(nulls_last=True)


class RepeatableField(forms.MultipleChoiceField):
    """Distinct, non-empty values of a repeated parameter."""

    def to_python(self, value: Any) -> list[str]:
        items = {item: None for item in super().to_python(value) if item}
        if len(items) > MAX_VALUES:
            raise forms.ValidationError(f"Give at most {MAX_VALUES} different values.")
        return list(items)


class RepeatableTextField(RepeatableField):
    """The same for free text."""

    def validate(self, value: list[str]) -> None:
        for item in value:
            forms.CharField(max_length=255).clean(item)


class RepeatableChoiceFilter(django_filters.MultipleChoiceFilter):
    """`?status=pending&status=reviewed`: any of them."""

    field_class = RepeatableField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # No value finds a row twice, because it is a column of the row; DISTINCT would sort all rows for a page.
        super().__init__(*args, **{"distinct": False, **kwargs})


class RepeatableTextFilter(RepeatableChoiceFilter):
    """`?category=a&category=b`: any of them; `method` gets the list."""

    field_class = RepeatableTextField


class TimestampField(IsoDateTimeField):
    """A timestamp in UTC: Python accepts offsets up to 23:59, PostgreSQL up to 15:59."""

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


class BooleanFilter(django_filters.BooleanFilter):
    """`?is_read=false`."""

    field_class = BooleanField
