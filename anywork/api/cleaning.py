"""Cleaning of lines that were stored before requests were cleaned; for migrations."""

from collections.abc import Callable, Collection
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet

from anywork.api.constraints import find_in_any_case
from anywork.api.text import clean_line

# Rows that do not match need no cleaning.
_UNUSUAL = r"[^\x20-\x7e]|  |^ | $"


def clean_rows(
    rows: QuerySet[Any],
    *fields: str,
    merge: Callable[[Any, Any], None] | None = None,
    within: Collection[str] = (),
    derive: Callable[[dict[str, str]], dict[str, Any]] | None = None,
) -> None:
    """Write these fields of all rows in the form of `clean_line`, and print which rows were left as they are, and why.

    Args:
        rows: of a model as the migration knows it.
        fields: lines.
        merge: makes one row of two that become equal: gets the row to delete and the row to keep. Required if
            `fields`, in any case, are unique.
        within: the other fields of that unique constraint.
        derive: returns the values of the fields that depend on these ones.
    """
    unusual = Q()
    for field in fields:
        unusual |= Q(**{f"{field}__regex": _UNUSUAL})
    for row in rows.filter(unusual).only("pk", *fields, *within).iterator():
        stored = {field: getattr(row, field) for field in fields}
        cleaned = {field: clean_line(text) for field, text in stored.items()}
        if cleaned == stored:
            continue
        same_owner = {field: getattr(row, field) for field in within}
        others = rows.filter(**same_owner).exclude(pk=row.pk)
        reason = _objection(rows.model, cleaned)
        if not reason and merge and (twin := find_in_any_case(others, **cleaned)):
            merge(row, twin)
        elif not reason:
            reason = _update(rows.filter(pk=row.pk, **stored), {**cleaned, **(derive(cleaned) if derive else {})})
        if reason:
            print(f"\n  {rows.model._meta.verbose_name} {row.pk} is left as it is: {reason}.", end="")  # noqa: T201


def _objection(model: type[models.Model], values: dict[str, str]) -> str | None:
    for name, text in values.items():
        field: Any = model._meta.get_field(name)
        if not text and not field.blank:
            return f"its {name} has no visible letter"
        if len(text) > field.max_length:
            return f"its {name} is too long"
    return None


def _update(row: QuerySet[Any], values: dict[str, Any]) -> str | None:
    try:
        with transaction.atomic():
            is_updated = row.update(**values)
    except IntegrityError:
        return "a constraint forbids it"
    return None if is_updated else "it was changed meanwhile"
