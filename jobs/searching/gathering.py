"""Gathering the words of descriptions, by which mistyped searches are corrected."""

from collections import Counter
from collections.abc import Iterator
from typing import TypeVar
from uuid import uuid4

from django.db import connection

from jobs.models import Job

T = TypeVar("T")

# The number of jobs whose descriptions are read, and of those that one statement reads.
MAX_JOBS = 50_000
_BATCH_SIZE = 500
# A word that occurs less often may be mistyped itself; on a small board, few are frequent.
MIN_OCCURRENCES, MIN_OCCURRENCES_OF_FEW = 20, 3
FEW_JOBS = 5_000

_COUNT = r"""
    SELECT lexeme, sum(cardinality(positions))
    FROM jobs_job, unnest(to_tsvector('jobs_words', translate(
        jobs_plain_text(regexp_replace(description, '<[^<>]*>|&#?\w+;', ' ', 'g')), '"-', '  ')))
    WHERE job_id = ANY (%s::uuid[]) AND length(lexeme) BETWEEN 3 AND 40
    GROUP BY lexeme
"""
_KEEP = """
    INSERT INTO jobs_suggestion (kind, key, text, folded)
    SELECT 'word', word, word, left(jobs_folded(word), 500) FROM unnest(%s::text[]) AS word ORDER BY word
    ON CONFLICT (kind, key) DO NOTHING
"""


def _batches(items: list[T]) -> Iterator[list[T]]:
    return (items[start : start + _BATCH_SIZE] for start in range(0, len(items), _BATCH_SIZE))


def gather_words() -> int:
    """Keep the frequent words of up to MAX_JOBS open descriptions, taken at random; return their number."""
    # Keys are random: those after another random one are, too.
    start = uuid4()
    keys = Job.objects.open().order_by("pk").values_list("pk", flat=True)
    chosen = list(keys.filter(pk__gte=start)[:MAX_JOBS])
    chosen += keys.filter(pk__lt=start)[: MAX_JOBS - len(chosen)]
    occurrences: Counter[str] = Counter()
    with connection.cursor() as cursor:
        for batch in _batches(chosen):
            cursor.execute(_COUNT, [batch])
            occurrences.update(dict(cursor.fetchall()))
        least = MIN_OCCURRENCES_OF_FEW if len(chosen) < FEW_JOBS else MIN_OCCURRENCES
        words = sorted(word for word, count in occurrences.items() if count >= least)
        for batch in _batches(words):
            cursor.execute(_KEEP, [batch])
    return len(words)
