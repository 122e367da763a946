"""Base classes of serializers."""

from typing import Any, TypeVar

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

    def unshown_state(self, row: Any) -> dict[str, Any]:
        """Return what a change may set besides the fields that every response shows; it is part of the row's ETag."""
        return {}


class RowListSerializer(serializers.ListSerializer[Any]):
    """A list of instances, or of rows of `values()`, which skip the fields: these take most of the time of a list."""

    def to_representation(self, data: Any) -> list[Any]:
        rows = list(data)
        return self.show_rows(rows) if rows and isinstance(rows[0], dict) else super().to_representation(rows)

    def show_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return `rows` as the child serializer would return instances."""
        return rows
