"""Parts of all open jobs, oldest first: ranges of keys, so that none depends on how many jobs come before it."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Func, TextField, Value
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from rest_framework.exceptions import ValidationError

from anywork.database.replicas import reading_connection
from jobs.models import Job
from jobs.querysets import OPEN_SQL, JobQuerySet
from jobs.searching.versions import Version, VersionedCache

FEED_JOBS = 5_000
# As many as a sitemap may have (https://www.sitemaps.org/protocol.html).
SITEMAP_JOBS = 50_000

BAD_PART = "Take the URL of a part from the index."

# Microseconds since 1970, and the job's key.
_KEY = re.compile(r"(-?\d{1,16})-([0-9a-f]{32})", re.ASCII)
# Jumps from bound to bound by an index-only scan: 0.3 s for a million jobs; row_number() takes 1.1 s.
_NEXT = f"""
    SELECT posted_at, job_id FROM jobs_job WHERE {OPEN_SQL} {{condition}}
    ORDER BY posted_at, job_id OFFSET %(skipped)s LIMIT 1
"""  # noqa: S608 - constants
_BOUNDS = f"""
    WITH RECURSIVE bounds(posted_at, job_id) AS (
        ({_NEXT.format(condition="")})
        UNION ALL
        SELECT following.* FROM bounds, LATERAL (
            {_NEXT.format(condition="AND (posted_at, job_id) > (bounds.posted_at, bounds.job_id)")}
        ) AS following
    )
    SELECT posted_at, job_id FROM bounds ORDER BY posted_at, job_id
"""  # noqa: S608 - constants
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Key(NamedTuple):
    """A job's place in the order."""

    posted_at: datetime
    job_id: UUID

    def __str__(self) -> str:
        return f"{(self.posted_at - _EPOCH) // _MICROSECOND}-{self.job_id.hex}"

    @classmethod
    def parse(cls, text: str) -> "Key | None":
        """Return the key, or None for "".

        Raises:
            ValidationError: it is no key.
        """
        if not text:
            return None
        if not (match := _KEY.fullmatch(text)):
            raise ValidationError({"part": [BAD_PART]})
        return cls(_EPOCH + timedelta(microseconds=int(match[1])), UUID(match[2]))


class Part(NamedTuple):
    """The jobs after one key up to another; None is no bound."""

    after: Key | None
    until: Key | None
    # When the newest job of it was posted.
    newest: datetime | None = None

    def __str__(self) -> str:
        return f"{self.after or ''}..{self.until or ''}"

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Return the part of a URL.

        Raises:
            ValidationError: it is no part.
        """
        after, dots, until = text.partition("..")
        if not dots:
            raise ValidationError({"part": [BAD_PART]})
        return cls(Key.parse(after), Key.parse(until))

    def jobs(self) -> JobQuerySet:
        """Return the open jobs of it, oldest first."""
        jobs = Job.objects.open().order_by("posted_at", "pk")
        if self.after:
            jobs = jobs.filter(GreaterThan(_row(F("posted_at"), F("pk")), _row(*map(Value, self.after))))
        if self.until:
            jobs = jobs.filter(LessThanOrEqual(_row(F("posted_at"), F("pk")), _row(*map(Value, self.until))))
        return jobs


def _row(*values: Any) -> Func:
    # Compared as a whole, by the index: jobs that are imported together may share `posted_at`.
    return Func(*values, function="ROW", output_field=TextField())


_bounds: VersionedCache[list[Key]] = VersionedCache(max_size=2)


def parts_of(size: int, version: Version) -> tuple[Sequence[Part], bool]:
    """Return the parts of up to `size` jobs, and whether they are those of this very version."""
    bounds, is_current = _bounds.get(size, version.everything, lambda: _find_bounds(size))
    if not bounds:
        return [], is_current
    *inner, newest = bounds
    ends = [*((key, key.posted_at) for key in inner), (None, newest.posted_at)]
    # The last one has no end, so that jobs that are posted meanwhile are in it, up to the size of a part.
    starts = [None, *inner]
    return [Part(after, until, posted_at) for after, (until, posted_at) in zip(starts, ends, strict=True)], is_current


def _find_bounds(size: int) -> list[Key]:
    """Return the key of each `size`-th open job, then that of the newest."""
    with reading_connection().cursor() as cursor:
        cursor.execute(_BOUNDS, {"skipped": size - 1})
        bounds = cursor.fetchall()
    newest = Job.objects.open().order_by("-posted_at", "-pk").values_list("posted_at", "pk")[:1]
    return [Key(*key) for key in dict.fromkeys([*bounds, *newest])]
