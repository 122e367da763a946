"""How `?search=` finds jobs: words, the order of what they find, and what mistyped words were meant to be.

The database does the looking. A trigger keeps `Job.search`, a vector of weighted words, and `jobs_search_query` turns
what people type into a query for the same words; both are written in the first migration.
"""

import re
from itertools import islice, product
from typing import NamedTuple

from django.contrib.postgres.search import SearchQueryField
from django.db import connection
from django.db.models import BooleanField, Case, F, Func, IntegerField, Q, Value, When

from jobs.querysets import IN_NAMES, IN_TITLE

# A shorter word resembles too many others.
_MISTYPED = re.compile(r"\w{4,40}")
_TERM = re.compile(r'-?"[^"]*"|\S+')
# Wrong, missing, superfluous or swapped letters in a word that is at least so long.
_MISTAKES = {4: 1, 6: 2}
# Unknown words that are corrected, the first ones: each takes a look at the index of words that resemble it.
CORRECTED_WORDS = 4
# Corrected texts that are searched for, each of which takes three counts.
CORRECTIONS = 4

_SIMILAR_WORDS = """
    WITH unknown AS MATERIALIZED (
        SELECT word FROM unnest(%s::text[]) WITH ORDINALITY AS typed (word, place)
        WHERE NOT EXISTS (SELECT FROM jobs_suggestion WHERE kind = 'word' AND key = btrim(jobs_folded(word)))
        ORDER BY place LIMIT %s
    )
    SELECT unknown.word, known.word, jobs_search_query(unknown.word, FALSE) = jobs_search_query(known.word, FALSE)
    FROM unknown, jobs_similar_words(unknown.word) AS known (word)
"""


class SearchQuery(NamedTuple):
    """What somebody looks for. With `typing`, the last word may be the beginning of one.

    A job is found when title, company, category, place and description together have all the words. What has them in
    the title comes first, then what has them where texts are short, then the others; in each tier the newest first.
    Each condition comes in two forms of one meaning: `by_index` is an operator that PostgreSQL looks up in the words'
    index; the other is the function behind it, of which no index knows, for those who walk jobs in order.
    """

    text: str
    typing: bool = True

    def anywhere(self, *, by_index: bool) -> Func:
        """What is found."""
        return _matches(F("search"), self._words(typing=self.typing), by_index=by_index)

    def in_title(self, *, by_index: bool) -> Func:
        """The whole words are in the title."""
        return _matches(IN_TITLE, self._words(typing=False), by_index=by_index)

    def in_names(self, *, by_index: bool) -> Func:
        """The words are in title, company, category and place."""
        return _matches(IN_NAMES, self._words(typing=self.typing), by_index=by_index)

    @property
    def excludes(self) -> bool:
        """Words may be unwanted: then a title can have all that is wanted, and the rest what is not."""
        return "-" in self.text

    @property
    def alternatives(self) -> list[list[str]]:
        """The words and phrases between each "or"."""
        alternatives: list[list[str]] = [[]]
        for term in _TERM.findall(self.text):
            if term.lower() == "or":
                alternatives.append([])
            elif re.search(r"\w", term):
                alternatives[-1].append(term)
        return [terms for terms in alternatives if terms]

    @property
    def unwanted(self) -> "SearchQuery | None":
        """A search for everything that this one leaves out, if it says nothing but what is unwanted."""
        match self.alternatives:
            case [terms] if _are_unwanted(terms):
                return SearchQuery(" or ".join(term[1:] for term in terms), typing=False)
        return None

    @property
    def is_unbounded(self) -> bool:
        """One of several alternatives is whatever lacks some words: no index finds that."""
        return len(self.alternatives) > 1 and any(map(_are_unwanted, self.alternatives))

    def tiers(self, *, by_index: bool) -> tuple[Q, Q, Q]:
        """Return the conditions of each tier, best first."""
        in_title, in_names = Q(self.in_title(by_index=False)), Q(self.in_names(by_index=False))
        found = Q(self.anywhere(by_index=False)) if self.excludes else Q()
        return (
            Q(self.in_title(by_index=by_index)) & found,
            Q(self.in_names(by_index=by_index)) & ~in_title & found,
            Q(self.anywhere(by_index=by_index)) & ~in_names & (~in_title if self.excludes else Q()),
        )

    def nested(self) -> tuple[Func, Func, Func]:
        """Return conditions by index of which each finds what the one before finds, and the next tier.

        Not for a search that `excludes`.
        """
        return self.in_title(by_index=True), self.in_names(by_index=True), self.anywhere(by_index=True)

    def tier(self) -> Case:
        """Return the number of a found job's tier, from 0."""
        return Case(
            When(self.in_title(by_index=False), then=Value(0)),
            When(self.in_names(by_index=False), then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )

    def corrections(self) -> list["SearchQuery"]:
        """Return the search with up to CORRECTED_WORDS unknown words replaced by similar ones, likeliest first.

        At most CORRECTIONS; no more are made, since 20 words have a million combinations.
        """
        similar = {word: [other for other, _ in others[:2]] for word, others in self._similar_words().items()}
        if not similar:
            return []
        choices = (
            dict(zip(similar, choice, strict=True)) for choice in islice(product(*similar.values()), CORRECTIONS)
        )
        return [self._replace(text=_replace_words(self.text, choice), typing=False) for choice in choices]

    def well_spelt(self) -> str | None:
        """Return the text put right where a misspelling finds the same by chance ("enginer": both stems are "engin").

        Another ending is none.
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
        """Return for each unknown word the known ones that it resembles, and whether their stems are the same."""
        typed = list(dict.fromkeys(_MISTYPED.findall(self.text)))
        if not typed:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(_SIMILAR_WORDS, [typed, CORRECTED_WORDS])
            rows = cursor.fetchall()
        similar: dict[str, list[tuple[str, bool]]] = {}
        for word, known, has_same_stem in sorted(rows, key=lambda row: _distance(row[0].lower(), row[1])):
            if _distance(word.lower(), known) <= _allowed_mistakes(word):
                similar.setdefault(word, []).append((known, has_same_stem))
        return similar

    def _words(self, *, typing: bool) -> Func:
        return Func(Value(self.text), Value(typing), function="jobs_search_query", output_field=SearchQueryField())


def _are_unwanted(terms: list[str]) -> bool:
    return all(term.startswith("-") for term in terms)


def _matches(vector: F | Func, query: Func, *, by_index: bool) -> Func:
    if by_index:
        return Func(vector, query, template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField())
    return Func(vector, query, function="ts_match_vq", output_field=BooleanField())


def _replace_words(text: str, others: dict[str, str]) -> str:
    return re.sub(r"\w+", lambda word: others.get(word[0], word[0]), text)


def _allowed_mistakes(word: str) -> int:
    return max((number for length, number in _MISTAKES.items() if len(word) >= length), default=0)


def _distance(one: str, other: str) -> int:
    """Return how many letters are wrong, missing, superfluous or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted)))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]
