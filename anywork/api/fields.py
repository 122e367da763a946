"""Serializer fields that every resource shares."""

import re
from itertools import groupby
from typing import Any
from unicodedata import combining

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers

from anywork.api.emails import canonical_email

# Unicode's control characters (category Cc), and what else ends a line.
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_IN_A_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

# Accents on one letter, as in Unicode's stream-safe text (UAX 15). PostgreSQL sorts them in a time that grows with the
# square of their number: 20,000 took 2 s.
_MOST_MARKS = 30

_URL = re.compile(r"://|www\.", re.IGNORECASE)

# What mails to other people show, or lists beside it.
NAMES = frozenset({"first_name", "last_name", "company_name", "title", "name", "city", "state", "country"})
NO_URL = "A web address is not allowed here: leave out “://” and “www.”."


class StringMixin:
    """Takes a string and nothing else: a telephone number sent as a number would have lost its zeros already."""

    refused_characters = _NOT_IN_A_LINE
    refusal = "Line breaks, tabs and other control characters are not allowed."

    def to_internal_value(self: Any, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = super().to_internal_value(data)  # type: ignore[misc]
        if self.refused_characters.search(text):
            raise serializers.ValidationError(self.refusal, "control_characters")
        if not text.isascii() and _most_marks(text) > _MOST_MARKS:
            raise serializers.ValidationError(f"A letter may have at most {_MOST_MARKS} accents.", "too_many_marks")
        return text


def _most_marks(text: str) -> int:
    """Return the largest number of combining marks in a row."""
    runs = groupby(text, key=lambda letter: combining(letter) > 0)
    return max((sum(1 for _ in run) for is_mark, run in runs if is_mark), default=0)


class LineField(StringMixin, serializers.CharField):
    """One line of text."""


def has_url(text: str) -> bool:
    """Tell whether mail clients would make a link of a part of `text`, because of its beginning."""
    return bool(_URL.search(text))


class NameField(LineField):
    """A name that mails to other people show: it holds no URL, unless the row has that very name already."""

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if has_url(name) and name != getattr(getattr(self.parent, "instance", None), self.field_name or "", None):
            raise serializers.ValidationError(NO_URL, "url")
        return name


class TextField(StringMixin, serializers.CharField):
    """Text of several lines."""

    refused_characters = _NOT_IN_A_TEXT
    refusal = "Control characters are not allowed, but for line breaks and tabs."


class EmailField(StringMixin, serializers.EmailField):
    """An email address; its value is the canonical form, whose length is what counts."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return canonical_email(super().to_internal_value(data))
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, error.code) from error


class UUIDField(serializers.UUIDField):
    """A key, as a string alone."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class KeyField(serializers.PrimaryKeyRelatedField):
    """The key of another row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"pk_field": UUIDField(), **kwargs})


class BooleanField(serializers.BooleanField):
    """true or false, and none of the words that stand for them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class BlankableMixin:
    """Takes "" and null for "nothing", and stores both as ""."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True, "allow_null": True, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation("" if data is None else data)  # type: ignore[misc]


class BlankableLineField(BlankableMixin, LineField):
    """One line of text that may be left out."""


class BlankableNameField(BlankableMixin, NameField):
    """A name that may be left out."""


class BlankableTextField(BlankableMixin, TextField):
    """Text of several lines that may be left out."""


class BlankableURLField(BlankableMixin, StringMixin, serializers.URLField):
    """A URL that may be left out."""


class DateOrTimestampField(serializers.DateTimeField):
    """A point in time that may be given as a date alone: its first moment (UTC)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"input_formats": ["iso-8601", "%Y-%m-%d"], **kwargs})
