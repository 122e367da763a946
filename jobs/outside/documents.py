"""Sitemaps and feeds as XML.

Sitemaps and the feed are f-strings: Django's SimplerXMLGenerator has no CDATA, and is slow for 150,000 elements.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.http import http_date

from jobs.models import Job, JobType, Workplace
from jobs.outside.pages import SITE_NAME, job_page_url
from jobs.outside.parts import Part
from jobs.rendering import flat_html

_SITEMAPS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# What XML 1.0 has no way to write.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# As aggregators of jobs name them (https://docs.indeed.com/, XML feeds).
_JOB_TYPES: Mapping[str, str] = {
    JobType.FULL_TIME: "fulltime",
    JobType.PART_TIME: "parttime",
    JobType.CONTRACT: "contract",
    JobType.INTERNSHIP: "internship",
    JobType.TEMPORARY: "temporary",
}
_REMOTE_TYPES: Mapping[str, str] = {Workplace.REMOTE: "Fully remote", Workplace.HYBRID: "Hybrid remote"}
# Of a job in a feed, beside the description.
FEED_COLUMNS = (
    "job_id",
    "title",
    "posted_at",
    "closes_at",
    "salary_range",
    "job_type",
    "workplace",
    "employer__company_name",
    "category__name",
    "location__city",
    "location__state",
    "location__country",
    "location__country_code",
)


def xml_text(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NOT_XML.sub("", text)


def parts_index(url: str, parts: Iterable[Part]) -> str:
    """Return the index of the parts at `url`, in the format of sitemap indexes."""
    rows = (f"<sitemap><loc>{escape(f'{url}?part={part}')}</loc>{_lastmod(part.newest)}</sitemap>\n" for part in parts)
    return f"{_HEAD}<sitemapindex {_SITEMAPS}>\n{''.join(rows)}</sitemapindex>\n"


def sitemap(keys: Iterable[tuple[datetime, str]]) -> str:
    """Return the sitemap of jobs by `posted_at` and key; jobs have no time of their last change."""
    before, after = map(escape, settings.JOB_PAGE_URL.split("{job_id}"))
    rows = (f"<url><loc>{before}{job_id}{after}</loc>{_lastmod(posted_at)}</url>\n" for posted_at, job_id in keys)
    return f"{_HEAD}<urlset {_SITEMAPS}>\n{''.join(rows)}</urlset>\n"


def job_feed(jobs: Sequence[Mapping[str, Any]]) -> str:
    """Return jobs in the XML that most aggregators of jobs take.

    Args:
        jobs: the values of FEED_COLUMNS, and the description as `text`.
    """
    built_at = _element("lastBuildDate", _date(jobs[-1]["posted_at"])) if jobs else ""
    publisher = _element("publisher", SITE_NAME) + _element("publisherurl", settings.FRONTEND_URL)
    return xml_text(f"{_HEAD}<source>\n{publisher}{built_at}\n{''.join(map(_job, jobs))}</source>\n")


def rss(url: str, jobs: Iterable[Job]) -> str:
    """Return jobs with their details as RSS 2.0."""
    feed = Rss201rev2Feed(SITE_NAME, settings.FRONTEND_URL, f"Jobs at {SITE_NAME}", feed_url=url)
    for job in jobs:
        feed.add_item(
            xml_text(job.title),
            job_page_url(job.pk),
            xml_text(flat_html(job.description)),
            author_name=xml_text(job.company_name),
            categories=[xml_text(job.category.name)],
            pubdate=job.posted_at,
            unique_id=str(job.pk),
            unique_id_is_permalink=False,
        )
    return feed.writeString("utf-8")


def _job(job: Mapping[str, Any]) -> str:
    elements = {
        "title": job["title"],
        "date": _date(job["posted_at"]),
        "referencenumber": str(job["job_id"]),
        "url": job_page_url(job["job_id"]),
        "company": job["employer__company_name"],
        "city": job["location__city"],
        "state": job["location__state"],
        "country": job["location__country_code"] or job["location__country"],
        "description": flat_html(job["text"]),
        "salary": job["salary_range"],
        "jobtype": _JOB_TYPES.get(job["job_type"], ""),
        "remotetype": _REMOTE_TYPES.get(job["workplace"], ""),
        "category": job["category__name"],
        "expirationdate": _date(job["closes_at"]),
    }
    return f"<job>{''.join(_element(name, text) for name, text in elements.items() if text)}</job>\n"


def _element(name: str, text: str) -> str:
    # Indeed takes no entities.
    return f"<{name}><![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"


def _lastmod(moment: datetime | None) -> str:
    return f"<lastmod>{moment.isoformat(timespec='seconds')}</lastmod>" if moment else ""


def _date(moment: datetime) -> str:
    return http_date(moment.timestamp())
