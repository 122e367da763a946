"""Base classes of serializers."""

from functools import cache
from typing import Any, ClassVar, TypeVar

from django.db import models
from rest_framework import serializers

from anywork.api import fields

M = TypeVar("M", bound=models.Model)


class ModelSerializer(serializers.ModelSerializer[M]):
    """Accepts only the JSON types that the schema names; text is one line unless the model has a TextField."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.BooleanField: fields.BooleanField,
        models.CharField: fields.LineField,
        models.EmailField: fields.EmailField,
        models.TextField: fields.TextField,
        models.UUIDField: fields.UUIDField,
    }
    serializer_related_field = fields.KeyField

    # Whether the fields of responses are made once for all instances of the class: none depends on the context. Making
    # them takes longer than all else of a response of one row. Subclasses have other fields, and do not inherit this.
    shares_fields: ClassVar[bool] = False

    @property
    def _readable_fields(self) -> list[Any]:
        return _shared_fields(type(self)) if vars(type(self)).get("shares_fields") else super()._readable_fields

    def unshown_state(self, row: Any) -> dict[str, Any]:
        """Return what a change may set besides the fields that every response shows; it is part of the row's ETag."""
        return {}


@cache
def _shared_fields(serializer_class: type[ModelSerializer[Any]]) -> list[Any]:
    return [field for field in serializer_class().fields.values() if not field.write_only]


class RowListSerializer(serializers.ListSerializer[Any]):
    """A list of instances, or of rows of `values()`, which skip the fields: these take most of the time of a list."""

    def to_representation(self, data: Any) -> list[Any]:
        rows = list(data)
        return self.show_rows(rows) if rows and isinstance(rows[0], dict) else super().to_representation(rows)

    def show_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return `rows` as the child serializer would return instances."""
        return rows
