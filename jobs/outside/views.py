"""Sitemaps, feeds and robots.txt: public, the same for every caller."""

import gzip
import re
from collections.abc import Callable, Hashable
from typing import Any

from django.conf import settings
from django.db.models import TextField
from django.db.models.functions import Cast, Left
from django.http import HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from anywork.api.caching.etags import is_known, list_tag, not_modified
from anywork.api.negotiation import AnyAccept
from anywork.api.viewsets import OfferedMethodsMixin
from anywork.database.replicas import from_replica
from jobs.filters import JobFilter
from jobs.models import Job
from jobs.outside.documents import FEED_COLUMNS, job_feed, parts_index, rss, sitemap
from jobs.outside.parts import FEED_JOBS, SITEMAP_JOBS, Part, parts_of
from jobs.outside.schema import feed_documented, robots_documented, rss_documented, sitemap_documented
from jobs.searching.listing import NEWEST, JobListing
from jobs.searching.versions import version_of

RSS_JOBS = 100
# 5,000 descriptions of 20,000 characters would be 100 MB.
FEED_CHARACTERS = 4_000


class OutsideView(OfferedMethodsMixin, APIView):
    """Base: takes no token, counts under the rate `anon`."""

    authentication_classes = ()
    permission_classes = ()
    content_negotiation_class = AnyAccept


class TaggedView(OutsideView):
    """Base of what changes with the jobs only."""

    is_tagged = True

    def tagged(self, request: Request, media_type: str, make: Callable[[], tuple[str, bool]]) -> HttpResponse:
        """Return the document that `make` returns, or a 304 if the client has it.

        Args:
            request: its parameters are valid.
            media_type: of the document.
            make: returns the document, and whether it is that of this very version.
        """
        tag = list_tag(*self._state(request))
        if is_known(request, tag):
            unchanged = not_modified(tag)
            patch_vary_headers(unchanged, ("Accept-Encoding",))
            return unchanged
        text, is_current = make()
        response = HttpResponse(text, content_type=f"{media_type}; charset=utf-8")
        patch_vary_headers(response, ("Accept-Encoding",))
        is_compressed = re.search(r"\bgzip\b", request.headers.get("Accept-Encoding", ""))
        if is_compressed:
            # For 20 MB, level 6 of django.views.decorators.gzip takes 1.7 s, level 1 a fourth of that.
            response.content = gzip.compress(response.content, compresslevel=1, mtime=0)
            response["Content-Encoding"] = "gzip"
        if is_current:
            # A weak one, since the compressed bytes differ.
            response["ETag"] = f"W/{tag}" if is_compressed else tag
        return response

    @staticmethod
    def _state(request: Request) -> tuple[Hashable, ...]:
        return (
            settings.SPECTACULAR_SETTINGS["VERSION"],
            settings.PUBLIC_URL,
            settings.FRONTEND_URL,
            settings.JOB_PAGE_URL,
            version_of(request).everything,
            request.get_full_path(),
        )


class PartedView(TaggedView):
    """Base of an index and its parts, at one URL."""

    url_name: str
    part_size: int

    @from_replica
    def get(self, request: Request) -> HttpResponse:
        text = request.query_params.get("part")
        part = Part.parse(text) if text else None
        return self.tagged(request, "application/xml", lambda: (self.document(part), True) if part else self._index())

    def document(self, part: Part) -> str:
        """Return a part."""
        raise NotImplementedError

    def _index(self) -> tuple[str, bool]:
        parts, is_current = parts_of(self.part_size, version_of(self.request))
        return parts_index(settings.PUBLIC_URL + reverse(self.url_name), parts), is_current


@sitemap_documented
class SitemapView(PartedView):
    """Sitemaps of the pages of open jobs."""

    url_name = "sitemap"
    part_size = SITEMAP_JOBS

    def document(self, part: Part) -> str:
        # As text: for 50,000 keys, psycopg2 takes as long to make UUIDs as everything else.
        return sitemap(part.jobs().values_list("posted_at", Cast("pk", TextField()))[: self.part_size])


@feed_documented
class JobFeedView(PartedView):
    """Open jobs for aggregators."""

    url_name = "job-feed"
    part_size = FEED_JOBS

    def document(self, part: Part) -> str:
        jobs = part.jobs().values(*FEED_COLUMNS, text=Left("description", FEED_CHARACTERS))
        return job_feed(list(jobs[: self.part_size]))


@rss_documented
class RSSView(TaggedView, GenericAPIView[Job]):
    """The newest jobs, for feed readers."""

    filterset_class = JobFilter
    pagination_class = None
    queryset = Job.objects.open().with_details().order_by(*NEWEST)
    selection = "open"

    @from_replica
    def get(self, request: Request) -> HttpResponse:
        listing: Any = self.filter_queryset(self.get_queryset())
        return self.tagged(request, "application/rss+xml", lambda: self._document(listing))

    def _document(self, listing: JobListing) -> tuple[str, bool]:
        jobs = listing[0:RSS_JOBS]
        return rss(settings.PUBLIC_URL + self.request.get_full_path(), jobs), listing.is_current


@robots_documented
class RobotsView(OutsideView):
    """What crawlers may read."""

    def get(self, request: Request) -> HttpResponse:
        # Not all of /api/: the pages of the front end are made of it.
        lines = (
            "User-agent: *",
            "Disallow: /api/auth/",
            "Disallow: /mail/",
            "Disallow: /media/",
            f"Sitemap: {settings.PUBLIC_URL}{reverse('sitemap')}",
        )
        return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
