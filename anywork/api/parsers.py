"""Parsers of request bodies: limited in size before they are read, with a reason if they do not parse."""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.http import UnreadablePostError
from rest_framework import parsers
from rest_framework.exceptions import ParseError, ValidationError

from anywork.api.exceptions import RequestTooLarge, ServiceUnavailable

# Longer than any number of the API; int() takes quadratic time.
MAX_DIGITS = 100

# A client that is still sending would see a reset connection and not the response, so the rest of the body is read; but
# not of a body that is declared to be longer than this.
_DISCARDED_BYTES = 32 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JSONParser(parsers.JSONParser):
    """A JSON object of at most DATA_UPLOAD_MAX_MEMORY_SIZE bytes, in UTF-8 (RFC 8259), without repeated keys."""

    kind: type = dict
    refusal = "The body must be a JSON object."

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        _refuse_longer_than(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, stream, parser_context)
        try:
            data = _json(stream.read())
        except UnicodeDecodeError as error:
            raise ParseError("The body is not valid UTF-8.") from error
        except UnicodeEncodeError as error:
            raise ParseError("The body has half of a surrogate pair, which is no character.") from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON: {error}.") from error
        if not isinstance(data, self.kind):
            raise ValidationError(self.refusal)
        return data


class JSONListParser(JSONParser):
    """The same, but a list."""

    kind = list
    refusal = "The body must be a JSON list."


class MultiPartParser(parsers.MultiPartParser):
    """A form of at most UPLOAD_MAX_BYTES; Django's settings limit the number and size of its fields."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        _refuse_longer_than(settings.UPLOAD_MAX_BYTES, stream, parser_context)
        try:
            return super().parse(stream, media_type, parser_context)
        except UnreadablePostError:
            raise
        except OSError as error:
            # Files are buffered on the disk, which may be full.
            raise ServiceUnavailable("The upload could not be stored. Please try again later.") from error


def _refuse_longer_than(limit: int, stream: IO[Any], parser_context: Mapping[str, Any] | None) -> None:
    """Check the declared length: Django never reads beyond it, and takes a body without one for empty.

    Raises:
        RequestTooLarge: it exceeds `limit`.
    """
    declared = int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0)
    if declared <= limit:
        return
    if declared <= _DISCARDED_BYTES:
        while stream.read(_CHUNK_BYTES):
            pass
    raise RequestTooLarge


def _json(body: bytes) -> Any:
    text = body.decode()
    data = json.loads(
        text,
        object_pairs_hook=_object,
        parse_int=_integer,
        parse_float=_float,
        parse_constant=_refuse_constant,
    )
    if _ESCAPED_SURROGATE.search(text):
        # Half of a pair can neither be stored nor repeated in an error message; encoding finds it at any depth.
        json.dumps(data, ensure_ascii=False).encode()
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS} digits")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
