"""Serializer fields that every resource shares."""

from typing import Any

from rest_framework import serializers


class BlankableMixin:
    """Takes "" and null for "nothing", and stores both as ""."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True, "allow_null": True, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation("" if data is None else data)  # type: ignore[misc]


class BlankableCharField(BlankableMixin, serializers.CharField):
    """A text that may be left out."""


class BlankableURLField(BlankableMixin, serializers.URLField):
    """A URL that may be left out."""


class DateOrTimestampField(serializers.DateTimeField):
    """A point in time that may be given as a date alone: its first moment (UTC)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"input_formats": ["iso-8601", "%Y-%m-%d"], **kwargs})
