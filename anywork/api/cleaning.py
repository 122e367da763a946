"""Cleaning of lines that were stored before requests were cleaned; for migrations."""

from collections.abc import Callable, Collection
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q

from anywork.api.constraints import find_in_any_case
from anywork.api.text import clean_line

# All other lines are clean.
_UNUSUAL = r"[^\x20-\x7e]|  |^ | $"


def clean_rows(
    model: type[models.Model],
    *fields: str,
    merge: Callable[[Any, Any], None] | None = None,
    within: Collection[str] = (),
    derive: Callable[[dict[str, str]], dict[str, Any]] = lambda values: {},
) -> None:
    """Write these fields of all rows in the form of `clean_line`, and print which rows were left as they are, and why.

    Args:
        model: as the migration knows it.
        fields: lines.
        merge: makes one row of two that become equal: gets the row to delete and the row to keep. Required if
            `fields`, in any case, are unique.
        within: the other fields of that unique constraint.
        derive: returns the values of the fields that depend on these ones.
    """
    unusual = Q()
    for field in fields:
        unusual |= Q(**{f"{field}__regex": _UNUSUAL})
    for row in model._default_manager.filter(unusual).only("pk", *fields, *within).iterator():
        stored = {field: getattr(row, field) for field in fields}
        cleaned = {field: clean_line(text) for field, text in stored.items()}
        if cleaned == stored:
            continue
        same_owner = {field: getattr(row, field) for field in within}
        others = model._default_manager.filter(**same_owner).exclude(pk=row.pk)
        reason = _objection(model, cleaned)
        if not reason and merge and (twin := find_in_any_case(others, **cleaned)):
            merge(row, twin)
        elif not reason:
            reason = _update(model, row.pk, stored, {**cleaned, **derive(cleaned)})
        if reason:
            print(f"\n  {model._meta.verbose_name} {row.pk} is left as it is: {reason}.", end="")  # noqa: T201


def _objection(model: type[models.Model], values: dict[str, str]) -> str | None:
    for name, text in values.items():
        field: Any = model._meta.get_field(name)
        if not text and not field.blank:
            return f"its {name} has no visible letter"
        if len(text) > field.max_length:
            return f"its {name} is too long"
    return None


def _update(model: type[models.Model], key: Any, stored: dict[str, str], values: dict[str, Any]) -> str | None:
    try:
        with transaction.atomic():
            # Not if a request has changed it meanwhile.
            model._default_manager.filter(pk=key, **stored).update(**values)
    except IntegrityError:
        return "another row has become equal"
    return None
