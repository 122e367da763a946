"""The base of every serializer of a model."""

from typing import TypeVar

from django.db import models
from rest_framework import serializers

from anywork.api import fields

M = TypeVar("M", bound=models.Model)


class ModelSerializer(serializers.ModelSerializer[M]):
    """Fields take the JSON type that the schema names; text is one line unless the model has a TextField."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.BooleanField: fields.BooleanField,
        models.CharField: fields.LineField,
        models.EmailField: fields.EmailField,
        models.TextField: fields.TextField,
        models.UUIDField: fields.UUIDField,
    }
    serializer_related_field = fields.KeyField
