"""COPY of model instances into PostgreSQL."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import AutoField, Field, GeneratedField, Model

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copied_fields(model: type[Model]) -> "Sequence[Field[Any, Any]]":
    """Return the fields to copy: all but sequence keys and what the database computes."""
    computed = AutoField | GeneratedField | SearchVectorField
    return [field for field in model._meta.concrete_fields if not isinstance(field, computed)]


def columns(model: type[Model]) -> str:
    return ", ".join(f'"{field.column}"' for field in copied_fields(model))


def copy(cursor: Any, model: type[Model], rows: Iterable[Model], *, table: str = "") -> None:
    """Write `rows` to their table, or to another `table` with the same columns."""
    fields = copied_fields(model)
    lines = io.StringIO()
    for row in rows:
        lines.write("\t".join(_as_text(field.pre_save(row, add=True)) for field in fields))
        lines.write("\n")
    lines.seek(0)
    cursor.copy_expert(f"COPY {table or model._meta.db_table} ({columns(model)}) FROM STDIN", lines)


def _as_text(value: object) -> str:
    return "\\N" if value is None else str(value).translate(_ESCAPES)
