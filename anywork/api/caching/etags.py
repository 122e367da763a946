"""Conditional requests (RFC 9110): ETag, If-None-Match and If-Match.

The tag of a row has up to two parts, "<own>-<related>". The first part stands for the row itself, with what a change
may set but few responses show, and is the same at every URL that shows the row; the second for the data shown with it:
related rows, and links that expire. If-None-Match compares both. If-Match compares the first part only, so that the tag
of any of these URLs protects against changes of the row itself, and only against these.
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
from anywork.api.serializers import ModelSerializer

# Actions that change the row of the URL; these check If-Match.
CHANGING_ACTIONS = frozenset({"update", "partial_update", "destroy"})
# Actions whose response has a tag. PUT has none: the tag would have to be that of the body as it was sent (RFC 9110,
# 9.3.4), to which the server adds fields.
TAGGED_ACTIONS = frozenset({"retrieve", "create", "partial_update"})

NO_TAG = 'If-Match takes tags in double quotes as ETag has them, or *: If-Match: "5e884898da280471".'

_ROW_DIGEST_BYTES = 8
# Cached responses are found by the tag of a list, so it must not be possible to construct another list with it.
_LIST_DIGEST_BYTES = 16


def row_tag(serializer: BaseSerializer[Any]) -> str:
    """Return the tag of the row of `serializer`."""
    own: list[tuple[str, Any]] = []
    related: list[tuple[str, Any]] = []
    data = serializer.data
    for field in serializer._readable_fields:  # type: ignore[attr-defined]  # noqa: SLF001 - they may be shared
        part = related if _is_related(field) else own
        part.append((field.field_name, data[field.field_name]))
    if isinstance(serializer, ModelSerializer):
        own += serializer.unshown_state(serializer.instance).items()
    digests = (_digest(part, _ROW_DIGEST_BYTES) for part in (own, related) if part)
    return f'"{"-".join(digests)}"'


def list_tag(*state: Hashable) -> str:
    """Return the tag of a list that depends on `state` only."""
    return f'"{_digest(state, _LIST_DIGEST_BYTES)}"'


def check_if_match(request: Request, serializer: BaseSerializer[Any]) -> None:
    """Compare If-Match, if it is sent, with the row of `serializer`.

    Raises:
        PreconditionFailed: the row has changed.
        ParseError: the header has no tag.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return
    tags = parse_etags(header)
    if not tags:
        # After a 412, the client would reload the row for ever.
        raise ParseError(NO_TAG)
    # A weak tag (W/"...") never matches here: RFC 9110, 13.1.1.
    if tags != ["*"] and _own_part(row_tag(serializer)) not in map(_own_part, tags):
        raise PreconditionFailed


def is_known(request: Request, tag: str) -> bool:
    """Return whether If-None-Match names `tag`."""
    tags = parse_etags(request.headers.get("If-None-Match", ""))
    return tags == ["*"] or tag in (given.removeprefix("W/") for given in tags)


def not_modified(tag: str) -> HttpResponseNotModified:
    """Return the 304 for a client that has the representation of `tag`."""
    return HttpResponseNotModified(headers={"ETag": tag})


def _is_related(field: Field[Any, Any, Any, Any]) -> bool:
    return isinstance(field, BaseSerializer) or field.source == "*"


def _own_part(tag: str) -> str:
    return tag.strip('"').partition("-")[0]


def _digest(values: Iterable[Any], size: int) -> str:
    return blake2b(json.dumps(values, default=str).encode(), digest_size=size).hexdigest()
