"""A list of jobs: how many match, and the plan by which a page of them is fetched. See README.md."""

import json
import time
from collections.abc import Callable, Hashable, Iterator
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar

from django.db import OperationalError, transaction
from django.db.models import Count, F, Func, Q, QuerySet, Value
from psycopg2.errors import QueryCanceled

from anywork.database.replicas import reading_connection
from jobs.querysets import JobQuerySet
from jobs.searching.limits import Limits
from jobs.searching.query import SearchQuery
from jobs.searching.versions import Version, VersionedCache

T = TypeVar("T")

NEWEST = ("-posted_at", "-pk")
_FIRST_PAGE = 20


class MatchCount(NamedTuple):
    """How many jobs match, by tier of relevance, and by which query."""

    tiers: tuple[int, ...]
    query: SearchQuery | None = None
    # The estimated number of all jobs; 0 where no plan depends on it.
    table_rows: int = 0
    # The right spelling, where the search seems to be misspelt.
    did_you_mean: str | None = None
    # False: counting took too long, and `total` is Limits.uncounted_jobs.
    is_exact: bool = True
    # The estimated number of those that one index finds by the filters, newest first; 0 if none does.
    filtered_rows: int = 0

    @property
    def total(self) -> int:
        return sum(self.tiers)


_counts: VersionedCache[MatchCount] = VersionedCache(shared="counts")


class JobListing:
    """The jobs that match filters and search, in order; a Paginator takes it for a list.

    Args:
        jobs: the jobs that match the filters, ordered if the caller asked for an order.
        search: the words to match; by relevance unless the caller asked for another order.
        key: identifies the filters and the search, without the order, in caches.
        version: the version of the database that the request sees.
        has_closed: closed jobs are among `jobs`.
        keys_first: one index has the order and the columns of the filters, and many others may precede the first match.
    """

    def __init__(
        self,
        jobs: JobQuerySet,
        *,
        search: SearchQuery | None,
        key: Hashable,
        version: Version,
        has_closed: bool,
        keys_first: bool = False,
    ) -> None:
        self._jobs = jobs
        self._has_closed = has_closed
        self._search = search
        self._keys_first = keys_first
        self._limits = Limits.current()
        self.key = key
        self.version = version

    @property
    def matches(self) -> MatchCount:
        return self._cached_matches[0]

    @property
    def is_current(self) -> bool:
        """The count is that of `version`, not up to MAX_LAG_SECONDS older."""
        return self._cached_matches[1]

    @property
    def did_you_mean(self) -> str | None:
        """The words that the caller seems to have meant; these were searched for if the caller's match nothing."""
        return self.matches.did_you_mean

    @property
    def queryset(self) -> JobQuerySet:
        """All matches, unordered; of a list that was not counted the newest `uncounted_facet_jobs`."""
        query = self.matches.query
        if self.matches.is_exact:
            return (self._matching(query) if query else self._jobs).order_by()
        return self._newest(query)[: self._limits.uncounted_facet_jobs]

    def matches_among(self, condition: Q) -> Iterator[JobQuerySet]:
        """Yield the matches that also fulfil a condition, unordered and not counted.

        First those of the search as it was typed; then, in case these are none, those of the corrected one if it is the
        corrected one that finds anything.
        """
        if self._search is None:
            yield self._jobs.filter(condition)
            return
        yield self._matching_among(self._search, condition)
        if self._search.corrections() and self.matches.query:
            yield self._matching_among(self.matches.query, condition)

    def count(self) -> int:
        return self.matches.total

    def __getitem__(self, page: slice) -> list[Any]:
        query = self.matches.query
        if query is None:
            return list(self._ordered_page(self._jobs, page))
        if query.excluded:
            return list(self._page_without_words(query, page))
        if self._jobs.ordering:
            return list(self._ordered_page_of_search(query, page))
        return list(self._page_by_relevance(query, page))

    @cached_property
    def _cached_matches(self) -> tuple[MatchCount, bool]:
        return _counts.get(self.key, self.version.everything, self._count)

    def _count(self) -> MatchCount:
        """Count the matches of the search, or of a corrected one if it has none."""
        if self._search is None:
            return self._count_selections([self._jobs], None)
        until = time.monotonic() + self._limits.retry_seconds
        if (matches := self._count_search(self._search)).total:
            return matches._replace(did_you_mean=self._search.well_spelt())
        for query in self._search.corrections():
            if time.monotonic() > until:
                break
            if (corrected := self._count_search(query)).total:
                return corrected._replace(did_you_mean=query.text)
        return matches

    def _count_search(self, query: SearchQuery) -> MatchCount:
        if query.excluded:
            return self._count_selections([self._matching(query)], query)
        # Each tier by its own index: a fraction of the time that reading every match takes.
        conditions = query.tiers(by_index=True) if query.may_exclude else query.nested()
        matches = self._count_selections([self._having(query, condition) for condition in conditions], query)
        return self._with_words_first(query, matches)

    def _with_words_first(self, query: SearchQuery, matches: MatchCount) -> MatchCount:
        """Return the count with the very words before their stems, unless they are the same or take too long."""
        verbatim = query.with_words_first()
        if matches.total <= self._limits.rank_jobs:
            # Their tiers are not counted.
            return matches._replace(query=verbatim)
        # PostgreSQL finds no way by index to these conditions and closed jobs at once.
        if self._has_closed or not matches.is_exact:
            return matches
        conditions = verbatim.tiers(by_index=True) if query.may_exclude else verbatim.nested()
        selections = [self._having(query, conditions[number]) for number in (0, 2)]
        counts = _with_timeout(self._limits.tier_count_ms, lambda: _count_each(selections))
        if counts is None:
            return matches
        title, names, rest = matches.tiers
        in_title, in_names = counts[0], counts[1] if query.may_exclude else counts[1] - title
        if in_title >= title and in_names >= names:
            return matches
        tiers = (in_title, title - in_title, in_names, names - in_names, rest)
        return matches._replace(query=verbatim, tiers=tuple(max(count, 0) for count in tiers))

    def _count_selections(self, selections: list[JobQuerySet], query: SearchQuery | None) -> MatchCount:
        """Count the tiers; one that takes too long counts as the rest of a list of `uncounted_jobs`."""
        limits = self._limits
        is_nested = query is not None and not query.may_exclude
        timeout = limits.search_count_ms if query else limits.filter_count_ms
        counts = _with_timeout(timeout, lambda: _count_each(selections))
        if counts is None and self._is_short(query):
            counts = _count_each(selections)
        is_exact = counts is not None
        if counts is None:
            # Titles come first, so their number is worth another attempt.
            counts = [*self._count_one_by_one(selections[:-1]), limits.uncounted_jobs]
        tiers: list[int] = []
        for count in counts:
            tiers.append(max(count - sum(tiers), 0) if is_nested else count)
        if not is_exact:
            tiers = [max(min(count, limits.uncounted_jobs - sum(tiers[:n])), 0) for n, count in enumerate(tiers)]
        found = sum(tiers) if query else 0
        table_rows = _estimated_table_rows() if found > limits.sort_jobs else 0
        filtered_rows = _estimated_filtered_rows(self._jobs) if found > limits.rank_jobs else 0
        return MatchCount(tuple(tiers), query, table_rows, is_exact=is_exact, filtered_rows=filtered_rows)

    def _count_one_by_one(self, selections: list[JobQuerySet]) -> Iterator[int]:
        for selection in selections:
            counts = _with_timeout(self._limits.tier_count_ms, partial(_count_each, [selection]))
            yield counts[0] if counts else self._limits.uncounted_jobs
            if not counts:
                return

    def _is_short(self, query: SearchQuery | None) -> bool:
        """Return whether the list is short: then a busy machine made the count slow, and a second one is cheap."""
        count = _with_timeout(self._limits.search_count_ms, self._newest(query).count)
        return count is not None and count < self._limits.uncounted_jobs

    def _matching(self, query: SearchQuery) -> JobQuerySet:
        if excluded := query.excluded:
            # An index tells which jobs have a word, not which lack it.
            return self._jobs.exclude(pk__in=self._having(excluded).values("pk"))
        return self._having(query)

    def _matching_among(self, query: SearchQuery, condition: Q) -> JobQuerySet:
        if query.excluded:
            # By no index: it would find all jobs that have the words, to leave them out.
            return self._jobs.filter(condition, query.anywhere(by_index=False))
        return self._having(query).filter(condition)

    def _having(self, query: SearchQuery, condition: Q | Func | None = None) -> JobQuerySet:
        return self._jobs.filter(having_words(query, condition, has_closed=self._has_closed))

    def _newest(self, query: SearchQuery | None) -> JobQuerySet:
        jobs = self._jobs.filter(query.anywhere(by_index=False)) if query else self._jobs
        return jobs.order_by(*NEWEST)[: self._limits.uncounted_jobs]

    def _ordered_page(self, jobs: JobQuerySet, page: slice) -> QuerySet[Any]:
        if page.start < self._limits.deep_offset and not self._keys_first:
            return jobs[page]
        return self._jobs.filter(pk__in=self._slice_from_nearer_end(jobs.values("pk"), page, self.matches.total))

    def _page_without_words(self, query: SearchQuery, page: slice) -> QuerySet[Any]:
        # Most jobs lack the words, so an ordered scan soon fills a page.
        if not self.matches.is_exact or self._rows_to_scan(page, self.matches.total) <= self._limits.sort_jobs:
            return self._ordered_page(self._jobs.filter(query.anywhere(by_index=False)), page)
        return self._ordered_page(self._matching(query), page)

    def _ordered_page_of_search(self, query: SearchQuery, page: slice) -> QuerySet[Any]:
        is_newest_first = self._jobs.ordering == NEWEST
        if self._prefers_word_index(self.matches.total, self.matches.total, page, is_newest_first=is_newest_first):
            return self._ordered_page(_prevent_ordered_scan(self._having(query)), page)
        return self._ordered_page(self._jobs.filter(query.anywhere(by_index=False)), page)

    def _page_by_relevance(self, query: SearchQuery, page: slice) -> QuerySet[Any]:
        by_relevance = (query.tier(by_missing_words=self._sorts_by_title(query)), *NEWEST)
        if self.matches.total <= self._limits.rank_jobs:
            return self._having(query).order_by(*by_relevance)[page]
        parts = []
        before = 0
        for number, count in enumerate(self.matches.tiers):
            start, stop = max(page.start - before, 0), min(page.stop - before, count)
            if start < stop:
                parts.append(self._slice_of_tier(query, number, slice(start, stop)).values("pk"))
            before += count
        keys = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
        return self._jobs.filter(pk__in=keys).order_by(*by_relevance)

    def _slice_of_tier(self, query: SearchQuery, number: int, page: slice) -> QuerySet[Any]:
        tiers = self.matches.tiers
        by_title = number == len(tiers) - 1 and self._sorts_by_title(query)
        order = (query.missing_in_title().asc(), *NEWEST) if by_title else NEWEST
        # The word index finds a tier together with the higher ones.
        if by_title or self._prefers_word_index(tiers[number], sum(tiers[: number + 1]), page):
            jobs = _prevent_ordered_scan(self._tier_by_index(query, number).order_by(*order))
        else:
            jobs = self._jobs.filter(query.tiers(by_index=False)[number]).order_by(*order)
        return self._slice_from_nearer_end(jobs, page, tiers[number])

    def _sorts_by_title(self, query: SearchQuery) -> bool:
        """In the last tier, jobs with more of the words in the title come first: so few are sorted in any case."""
        is_short = self.matches.is_exact and max(self.matches.tiers) <= self._limits.sort_jobs
        return is_short and len(query.wanted) > 1

    def _tier_by_index(self, query: SearchQuery, number: int) -> JobQuerySet:
        if query.may_exclude:
            return self._having(query, query.tiers(by_index=True)[number])
        jobs = self._having(query, query.nested()[number])
        # Excluded by key: comparing the words of every match takes ten times as long.
        return jobs.exclude(pk__in=self._having(query, query.nested()[number - 1]).values("pk")) if number else jobs

    def _slice_from_nearer_end(self, jobs: QuerySet[Any], page: slice, count: int) -> QuerySet[Any]:
        """Return a page of `count` jobs, in any order, read from the end that is nearer."""
        if self._rows_to_scan(page, count) == page.stop:
            return jobs[page]
        return jobs.reverse()[count - page.stop : count - page.start]

    def _rows_to_scan(self, page: slice, count: int) -> int:
        """Return how many of `count` jobs are read to reach the end of a page."""
        # From the far end, a count that lags behind would lead to another page.
        return min(page.stop, count - page.start) if self.is_current and self.matches.is_exact else page.stop

    def _prefers_word_index(self, count: int, fetched: int, page: slice, *, is_newest_first: bool = True) -> bool:
        """Compare the rows that either plan reads for a page of `count` jobs; the word index fetches `fetched`."""
        if not self.matches.is_exact and fetched >= self._limits.uncounted_jobs:
            return False
        if is_newest_first and (filtered := self.matches.filtered_rows):
            # The word index is joined with that of the filters, all of which is read: 0.2 us a row; comparing takes 6.
            return (fetched + filtered / 30) * count < self._rows_to_scan(page, count) * filtered
        if fetched <= self._limits.sort_jobs:
            return True
        return fetched * count < self._rows_to_scan(page, count) * self.matches.table_rows


def having_words(query: SearchQuery, condition: Q | Func | None = None, *, has_closed: bool) -> Q:
    """Return the condition, by index, that jobs match a search, or a narrower `condition` of it."""
    anywhere = Q(query.anywhere(by_index=True))
    condition = anywhere if condition is None else Q(condition)
    if not has_closed:
        return condition
    # Two parts, as closed jobs have one index of all words, and open ones three.
    return Q(is_active=True) & condition | Q(is_active=False) & anywhere & condition


def _prevent_ordered_scan(jobs: JobQuerySet) -> JobQuerySet:
    """Sort by a constant first, which no index does: the planner then filters by words and sorts."""
    return jobs.order_by(Func(F("pk"), function="num_nulls"), *jobs.ordering)


def _estimated_table_rows() -> int:
    with reading_connection().cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'jobs_job'::regclass")
        return int(cursor.fetchone()[0])


def _estimated_filtered_rows(jobs: JobQuerySet) -> int:
    """Return how many rows an index finds by the filters, newest first; 0 if that is no way to the first page."""
    plan = json.loads(jobs.order_by(*NEWEST).values("pk")[:_FIRST_PAGE].explain(format="json"))[0]["Plan"]
    # The last one: subplans come before it.
    *_, scan = plan.get("Plans", [plan])
    return int(scan["Plan Rows"]) if "Index Cond" in scan else 0


def _with_timeout(milliseconds: int | None, read: Callable[[], T]) -> T | None:
    """Return what `read` returns, or None if one of its queries takes longer."""
    if milliseconds is None:
        return read()
    connection = reading_connection()
    is_nested = connection.in_atomic_block
    try:
        with transaction.atomic(using=connection.alias):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [milliseconds])
            result = read()
            # SET LOCAL would last to the end of an outer transaction; a rollback to the savepoint ends it.
            transaction.set_rollback(is_nested, using=connection.alias)
            return result
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
    # An iterator: dict() would ask a Recorded for `keys`, and it would build the queryset.
    sizes = dict(iter(rows))
    return [sizes.get(number, 0) for number in range(len(counts))]
