"""Conditional requests (RFC 9110): ETag tells what a client has seen, If-None-Match and If-Match what it asks for.

The tag of a single row has up to two parts, "<own>-<beside>". The first stands for the row itself and is the same at
every URL that shows it; the second for what is shown beside it: rows that it belongs to, links that are made anew
from time to time. If-None-Match compares both. If-Match compares the first alone, so that a tag from any of these URLs
guards a change at any other, and only against changes of the row itself.
"""

import json
from collections.abc import Hashable, Iterable
from hashlib import blake2b
from typing import Any

from django.http import HttpResponseNotModified
from django.utils.http import parse_etags
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer, Field

from anywork.api.exceptions import PreconditionFailed

# What changes the row that the URL names, and minds If-Match.
CHANGING_ACTIONS = frozenset({"update", "partial_update", "destroy"})
# What answers with the row as it then is, and its tag. PUT is not among them: its answer may carry the tag only of a
# body that was stored as it came (RFC 9110, 9.3.4), and here the server adds to it.
TAGGED_ACTIONS = frozenset({"retrieve", "create", "partial_update"})

NO_TAG = 'If-Match takes tags in double quotes as ETag has them, or *: If-Match: "5e884898da280471".'

_ROW_DIGEST_BYTES = 8
# Answers are found by the tag of a list, so nobody must be able to make another list that has it.
_LIST_DIGEST_BYTES = 16


def row_tag(serializer: BaseSerializer[Any]) -> str:
    """Return the tag of the row that `serializer` shows."""
    own: list[tuple[str, Any]] = []
    beside: list[tuple[str, Any]] = []
    for name, value in serializer.data.items():
        part = beside if _is_beside(serializer.fields[name]) else own  # type: ignore[attr-defined]
        part.append((name, value))
    digests = (_digest(part, _ROW_DIGEST_BYTES) for part in (own, beside) if part)
    return f'"{"-".join(digests)}"'


def list_tag(*state: Hashable) -> str:
    """Return the tag of a list that is the same as long as `state` is."""
    return f'"{_digest(state, _LIST_DIGEST_BYTES)}"'


def check_if_match(request: Request, serializer: BaseSerializer[Any]) -> None:
    """Compare If-Match, if it is sent, with the row that `serializer` shows.

    Raises:
        PreconditionFailed: the row is another by now.
        ParseError: the header holds no tag.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return
    tags = parse_etags(header)
    if not tags:
        # Answered by 412, the client would read the row again and again.
        raise ParseError(NO_TAG)
    # A weak tag (W/"...") never matches here: RFC 9110, 13.1.1.
    if tags != ["*"] and _own_part(row_tag(serializer)) not in map(_own_part, tags):
        raise PreconditionFailed


def is_known(request: Request, tag: str) -> bool:
    """Return whether the client has what `tag` stands for already: If-None-Match names it."""
    tags = parse_etags(request.headers.get("If-None-Match", ""))
    return tags == ["*"] or tag in (given.removeprefix("W/") for given in tags)


def not_modified(tag: str) -> HttpResponseNotModified:
    """Return the answer to a client that has what `tag` stands for."""
    return HttpResponseNotModified(headers={"ETag": tag})


def _is_beside(field: Field[Any, Any, Any, Any]) -> bool:
    return isinstance(field, BaseSerializer) or field.source == "*"


def _own_part(tag: str) -> str:
    return tag.strip('"').partition("-")[0]


def _digest(values: Iterable[Any], size: int) -> str:
    return blake2b(json.dumps(values, default=str).encode(), digest_size=size).hexdigest()
