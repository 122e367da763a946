"""Gathering the words of descriptions, by which mistyped searches are corrected."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TypeVar
from uuid import uuid4

from django.db import connection

from jobs.models import Job, Suggestion, SuggestionKind

T = TypeVar("T")

# The number of jobs whose descriptions are read, and of those that one statement reads.
MAX_JOBS = 50_000
_BATCH_SIZE = 500
# A word that occurs less often may be mistyped itself; on a small board, few are frequent.
MIN_OCCURRENCES, MIN_OCCURRENCES_OF_FEW = 20, 3
FEW_JOBS = 5_000

_COUNT = r"""
    SELECT lower(unaccent(lexeme)), lexeme, sum(cardinality(positions))
    FROM jobs_job, unnest(to_tsvector('simple', translate(
        jobs_plain_text(regexp_replace(description, '<[^<>]*>|&#?\w+;', ' ', 'g')), '"-', '  ')))
    WHERE job_id = ANY (%s::uuid[]) AND length(lexeme) BETWEEN 3 AND 40
    GROUP BY lexeme
"""
_KEEP = """
    INSERT INTO jobs_suggestion (kind, key, text, folded, is_gathered)
    SELECT 'word', key, spelling, left(jobs_folded(key), 500), TRUE
    FROM unnest(%s::text[], %s::text[]) AS word (key, spelling) ORDER BY key
    ON CONFLICT (kind, key) DO UPDATE SET is_gathered = TRUE, text = excluded.text
    WHERE (jobs_suggestion.is_gathered, jobs_suggestion.text) IS DISTINCT FROM (TRUE, excluded.text)
"""


def _batches(items: list[T]) -> Iterator[list[T]]:
    return (items[start : start + _BATCH_SIZE] for start in range(0, len(items), _BATCH_SIZE))


def gather_words() -> int:
    """Keep the frequent words of up to MAX_JOBS open descriptions, taken at random; return their number.

    Words that were gathered before and are rare now are forgotten.
    """
    # Keys are random: those after another random one are, too.
    start = uuid4()
    keys = Job.objects.open().order_by("pk").values_list("pk", flat=True)
    chosen = list(keys.filter(pk__gte=start)[:MAX_JOBS])
    chosen += keys.filter(pk__lt=start)[: MAX_JOBS - len(chosen)]
    # Of each word without accents: how often it is spelt in which way.
    occurrences: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        for batch in _batches(chosen):
            cursor.execute(_COUNT, [batch])
            for word, spelling, count in cursor.fetchall():
                occurrences[word][spelling] += int(count)
        least = MIN_OCCURRENCES_OF_FEW if len(chosen) < FEW_JOBS else MIN_OCCURRENCES
        frequent = sorted(word for word, spellings in occurrences.items() if spellings.total() >= least)
        for batch in _batches(frequent):
            cursor.execute(_KEEP, [batch, [occurrences[word].most_common(1)[0][0] for word in batch]])
        gathered = Suggestion.objects.filter(kind=SuggestionKind.WORD, is_gathered=True).values_list("key", flat=True)
        for batch in _batches(sorted(set(gathered).difference(frequent))):
            cursor.execute("SELECT jobs_forget_gathered(%s)", [batch])
    return len(frequent)
