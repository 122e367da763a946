"""`expand=`: details that a caller asks for."""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.serializers import Field

from anywork.api.filters import list_parameter


@dataclasses.dataclass(frozen=True)
class Expansion:
    """What one name of `expand` adds to a row."""

    # Its key in the body.
    key: str
    # What the OpenAPI document says of it.
    field: Field[Any, Any, Any, Any]
    # Called once a page, with the ids of its rows and the caller. Returns what JSON shows, by id, in one query or two;
    # without an entry it is null. What the caller may not see of a row is left out here.
    # Without the address of the function in the `repr`, of which the tags of lists are made.
    load: Callable[[Collection[Any], Any], Mapping[Any, Any]] = dataclasses.field(repr=False)


class ExpandedField(Field[Any, Any, Any, Any]):
    """What an expansion adds to a row, loaded once for all rows of the serializer."""

    def __init__(self, expansion: Expansion) -> None:
        # `*` makes it related data in ETags (see etags.py).
        super().__init__(source="*", read_only=True)
        self._expansion = expansion

    def to_representation(self, value: Any) -> Any:
        return self._values.get(value.pk)

    @cached_property
    def _values(self) -> Mapping[Any, Any]:
        rows: Any = self.root.instance
        ids = [row.pk for row in (rows if isinstance(rows, list) else [rows])]
        return self._expansion.load(ids, self.context["request"].user)


def unknown_details(names: Collection[str], known: Collection[str]) -> ValidationError:
    return ValidationError({"expand": [f"{', '.join(sorted(names))}: not one of {', '.join(known)}."]})


def expanded_names(request: Request, known: Collection[str]) -> list[str]:
    """Return the names that `expand` has.

    Raises:
        ValidationError: one of them is not in `known`.
    """
    names = list_parameter(request.query_params, "expand")
    if unknown := set(names).difference(known):
        raise unknown_details(unknown, known)
    return names


def expand_parameter(names: Iterable[str], description: str) -> OpenApiParameter:
    """Return the documentation of `expand`."""
    return OpenApiParameter(
        "expand",
        {"type": "array", "items": {"type": "string", "enum": list(names)}},
        style="form",
        explode=False,
        description=f"{description} Several may be repeated, or joined by commas.".strip(),
    )
