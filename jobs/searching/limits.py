"""Thresholds of the job search."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Thresholds by which JobListing chooses a plan (see README.md), and timeouts of its counts.

    The setting JOB_SEARCH_LIMITS, a dictionary, overrides them by name; only the test suite has it.
    """

    # Up to this number of matches, one query computes the tier of each.
    rank_jobs: int = 100
    # Up to this number, matches are found by the word index and sorted.
    sort_jobs: int = 2_000
    # From this offset on, a page is fetched by its keys, which an index alone yields for most of the way.
    deep_offset: int = 200
    # Milliseconds that counting a search may take; None is no limit. A page of words this frequent is fast to fetch.
    search_count_ms: int | None = 300
    # Without a search it may take longer: if few jobs match the filters, no page of them is fast to fetch.
    filter_count_ms: int | None = 800
    # One tier alone, after all together took too long.
    tier_count_ms: int | None = 150
    # The length of a list that was not counted to its end.
    uncounted_jobs: int = 10_000
    # The number of newest jobs whose facets are counted for such a list.
    uncounted_facet_jobs: int = 2_000
    # After these seconds no other spelling is searched for, and no other filter is dropped.
    retry_seconds: float = 0.5
    # A value that takes longer to compute may be cached beyond its version.
    slow_seconds: float = 0.05

    @classmethod
    def current(cls) -> "Limits":
        """Return the limits of this process."""
        return cls(**getattr(settings, "JOB_SEARCH_LIMITS", {}))
