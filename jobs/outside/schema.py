"""OpenAPI documentation of sitemaps and feeds."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from anywork.api.schema import documented, operation
from jobs.outside.parts import BAD_PART, FEED_JOBS, SITEMAP_JOBS

_PART = OpenApiParameter("part", str, description="A part, as the index names it; without it, the index.")
_KEY = "1898974260718945-2f53287a13b24ea19c79a0d6b930581d"
_INDEX = (
    '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap>'
    f"<loc>https://api.example.org{{}}?part=..{_KEY}</loc><lastmod>2030-03-04T20:51:00Z</lastmod>"
    "</sitemap></sitemapindex>"
)
_RSS = '<rss version="2.0"><channel><title>AnyWork</title><item><title>Software Engineer</title></item></channel></rss>'


def _parted(operation_id: str, summary: str, description: str, path: str) -> Any:
    return documented(
        "Feeds",
        get=operation(
            description,
            operation_id=operation_id,
            summary=summary,
            parameters=[_PART],
            responses={(200, "application/xml"): OpenApiTypes.STR},
            response=_INDEX.format(path),
            media_type="application/xml",
            errors=(ValidationError({"part": [BAD_PART]}),),
        ),
    )


sitemap_documented = _parted(
    "sitemap_retrieve",
    "Retrieve the sitemap",
    f"The index of sitemaps, or one of them: the pages of up to {SITEMAP_JOBS:,} open jobs. The times are those of "
    "posting. Read the index first each time: a part is a range of jobs, and the ranges change.",
    "/sitemap.xml",
)
feed_documented = _parted(
    "feeds_jobs_retrieve",
    "Retrieve the feed of all jobs",
    f"The index of the feed, in the format of a sitemap index, or one part: up to {FEED_JOBS:,} open jobs in the XML "
    "of job aggregators (`source`, `job`). Read the index first each time: a part is a range of jobs, and the ranges "
    "change. The parts of one index have each job once that was open when it was made. Descriptions are lines of text.",
    "/feeds/jobs.xml",
)
rss_documented = documented(
    "Feeds",
    get=operation(
        "The first 100 open jobs as RSS 2.0, the newest ones without `ordering`. Takes the filters of GET /api/jobs/.",
        operation_id="feeds_rss_retrieve",
        summary="Retrieve the newest jobs as RSS",
        # Not a list, but with its filters.
        filters=True,
        responses={(200, "application/rss+xml"): OpenApiTypes.STR},
        response=_RSS,
        media_type="application/rss+xml",
        errors=(ValidationError({"employer": ["Enter a valid UUID."]}),),
    ),
)
robots_documented = documented(
    "Feeds",
    get=operation(
        "What crawlers may read here, and where the sitemap is.",
        operation_id="robots_retrieve",
        summary="Retrieve robots.txt",
        responses={(200, "text/plain"): OpenApiTypes.STR},
        response="User-agent: *\nDisallow: /api/auth/\n",
        media_type="text/plain",
    ),
)
