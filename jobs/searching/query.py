"""Full text search of jobs: conditions on words, tiers of relevance, and corrections of mistyped words.

The trigger `jobs_job_write_search` keeps `Job.search`, a vector of weighted words, and the function
`jobs_search_query` turns a search into a tsquery; both are created by the first migration.
"""

import re
from itertools import islice, product
from typing import NamedTuple

from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db import connection
from django.db.models import BooleanField, Case, F, Func, IntegerField, Q, Value, When

# Words that are corrected; a shorter one resembles too many others.
_MISTYPED = re.compile(r"\w{4,40}")
_TERM = re.compile(r'-?"[^"]*"|\S+')
# The edit distance that is accepted, by the minimum length of the word.
_MAX_DISTANCES = {4: 1, 6: 2}
# The number of unknown words that are corrected, the first ones: each takes a lookup of similar words.
MAX_CORRECTED_WORDS = 4
# The number of corrected searches, each of which takes three counts.
MAX_CORRECTIONS = 4

_SIMILAR_WORDS = """
    WITH unknown AS MATERIALIZED (
        SELECT word FROM unnest(%s::text[]) WITH ORDINALITY AS typed (word, place)
        WHERE NOT EXISTS (SELECT FROM jobs_suggestion WHERE kind = 'word' AND key = btrim(jobs_folded(word)))
        ORDER BY place LIMIT %s
    )
    SELECT unknown.word, known.word, jobs_search_query(unknown.word, FALSE) = jobs_search_query(known.word, FALSE)
    FROM unknown, jobs_similar_words(unknown.word) AS known (word)
"""


def _filter_weights(weights: str) -> Func:
    """Return the part of `Job.search` with these weights: A title, B company, C category and location."""
    array = Func(Value(weights), function="", template='%(expressions)s::"char"[]')
    return Func(F("search"), array, function="ts_filter", output_field=SearchVectorField())


TITLE_VECTOR = _filter_weights("{a}")
NAMES_VECTOR = _filter_weights("{a,b,c}")


class SearchQuery(NamedTuple):
    """The text of a search. With `typing`, the last word may be the beginning of one.

    A job matches when title, company, category, location and description together have all the words. The first tier
    has them in the title, the second in title, company, category and location, the third has the others; within a tier
    the newest come first. Every condition has two equivalent forms: with `by_index` an operator that a word index
    serves, without it the function behind the operator, which no index serves, for scans in another order.
    """

    text: str
    typing: bool = True

    def anywhere(self, *, by_index: bool) -> Func:
        """The job matches."""
        return _matches(F("search"), self._words(typing=self.typing), by_index=by_index)

    def in_title(self, *, by_index: bool) -> Func:
        """All words are in the title, completely typed."""
        return _matches(TITLE_VECTOR, self._words(typing=False), by_index=by_index)

    def in_names(self, *, by_index: bool) -> Func:
        """All words are in title, company, category and location."""
        return _matches(NAMES_VECTOR, self._words(typing=self.typing), by_index=by_index)

    @property
    def may_exclude(self) -> bool:
        """Words may be excluded: then the title can match while the rest of the job has an excluded word."""
        return "-" in self.text

    @property
    def alternatives(self) -> list[list[str]]:
        """The words and phrases on each side of "or"."""
        alternatives: list[list[str]] = [[]]
        for term in _TERM.findall(self.text):
            if term.lower() == "or":
                alternatives.append([])
            elif re.search(r"\w", term):
                alternatives[-1].append(term)
        return [terms for terms in alternatives if terms]

    @property
    def excluded(self) -> "SearchQuery | None":
        """The search for what this one excludes, if it does nothing else."""
        match self.alternatives:
            case [terms] if _are_excluded(terms):
                return SearchQuery(" or ".join(term[1:] for term in terms), typing=False)
        return None

    @property
    def is_unbounded(self) -> bool:
        """An alternative has excluded words alone, so no index serves it."""
        return len(self.alternatives) > 1 and any(map(_are_excluded, self.alternatives))

    def tiers(self, *, by_index: bool) -> tuple[Q, Q, Q]:
        """Return the condition of each tier, the most relevant first."""
        in_title, in_names = Q(self.in_title(by_index=False)), Q(self.in_names(by_index=False))
        found = Q(self.anywhere(by_index=False)) if self.may_exclude else Q()
        return (
            Q(self.in_title(by_index=by_index)) & found,
            Q(self.in_names(by_index=by_index)) & ~in_title & found,
            Q(self.anywhere(by_index=by_index)) & ~in_names & (~in_title if self.may_exclude else Q()),
        )

    def nested(self) -> tuple[Func, Func, Func]:
        """Return the conditions, by index, of the first tier, the first two, and all three.

        Not for a search that `may_exclude`.
        """
        return self.in_title(by_index=True), self.in_names(by_index=True), self.anywhere(by_index=True)

    def tier(self) -> Case:
        """Return the number of a match's tier, from 0."""
        return Case(
            When(self.in_title(by_index=False), then=Value(0)),
            When(self.in_names(by_index=False), then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )

    def corrections(self) -> list["SearchQuery"]:
        """Return up to MAX_CORRECTIONS searches with unknown words replaced by similar ones, the likeliest first.

        No more are generated, as 20 words have a million combinations.
        """
        similar = {word: [other for other, _ in others[:2]] for word, others in self._similar_words().items()}
        if not similar:
            return []
        choices = (
            dict(zip(similar, choice, strict=True)) for choice in islice(product(*similar.values()), MAX_CORRECTIONS)
        )
        return [self._replace(text=_replace_words(self.text, choice), typing=False) for choice in choices]

    def well_spelt(self) -> str | None:
        """Return the corrected text where a misspelling has the right stem ("enginer" and "engineer": "engin").

        A different ending alone is no misspelling.
        """
        others = {}
        for word, similar in self._similar_words().items():
            same = (other for other, has_same_stem in similar if has_same_stem)
            if (
                (other := next(same, None))
                and not other.startswith(word.lower())
                and not word.lower().startswith(other)
            ):
                others[word] = other
        return _replace_words(self.text, others) if others else None

    def _similar_words(self) -> dict[str, list[tuple[str, bool]]]:
        """Return for each unknown word the similar known ones, and whether the stems are equal."""
        typed = list(dict.fromkeys(_MISTYPED.findall(self.text)))
        if not typed:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(_SIMILAR_WORDS, [typed, MAX_CORRECTED_WORDS])
            rows = cursor.fetchall()
        similar: dict[str, list[tuple[str, bool]]] = {}
        for word, known, has_same_stem in sorted(rows, key=lambda row: _distance(row[0].lower(), row[1])):
            if _distance(word.lower(), known) <= _max_distance(word):
                similar.setdefault(word, []).append((known, has_same_stem))
        return similar

    def _words(self, *, typing: bool) -> Func:
        return Func(Value(self.text), Value(typing), function="jobs_search_query", output_field=SearchQueryField())


def _are_excluded(terms: list[str]) -> bool:
    return all(term.startswith("-") for term in terms)


def _matches(vector: F | Func, query: Func, *, by_index: bool) -> Func:
    if by_index:
        return Func(vector, query, template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField())
    return Func(vector, query, function="ts_match_vq", output_field=BooleanField())


def _replace_words(text: str, others: dict[str, str]) -> str:
    return re.sub(r"\w+", lambda word: others.get(word[0], word[0]), text)


def _max_distance(word: str) -> int:
    return max((number for length, number in _MAX_DISTANCES.items() if len(word) >= length), default=0)


def _distance(one: str, other: str) -> int:
    """Return the Damerau-Levenshtein distance: letters that are wrong, missing, superfluous or swapped."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted)))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]
