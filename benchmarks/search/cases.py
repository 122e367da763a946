"""Requests that are measured, with their callers and goals."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from benchmarks.fill.vocabulary import TERMS
from benchmarks.search.subjects import Subjects


class Caller(StrEnum):
    """The user whose token is sent."""

    ANONYMOUS = ""
    SEEKER = "seeker"
    EMPLOYER = "employer"


class Goals(NamedTuple):
    """Goals of a case on two processors; None without a goal.

    `ratio` and `cached` are requests a second with 16 connections relative to the floor, at the largest size; `growth`
    is the p50 with one connection at the largest size relative to that at the smallest; `p50` and `p95` are
    milliseconds with one connection at the largest size.
    """

    ratio: float | None = None
    cached: float | None = None
    growth: float | None = None
    queries: int | None = None
    p50: float | None = None
    p95: float | None = None


class Case(NamedTuple):
    """A request that is measured.

    Attributes:
        name: a readable name.
        paths: requested in turn.
        goals: how fast it should be.
        rows: the table of the rows in the response; None without a floor.
        posted: the body; None for a GET.
    """

    name: str
    paths: Callable[[Subjects], list[str]]
    goals: Goals
    rows: str | None = None
    caller: Caller = Caller.ANONYMOUS
    posted: Callable[[Subjects], dict[str, str]] | None = None

    @property
    def slug(self) -> str:
        return self.name.replace(",", "").replace(" ", "-")


JOBS, APPLICATIONS = "jobs_job", "applications_application"


def _always(*paths: str) -> Callable[[Subjects], list[str]]:
    return lambda _: list(paths)


def _list(query: str = "") -> Callable[[Subjects], list[str]]:
    return lambda subjects: [f"/api/jobs/?{query}".format_map(subjects._asdict())]


def _search(frequency: str) -> Callable[[Subjects], list[str]]:
    return _list(f"search={TERMS[frequency].word}")


_IN_CITY = "city={city}&job_type=full-time"

CASES = (
    Case("list, page 1", _list(), Goals(0.5, 1.5, 1.15, 2), JOBS),
    Case("list, middle page", _list("page={middle_page}"), Goals(queries=2, p50=100), JOBS),
    Case("list, last page", _list("page={last_page}"), Goals(queries=2, p50=100), JOBS),
    Case("search, common word", _search("common"), Goals(0.5, 1.5, 1.5, 3), JOBS),
    Case("search, medium word", _search("medium"), Goals(0.5, 1.5, 7, 3), JOBS),
    Case("search, rare word", _search("rare"), Goals(0.5, 1.5, 1.5, 3), JOBS),
    Case("type and city", _list(_IN_CITY), Goals(0.5, 1.5, 1.3, 2), JOBS),
    Case("type, city and search", _list(f"{_IN_CITY}&search={TERMS['common'].word}"), Goals(0.5, 1.5, 1.3, 2), JOBS),
    Case(
        "detail, view counted",
        lambda subjects: [f"/api/jobs/{job}/" for job in subjects.jobs],
        Goals(ratio=0.5, growth=1.1, queries=2),
        JOBS,
    ),
    Case("facets", _always("/api/jobs/facets/"), Goals(queries=3, p95=60)),
    Case("facets of a search", _always("/api/jobs/facets/?search=python"), Goals(queries=3, p95=60)),
    Case(
        "suggestions",
        _always(*(f"/api/jobs/suggest/?q={typed}" for typed in ("eng", "senior+d", "lag", "marine"))),
        Goals(queries=3, p95=20),
    ),
    Case(
        "locations, typing",
        _always(*(f"/api/locations/?q={typed}" for typed in ("l", "la", "new+y", "nigeria", "zz"))),
        Goals(queries=2, p95=20),
    ),
    Case(
        "categories, typing",
        _always(*(f"/api/categories/?q={typed}" for typed in ("s", "so", "software+d", "zz"))),
        Goals(queries=2, p95=20),
    ),
    Case(
        "applications of a job seeker",
        _always("/api/applications/"),
        Goals(ratio=0.4, growth=1.2, queries=3),
        APPLICATIONS,
        Caller.SEEKER,
    ),
    Case(
        "applications of an employer",
        _always("/api/applications/"),
        Goals(ratio=0.4, growth=1.2, queries=3),
        APPLICATIONS,
        Caller.EMPLOYER,
    ),
    Case(
        "post a job",
        _always("/api/jobs/"),
        Goals(growth=1.5, p95=25),
        caller=Caller.EMPLOYER,
        posted=lambda subjects: subjects.posted,
    ),
)
