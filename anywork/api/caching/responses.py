"""Lists of which one tiny query tells whether anything has changed: they carry an ETag, and answers are remembered."""

from collections import OrderedDict
from collections.abc import Hashable
from functools import partial
from threading import Lock
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpResponse
from rest_framework import mixins
from rest_framework.request import Request

from anywork.api.caching.etags import is_known, list_tag, not_modified

# Of a process: some 500 pages of 20 jobs.
MOST_ANSWERS = 1_000
MOST_BYTES = 16 * 1024 * 1024


class Answer(NamedTuple):
    """What a view answered, before middleware added what belongs to one request alone."""

    body: bytes
    headers: dict[str, str]

    @property
    def size(self) -> int:
        return len(self.body)


class AnswerCache:
    """The answers of this process that were asked for last, by their ETags, bounded in number and size.

    A tag stands for one answer for ever, so none of them is ever out of date.
    """

    def __init__(self, *, most: int = MOST_ANSWERS, most_bytes: int = MOST_BYTES) -> None:
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._lock = Lock()

    def get(self, tag: str) -> Answer | None:
        """Return the answer that the tag stands for, if it is remembered."""
        with self._lock:
            if tag in self._answers:
                self._answers.move_to_end(tag)
            return self._answers.get(tag)

    def keep(self, tag: str, answer: Answer) -> None:
        """Remember an answer; for it, those that were not asked for the longest are forgotten."""
        with self._lock:
            self._bytes -= self._answers.pop(tag).size if tag in self._answers else 0
            self._answers[tag] = answer
            self._bytes += answer.size
            while len(self._answers) > self._most or self._bytes > self._most_bytes:
                self._bytes -= self._answers.popitem(last=False)[1].size

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._answers.clear()
            self._bytes = 0


remembered = AnswerCache()


class VersionedListMixin(mixins.ListModelMixin):
    """Viewset mixin: the list has a version.

    Who asks, and how often, is decided as for every other request; what is remembered is only what the view made of
    it. As a tag stands for URL, caller's rights and version, an answer is found by its tag.
    """

    def list_version(self) -> Hashable:
        """Return what two lists at one URL differ in, if they differ: when it was made, and for which callers."""
        raise NotImplementedError

    def list_is_current(self) -> bool:
        """Return whether the list just made is that of its version, and not of a moment before."""
        return True

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        tag = list_tag(
            # What a deploy may change.
            settings.SPECTACULAR_SETTINGS["VERSION"],
            self.list_version(),
            # With the host, which links to other pages name.
            request.build_absolute_uri(),
            # Which may ask for indentation.
            request.accepted_media_type,
        )
        asks_for_any = request.headers.get("If-None-Match", "").strip() == "*"
        if is_known(request, tag) and not asks_for_any:
            return not_modified(tag)
        if answer := remembered.get(tag):
            return not_modified(tag) if asks_for_any else HttpResponse(answer.body, headers=answer.headers)
        response = super().list(request, *args, **kwargs)
        if asks_for_any:
            # Not before the parameters are checked: a bad one has no list.
            return not_modified(tag)
        if self.list_is_current():
            response.headers["ETag"] = tag
            response.add_post_render_callback(partial(_remember, tag))
        return response


def _remember(tag: str, response: HttpResponse) -> None:
    remembered.keep(tag, Answer(response.content, dict(response.items())))
