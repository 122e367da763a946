"""Versioned lists: one small query tells whether a list has changed, so that it has an ETag and is cached."""

from collections.abc import Hashable
from contextlib import suppress
from functools import cache, partial
from threading import Lock
from typing import Any, NamedTuple

from cachetools import LRUCache
from django.conf import settings
from django.http import HttpResponse
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from anywork.api.caching.etags import is_known, list_tag, not_modified
from anywork.database.replicas import from_replica

# Per process: 700 to 1,000 pages of 20 jobs (14 to 24 kB each).
MAX_BYTES = 16 * 1024 * 1024
# A shorter body counts as this many bytes, for what Python needs beside it.
MIN_BYTES = 16 * 1024


class CachedResponse(NamedTuple):
    """Response of a view, before middleware has added the headers of one request."""

    body: bytes
    headers: dict[str, str]


class ResponseCache:
    """Thread-safe cache of this process, least recently used: responses by ETag.

    A tag stands for one response for ever, so no entry is ever out of date.
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._lock = Lock()
        self._responses: LRUCache[str, CachedResponse] = LRUCache(
            max_bytes, getsizeof=lambda response: max(len(response.body), MIN_BYTES)
        )

    def get(self, tag: str) -> CachedResponse | None:
        """Return the response that the tag stands for, if it is cached."""
        with self._lock:
            return self._responses.get(tag)

    def set(self, tag: str, response: CachedResponse) -> None:
        """Cache a response, unless it is larger than the whole cache."""
        with self._lock, suppress(ValueError):
            self._responses[tag] = response

    def clear(self) -> None:
        """Drop all responses."""
        with self._lock:
            self._responses.clear()


response_cache = ResponseCache()


class VersionedListMixin(mixins.ListModelMixin):
    """Viewset mixin: the list has a version.

    Authentication, permissions and rates apply to a cached list as to every other; only the work of the view is saved.
    """

    def list_version(self) -> Hashable:
        """Return what differs between two lists of one URL that differ: their state, and the rights of the caller."""
        raise NotImplementedError

    def list_is_current(self) -> bool:
        """Return whether the list just made is that of its version, not of a moment before."""
        return True

    @from_replica
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        tag = list_tag(
            # What a deployment may change.
            settings.SPECTACULAR_SETTINGS["VERSION"],
            _shape(self.get_serializer_class()),  # type: ignore[attr-defined]
            self.list_version(),
            # With the host, which links to other pages name.
            request.build_absolute_uri(),
            # May ask for indentation.
            request.accepted_media_type,
        )
        accepts_any = request.headers.get("If-None-Match", "").strip() == "*"
        if is_known(request, tag) and not accepts_any:
            return not_modified(tag)
        if cached := response_cache.get(tag):
            return not_modified(tag) if accepts_any else HttpResponse(cached.body, headers=cached.headers)
        response = super().list(request, *args, **kwargs)
        if accepts_any:
            # Not before the parameters are validated: a bad one has no list.
            return not_modified(tag)
        if self.list_is_current():
            response.headers["ETag"] = tag
            response.add_post_render_callback(partial(_cache, tag))
        return response


@cache
def _shape(serializer_class: type[BaseSerializer[Any]]) -> str:
    """Return the fields of the rows, as REST framework prints them: another shape is another tag."""
    return repr(serializer_class())


def _cache(tag: str, response: HttpResponse) -> None:
    response_cache.set(tag, CachedResponse(response.content, dict(response.items())))
