"""A list of jobs as its pages are turned: the count remembered, each page by the fastest way to it.

PostgreSQL's planner guesses how many jobs have certain words, and a wrong guess costs seconds: few jobs are found
fastest by the index of words and then sorted; of many, a page is found fastest by walking along the index of the order
and looking for the words in each job. Here the number is known, because a page shows it, and decides.
"""

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import nullcontext
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Count, F, Func, Q, QuerySet, Value
from psycopg2.errors import QueryCanceled

from jobs.querysets import JobQuerySet
from jobs.searching.query import SearchQuery
from jobs.searching.versions import Version, VersionedCache

Answer = TypeVar("Answer")

NEWEST = ("-posted_at", "-pk")

# Of so few, each is looked into to tell its tier.
_FEWEST = 100
# Up to so many are fetched by the index of words and sorted, without a second thought.
_FEW = 2_000
# From here on, the keys of a page are found first: most of the way the index suffices.
_DEEP = 200

# A count that takes longer is given up: of what is that frequent a page is found soon, the number of all is not. In
# milliseconds; None has no limit.
COUNT_LIMIT: int | None = 300
# The same without a search: where few jobs are of that kind, no page of them is found soon.
FILTER_LIMIT: int | None = 800
# The same for a part of a search alone, after all parts together took too long.
PART_LIMIT = 150
# The length of a list that was not counted.
MOST_UNCOUNTED = 10_000
# The number of jobs that facets of such a list count.
MOST_IN_FACETS = 2_000
# In seconds: no further correction or selection is looked for after that.
LOOK_LIMIT = 0.5


class Found(NamedTuple):
    """How many jobs a search finds, by tier, and with which words."""

    tiers: tuple[int, ...]
    query: SearchQuery | None = None
    # Among so many jobs, about.
    among: int = 0
    # How it is spelt, where it seems to be misspelt.
    did_you_mean: str | None = None
    # False: counting took too long, and `total` is MOST_UNCOUNTED.
    is_counted: bool = True

    @property
    def total(self) -> int:
        return sum(self.tiers)


_counts: VersionedCache[Found] = VersionedCache()


class JobListing:
    """What is left of `jobs` by the filters and the search, in order; Paginator takes it for a list.

    Args:
        jobs: the jobs that the filters leave, ordered if the caller asked for an order.
        search: what is looked for in them; ordered by relevance unless the caller asked for another order.
        key: tells this selection from others, however it is ordered.
        version: as of which version of the database the caller looks.
        has_closed: closed jobs are among them.
    """

    def __init__(
        self, jobs: JobQuerySet, *, search: SearchQuery | None, key: Hashable, version: Version, has_closed: bool
    ) -> None:
        self._jobs = jobs
        self._has_closed = has_closed
        self._search = search
        self.key = key
        self.version = version

    @property
    def found(self) -> Found:
        return self._found[0]

    @property
    def is_current(self) -> bool:
        """The count is that of the version, not of up to five seconds before."""
        return self._found[1]

    @property
    def did_you_mean(self) -> str | None:
        """The words that the caller seems to have meant; those that were looked for, if the caller's find nothing."""
        return self.found.did_you_mean

    @property
    def queryset(self) -> JobQuerySet:
        """All jobs that are found, in any order; of those that were not counted the newest MOST_IN_FACETS."""
        query = self.found.query
        if self.found.is_counted:
            return (self._found_by_index(query) if query else self._jobs).order_by()
        return self._newest(query)[:MOST_IN_FACETS]

    def count(self) -> int:
        return self.found.total

    def __getitem__(self, page: slice) -> list[Any]:
        if self.found.query is None:
            return list(self._in_order(self._jobs, page))
        if self.found.query.unwanted:
            return list(self._lacking_in_order(self.found.query, page))
        if self._jobs.query.order_by:
            return list(self._found_in_order(self.found.query, page))
        return list(self._found_by_relevance(self.found.query, page))

    @cached_property
    def _found(self) -> tuple[Found, bool]:
        return _counts.get(self.key, self.version.everything, self._look)

    def _look(self) -> Found:
        if self._search is None:
            return self._count([self._jobs], None)
        until = time.monotonic() + LOOK_LIMIT
        if (found := self._look_for(self._search)).total:
            return found._replace(did_you_mean=self._search.well_spelt())
        for query in self._search.corrections():
            if time.monotonic() > until:
                break
            if (corrected := self._look_for(query)).total:
                return corrected._replace(did_you_mean=query.text)
        return found

    def _found_by_index(self, query: SearchQuery) -> JobQuerySet:
        if unwanted := query.unwanted:
            # The index knows who has a word, not who lacks it.
            return self._jobs.exclude(pk__in=self._having(unwanted).values("pk"))
        return self._having(query)

    def _having(self, query: SearchQuery, part: Q | Func | None = None) -> JobQuerySet:
        return self._jobs.filter(having_words(query, part, has_closed=self._has_closed))

    def _look_for(self, query: SearchQuery) -> Found:
        if query.unwanted:
            return self._count([self._found_by_index(query)], query)
        # Of each tier alone by its own index, which takes a fraction of looking into every job that is found.
        parts = query.tiers(by_index=True) if query.excludes else query.nested()
        return self._count([self._having(query, part) for part in parts], query)

    def _count(self, selections: list[JobQuerySet], query: SearchQuery | None) -> Found:
        """Count what the tiers are made of; a part that takes too long is taken for all that a list shows."""
        is_nested = query is not None and not query.excludes
        counts = _within(COUNT_LIMIT if query else FILTER_LIMIT, lambda: _count_each(selections))
        if counts is None and self._has_few(query):
            counts = _count_each(selections)
        is_counted = counts is not None
        if counts is None:
            # What is in the title comes first, so that it is worth another try.
            counts = [*self._count_first(selections[:-1]), MOST_UNCOUNTED]
        tiers: list[int] = []
        for count in counts:
            tiers.append(max(count - sum(tiers), 0) if is_nested else count)
        if not is_counted:
            tiers = [max(min(count, MOST_UNCOUNTED - sum(tiers[:place])), 0) for place, count in enumerate(tiers)]
        among = _number_of_jobs() if query and sum(tiers) > _FEW else 0
        return Found(tuple(tiers), query, among, is_counted=is_counted)

    @staticmethod
    def _count_first(selections: list[JobQuerySet]) -> Iterator[int]:
        for selection in selections:
            counts = _within(PART_LIMIT, partial(_count_each, [selection]))
            yield counts[0] if counts else MOST_UNCOUNTED
            if not counts:
                return

    def _has_few(self, query: SearchQuery | None) -> bool:
        """Tell whether a list is short: then a busy machine made its count slow, and counting it again is cheap."""
        count = _within(COUNT_LIMIT, self._newest(query).count)
        return count is not None and count < MOST_UNCOUNTED

    def _newest(self, query: SearchQuery | None) -> JobQuerySet:
        jobs = self._jobs.filter(query.anywhere(by_index=False)) if query else self._jobs
        return jobs.order_by(*NEWEST)[:MOST_UNCOUNTED]

    def _in_order(self, jobs: JobQuerySet, page: slice) -> QuerySet[Any]:
        if page.start < _DEEP:
            return jobs[page]
        return self._jobs.filter(pk__in=self._from_nearer_end(jobs.values("pk"), page, self.found.total))

    def _lacking_in_order(self, query: SearchQuery, page: slice) -> QuerySet[Any]:
        # Most jobs lack the words, so that a page is soon full of those along the way.
        if not self.found.is_counted or self._way_to(page, self.found.total) <= _FEW:
            return self._in_order(self._jobs.filter(query.anywhere(by_index=False)), page)
        return self._in_order(self._found_by_index(query), page)

    def _found_in_order(self, query: SearchQuery, page: slice) -> QuerySet[Any]:
        by_index = self._is_found_faster_by_index(self.found.total, self.found.total, page)
        if by_index:
            return self._in_order(self._by_index(self._having(query)), page)
        return self._in_order(self._jobs.filter(query.anywhere(by_index=False)), page)

    def _found_by_relevance(self, query: SearchQuery, page: slice) -> QuerySet[Any]:
        by_relevance = (query.tier(), *NEWEST)
        if self.found.total <= _FEWEST:
            return self._having(query).order_by(*by_relevance)[page]
        parts = []
        before = 0
        for number, count in enumerate(self.found.tiers):
            start, stop = max(page.start - before, 0), min(page.stop - before, count)
            if start < stop:
                parts.append(self._tier(query, number, slice(start, stop)).values("pk"))
            before += count
        keys = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
        return self._jobs.filter(pk__in=keys).order_by(*by_relevance)

    def _tier(self, query: SearchQuery, number: int, page: slice) -> QuerySet[Any]:
        tiers = self.found.tiers
        # By the index, the lower tiers are what their own index finds without what the higher ones have.
        by_index = self._is_found_faster_by_index(tiers[number], sum(tiers[: number + 1]), page)
        if by_index:
            jobs = self._by_index(self._tier_by_index(query, number).order_by(*NEWEST))
        else:
            jobs = self._jobs.filter(query.tiers(by_index=False)[number]).order_by(*NEWEST)
        return self._from_nearer_end(jobs, page, tiers[number])

    def _tier_by_index(self, query: SearchQuery, number: int) -> JobQuerySet:
        if query.excludes:
            return self._having(query, query.tiers(by_index=True)[number])
        jobs = self._having(query, query.nested()[number])
        # By their keys: to look for words in each job that is found takes ten times as long.
        return jobs.exclude(pk__in=self._having(query, query.nested()[number - 1]).values("pk")) if number else jobs

    def _from_nearer_end(self, jobs: QuerySet[Any], page: slice, count: int) -> QuerySet[Any]:
        """Return a page of `count` jobs, in any order: from one of the two ends it is at most half of the way."""
        if self._way_to(page, count) == page.stop:
            return jobs[page]
        return jobs.reverse()[count - page.stop : count - page.start]

    def _way_to(self, page: slice, count: int) -> int:
        """Return how many of `count` jobs are walked past to find a page of them."""
        # From the end, a count that lags behind would lead to another page.
        return min(page.stop, count - page.start) if self.is_current and self.found.is_counted else page.stop

    def _by_index(self, jobs: JobQuerySet) -> JobQuerySet:
        """Keep the planner from walking: no index has an order that begins by what is true of all of them."""
        return jobs.order_by(Func(F("pk"), function="num_nulls"), *jobs.query.order_by)

    def _is_found_faster_by_index(self, count: int, fetched: int, page: slice) -> bool:
        """Compare how many jobs each way reads to find the page of `count` jobs."""
        if not self.found.is_counted and fetched >= MOST_UNCOUNTED:
            return False
        return fetched <= _FEW or fetched * count < self._way_to(page, count) * self.found.among


def having_words(query: SearchQuery, part: Q | Func | None = None, *, has_closed: bool) -> Q:
    """Return the condition, by index, to have the words of a search, or to be in `part` of what it finds."""
    anywhere = Q(query.anywhere(by_index=True))
    condition = anywhere if part is None else Q(part)
    if not has_closed:
        return condition
    # In two, as the indexes are: closed jobs have one for all words alone.
    return Q(is_active=True) & condition | Q(is_active=False) & anywhere & condition


def _number_of_jobs() -> int:
    """Return the number of all jobs, about, as PostgreSQL last saw it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'jobs_job'::regclass")
        return int(cursor.fetchone()[0])


def _within(limit: int | None, ask: Callable[[], Answer]) -> Answer | None:
    """Return what `ask` returns, or None if a query of it takes more than `limit` milliseconds."""
    try:
        with transaction.atomic() if limit is not None else nullcontext():
            if limit is not None:
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL statement_timeout = %s", [limit])
            return ask()
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise


def _count_each(selections: list[JobQuerySet]) -> list[int]:
    """Return the sizes of several selections by one query."""
    counts = [
        jobs.order_by().values(number=Value(number)).annotate(count=Count("*"))
        for number, jobs in enumerate(selections)
    ]
    rows = counts[0].union(*counts[1:], all=True).values_list("number", "count")
    found = dict(rows)
    return [found.get(number, 0) for number in range(len(counts))]
