"""Applications as CSV (RFC 4180)."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Q

from anywork.transfer import defuse
from applications.querysets import ApplicationQuerySet
from applications.serializers import ApplicationListSerializer

BYTE_ORDER_MARK = "\ufeff"
PAGE_SIZE = 500

HEADERS = (
    *("application_id", "job_id", "job_title", "first_name", "last_name", "email", "phone_number", "status"),
    *("applied_at", "rating", "tags", "cover_letter"),
)

Row = dict[str, Any]


def write_csv(applications: ApplicationQuerySet, show: Callable[[list[Row]], list[Row]]) -> Iterator[str]:
    """Yield the text of a file, page by page, newest first.

    Each page is a statement of its own, which begins after the last row of the page before: no cursor stays open while
    a client reads slowly, and only one page is in memory.

    Args:
        applications: in any order.
        show: returns the bodies of rows, with `assessment`, as the list shows them.
    """
    yield _lines([HEADERS])
    newest = applications.with_names().order_by("-applied_at", "-pk").values(*ApplicationListSerializer.COLUMNS)
    rows = list(newest[:PAGE_SIZE])
    while rows:
        # Without the resume: signing its link, which no column has, takes a third of the time.
        yield _lines(map(_cells, show([{**row, "resume": None} for row in rows])))
        moment, key = rows[-1]["applied_at"], rows[-1]["application_id"]
        # The first condition is a bound for the index; the second leaves out what is on the page before.
        later = newest.filter(Q(applied_at__lt=moment) | Q(pk__lt=key), applied_at__lte=moment)
        rows = list(later[:PAGE_SIZE])


def _lines(rows: Any) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([defuse(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cells(body: Row) -> tuple[Any, ...]:
    person, assessment = body["job_seeker_details"], body["assessment"]
    return (
        *(body["application_id"], body["job"], body["job_details"]["title"]),
        *(person[name] for name in ("first_name", "last_name", "email", "phone_number")),
        *(body["status"], f"{body['applied_at']:%Y-%m-%dT%H:%M:%SZ}", assessment["rating"]),
        *("; ".join(assessment["tags"]), body["cover_letter"]),
    )
