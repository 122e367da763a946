"""Serializer fields of all resources."""

import re
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers

from anywork.api.dates import missing_day
from anywork.api.emails import canonical_email
from anywork.api.text import MAX_MARKS, clean_line, remove_invisible, too_many_marks

# Unicode's control characters (category Cc), and other line ends.
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_IN_A_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

_URL = re.compile(r"://|www\.", re.IGNORECASE)

# Fields that emails to other people show, or lists.
NAMES = frozenset({"first_name", "last_name", "company_name", "title", "name", "city", "state", "country"})
TOO_MANY_MARKS = f"A letter may have at most {MAX_MARKS} accents."
NO_URL = "A web address is not allowed here: leave out “://” and “www.”."


class StringMixin:
    """Accepts strings only: a phone number sent as a number has lost its leading zeros."""

    refused_characters = _NOT_IN_A_LINE
    refusal = "Line breaks, tabs and other control characters are not allowed."

    def to_internal_value(self: Any, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = super().to_internal_value(data)  # type: ignore[misc]
        if self.refused_characters.search(text):
            raise serializers.ValidationError(self.refusal, "control_characters")
        if too_many_marks(text):
            raise serializers.ValidationError(TOO_MANY_MARKS, "too_many_marks")
        return text


class LineMixin(StringMixin):
    """Accepts one line, without invisible letters."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(remove_invisible(data) if isinstance(data, str) else data)  # type: ignore[misc]


class LineField(LineMixin, serializers.CharField):
    """One line of text, in the form of `clean_line`."""

    def to_internal_value(self, data: Any) -> str:
        text = clean_line(super().to_internal_value(data))
        if not text and not self.allow_blank:
            self.fail("blank")
        return text


def has_url(text: str) -> bool:
    """Return whether mail clients would show a part of `text` as a link."""
    return bool(_URL.search(text))


class NameField(LineField):
    """A name that emails to other people show: without a URL, unless the row already has this name."""

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if has_url(name) and name != getattr(getattr(self.parent, "instance", None), self.field_name or "", None):
            raise serializers.ValidationError(NO_URL, "url")
        return name


class TextField(StringMixin, serializers.CharField):
    """Text of several lines, verbatim; one of white space and invisible letters alone is blank."""

    refused_characters = _NOT_IN_A_TEXT
    refusal = "Control characters are not allowed, but for line breaks and tabs."

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        is_blank = isinstance(data, str) and not remove_invisible(data).strip()
        return super().run_validation("" if is_blank else data)


class EmailField(StringMixin, serializers.EmailField):
    """An email address, in its canonical form; the limit is that of the canonical form."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return canonical_email(super().to_internal_value(data))
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, error.code) from error


class UUIDField(serializers.UUIDField):
    """A UUID as a string."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class KeyField(serializers.PrimaryKeyRelatedField):
    """Primary key of another row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"pk_field": UUIDField(), **kwargs})


class BooleanField(serializers.BooleanField):
    """A boolean; no words or numbers that stand for one."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class AmountField(serializers.DecimalField):
    """An amount of money, as a number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 14, "decimal_places": 2, "min_value": 0, "coerce_to_string": False, **kwargs})

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool | str):
            self.fail("invalid")
        return super().to_internal_value(data)


class BlankableMixin:
    """Accepts "" and null, and stores both as ""."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True, "allow_null": True, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation("" if data is None else data)  # type: ignore[misc]


class BlankableLineField(BlankableMixin, LineField):
    """Optional line of text."""


class VerbatimLineField(BlankableMixin, LineMixin, serializers.CharField):
    """Optional line, verbatim but for invisible letters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)


class BlankableNameField(BlankableMixin, NameField):
    """Optional name."""


class BlankableTextField(BlankableMixin, TextField):
    """Optional text of several lines."""


class BlankableURLField(BlankableMixin, LineMixin, serializers.URLField):
    """Optional URL."""


class DateOrTimestampField(serializers.DateTimeField):
    """A timestamp, or a date, which means its first moment in UTC; midnight at any offset is taken as its date."""

    default_error_messages = {
        "invalid": "Enter a date such as 2030-01-31, or a timestamp such as 2030-01-31T12:00:00Z.",
        "missing_day": "{reason}",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"input_formats": ["iso-8601", "%Y-%m-%d"], **kwargs})

    def to_internal_value(self, value: Any) -> datetime:
        if isinstance(value, str) and (reason := missing_day(value)):
            self.fail("missing_day", reason=reason)
        return super().to_internal_value(value)

    def enforce_timezone(self, value: datetime) -> datetime:
        return super().enforce_timezone(value if value.time() != time.min else value.replace(tzinfo=UTC))
