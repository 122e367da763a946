"""Full text search of jobs: conditions on words, tiers of relevance, and corrections of mistyped words.

The trigger `jobs_job_write_search` keeps `Job.search`, a vector of weighted words: "=" is before the words of titles
and names as they are, "+" before each two neighbouring ones as one, and stems have no mark. The functions behind it are
created by migrations.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, pairwise, product
from operator import itemgetter

from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db.models import BooleanField, Case, F, Func, IntegerField, Q, Value, When

from anywork.database.replicas import reading_connection
from jobs.searching.folding import fold_letters
from jobs.searching.gazetteer import main_names

# Words that are corrected; a shorter one resembles too many others.
_MISTYPED = re.compile(r"\w{4,40}")
_TERM = re.compile(r'-?"[^"]*"|\S+')
# The edit distance that is accepted, by the minimum length of the word ("lehrer" is no "leader"), and from which length
# on two are for the same letters in another order ("phyton").
_MAX_DISTANCES = {4: 1, 8: 2}
_MIN_REORDERED = 6
# The number of unknown words that are corrected, the first ones: each takes a lookup of similar words.
MAX_CORRECTED_WORDS = 4
# The number of words similar to one, the nearest, of which that of most jobs is chosen.
_MAX_SIMILAR = 6
# The number of corrected searches, each of which takes three counts.
MAX_CORRECTIONS = 4
# A last word of fewer letters is no beginning of one.
_MIN_BEGINNING = 3
# Words that say nothing beside other words; those of English grammar have no stem anyway.
_NOISE = re.compile(
    r"jobs?|vacanc(y|ies)|vacant|hiring|hire|(position|opening|role)s?|opportunit(y|ies)|employment|careers|wanted|needed"
    r"|urgently|looking|near|nearby|available|emplois?|empleos?|vagas?|stellen(angebote?)?"
)
# The number of synonyms in a search.
MAX_SYNONYMS = 20
# The number of its words that may be other names of cities: each takes three lookups of 40 us.
_MAX_PLACE_WORDS = 10
_SIGNS = re.compile(r"[-,;:!?()/\\]")
_CJK = re.compile("[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff]")

_MEANING, _PLACE = 2, 3
# Of each word of the terms, and of it and the next word as one: itself and its stem, as the vectors have them. The same
# of each synonym or other name of a place in the terms (kind 1), and of what it means (kind 2; of a place 3). There are
# few synonyms: all are compared.
_LEXEMES = """
    WITH meant AS (
        SELECT name, meaning, is_place, row_number() OVER (ORDER BY name, meaning) AS number
        FROM (
            SELECT name, meaning, FALSE FROM jobs_synonym
            UNION SELECT meaning, name, FALSE FROM jobs_synonym WHERE NOT is_former_name
            UNION SELECT *, TRUE FROM unnest(%(cities)s::text[], %(main_names)s::text[])
        ) AS both_ways (name, meaning, is_place)
        WHERE strpos(%(plain)s, ' ' || lower(name) || ' ') > 0
        ORDER BY number LIMIT %(most)s
    ),
    given AS (
        SELECT 0 AS kind, term, number FROM unnest(%(terms)s::text[]) WITH ORDINALITY AS typed (term, number)
        UNION ALL SELECT 1, name, number FROM meant
        UNION ALL SELECT 2 + is_place::int, meaning, number FROM meant
    ),
    split AS (
        SELECT kind, number, place, word, word || lead(word) OVER (
            PARTITION BY kind, CASE WHEN kind > 0 THEN number END ORDER BY number, place
        ) AS joined
        FROM given,
            regexp_split_to_table(
                translate(jobs_plain_text(regexp_replace(term, '\\mit\\M', 'IT', 'gi')), '"-', '  '), '\\s+'
            ) WITH ORDINALITY AS split (word, place)
        WHERE word <> ''
    )
    SELECT kind, number,
        tsvector_to_array(to_tsvector('jobs_words', word)),
        tsvector_to_array(to_tsvector('jobs_stems', word)),
        tsvector_to_array(to_tsvector('jobs_words', coalesce(joined, ''))),
        tsvector_to_array(to_tsvector('jobs_stems', coalesce(joined, '')))
    FROM split ORDER BY kind, number, place
"""

_SIMILAR_WORDS = """
    WITH unknown AS MATERIALIZED (
        SELECT word FROM unnest(%s::text[]) WITH ORDINALITY AS typed (word, place)
        WHERE NOT EXISTS (SELECT FROM jobs_suggestion WHERE kind = 'word' AND key = btrim(jobs_folded(word)))
        ORDER BY place LIMIT %s
    )
    SELECT unknown.word, btrim(jobs_folded(unknown.word)), known.word,
        to_tsvector('jobs_stems', unknown.word) = to_tsvector('jobs_stems', known.word)
    FROM unknown, jobs_similar_words(unknown.word) AS known (word)
"""
_KNOWN_WORDS = """
    SELECT word, jobs, names, coalesce(text, word)
    FROM jobs_known_words(%s::text[]) LEFT JOIN jobs_suggestion ON kind = 'word' AND key = word
"""


def _filter_weights(weights: str) -> Func:
    """Return the part of `Job.search` with these weights: A title, B company, C category and location."""
    array = Func(Value(weights), function="", template='%(expressions)s::"char"[]')
    return Func(F("search"), array, function="ts_filter", output_field=SearchVectorField())


TITLE_VECTOR = _filter_weights("{a}")
NAMES_VECTOR = _filter_weights("{a,b,c}")


@dataclass(frozen=True)
class _Word:
    """A word of a search, and it and the next word as one, as lexemes: usually one, none of what is no word."""

    words: list[str]
    stems: list[str]
    joined_words: list[str]
    joined_stems: list[str]
    # Queries for what it means, too.
    meanings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Term:
    """A word or phrase of a search, as it was typed; a typed word may consist of several."""

    text: str
    words: list[_Word]

    @property
    def is_excluded(self) -> bool:
        return self.text.startswith("-")

    @property
    def is_quoted(self) -> bool:
        return '"' in self.text

    @property
    def is_noise(self) -> bool:
        return bool(_NOISE.fullmatch(self.text.lower().strip(",.;:!?")))


@dataclass(frozen=True)
class _Synonym:
    name: list[_Word]
    meaning: list[_Word]
    is_place: bool

    @property
    def query(self) -> str:
        """The query for its meaning; several words are found in titles and names, which have each two as one."""
        # "Nice" is a word of descriptions, too.
        weight = ":C" if self.is_place else ""
        if len(self.meaning) == 1:
            word = self.meaning[0]
            return _any([_lexemes(word.stems or word.words, weight=weight), _lexemes(word.stems, "+", weight)])
        return _all(_lexemes(word.joined_stems, "+", weight) for word in self.meaning[:-1])


@dataclass(frozen=True)
class SearchQuery:
    """The text of a search. With `typing`, the last word may be the beginning of one.

    A job matches when title, company, category, location, type and description together have all the words. The first
    tier has them in the title, the second in title and the other names, the third has the others; within a tier the
    newest come first. Every condition has two equivalent forms: with `by_index` an operator that a word index serves,
    without it the function behind the operator, which no index serves, for scans in another order. With `words_first`,
    the very words come before their stems in the first two tiers.

    The words are turned into lexemes by one query, when the first condition is needed.
    """

    text: str
    typing: bool = True
    words_first: bool = False

    def anywhere(self, *, by_index: bool) -> Func:
        """The job matches."""
        return _matches(F("search"), self._query(typing=self.typing, in_description=True), by_index=by_index)

    def in_title(self, *, by_index: bool) -> Func:
        """All words are in the title, completely typed."""
        return _matches(TITLE_VECTOR, self._query(), by_index=by_index)

    def in_names(self, *, by_index: bool) -> Func:
        """All words are in title, company, category, location and type."""
        return _matches(NAMES_VECTOR, self._query(typing=self.typing), by_index=by_index)

    def with_words_first(self) -> "SearchQuery":
        """Return this search with the very words before their stems."""
        query = replace(self, words_first=True)
        # Read once.
        query.__dict__["_alternatives"] = self._alternatives
        return query

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

    def nested(self, *, by_index: bool = True) -> tuple[Q, ...]:
        """Return conditions, each of which includes the ones before it: the tiers of relevance up to each.

        With `words_first` five: the very words in the title, title, the very words in names, names, anywhere. For a
        search that `may_exclude`, only the last includes the others.
        """
        title, names = Q(self.in_title(by_index=by_index)), Q(self.in_names(by_index=by_index))
        anywhere = Q(self.anywhere(by_index=by_index))
        if not self.words_first:
            return title, names, anywhere
        return (
            Q(_matches(TITLE_VECTOR, self._query(is_verbatim=True), by_index=by_index)),
            title,
            title | Q(_matches(NAMES_VECTOR, self._query(is_verbatim=True), by_index=by_index)),
            names,
            anywhere,
        )

    def tiers(self, *, by_index: bool) -> tuple[Q, ...]:
        """Return the condition of each tier, the most relevant first."""
        nested, compared = self.nested(by_index=by_index), self.nested(by_index=False)
        found = compared[-1] if self.may_exclude else Q()
        tiers = [nested[0] & found]
        for number in range(1, len(nested)):
            higher = compared[number - 1]
            if self.may_exclude and number == len(nested) - 1:
                higher |= compared[-3]
            tiers.append(nested[number] & ~higher & (found if number < len(nested) - 1 else Q()))
        return tuple(tiers)

    def tier(self, *, by_missing_words: bool) -> Case:
        """Return the number of a match's tier, from 0; of the last tier, more the more words the title lacks."""
        *higher, _ = self.nested(by_index=False)
        last = Value(len(higher))
        return Case(
            *(When(condition, then=Value(number)) for number, condition in enumerate(higher)),
            default=last + self.missing_in_title() if by_missing_words else last,
            output_field=IntegerField(),
        )

    @property
    def wanted(self) -> list[str]:
        """The queries for each word and phrase that is not excluded."""
        return list(dict.fromkeys(word for terms in self._alternatives for word in _wanted(terms)))

    def missing_in_title(self) -> Func:
        """Return how many of the wanted words and phrases the title lacks."""
        return Func(
            TITLE_VECTOR,
            Func(Value(self.wanted), template="%(expressions)s::tsquery[]"),
            # The vector is read once a row: it is large.
            template="(SELECT count(*) FROM (SELECT %(expressions)s OFFSET 0) AS job (title, words),"
            " unnest(words) AS word WHERE NOT ts_match_vq(title, word))",
            output_field=IntegerField(),
        )

    def corrections(self) -> list["SearchQuery"]:
        """Return up to MAX_CORRECTIONS searches with unknown words replaced by similar ones, the likeliest first.

        No more are generated, as 20 words have a million combinations.
        """
        words = self._similar_words(have_same_stem=False)
        similar = {word: [other.spelling for other in others[:2]] for word, others in words.items()}
        if not similar:
            return []
        choices = (
            dict(zip(similar, choice, strict=True)) for choice in islice(product(*similar.values()), MAX_CORRECTIONS)
        )
        return [replace(self, text=_replace_words(self.text, choice), typing=False) for choice in choices]

    def well_spelt(self) -> str | None:
        """Return the corrected text where a misspelling has the right stem ("enginer" and "engineer": "engin").

        A different ending alone is no misspelling.
        """
        others = {}
        for word, (other, *_) in self._similar_words(have_same_stem=True).items():
            if not other.word.startswith(word.lower()) and not word.lower().startswith(other.word):
                others[word] = other.spelling
        return _replace_words(self.text, others) if others else None

    def _similar_words(self, *, have_same_stem: bool) -> dict[str, list["_Similar"]]:
        """Return for each unknown word the similar known ones: the nearest first, of these those of most jobs.

        With `have_same_stem` only those that the search finds anyway.
        """
        typed = list(dict.fromkeys(_MISTYPED.findall(self.text)))
        if not typed:
            return {}
        with reading_connection().cursor() as cursor:
            cursor.execute(_SIMILAR_WORDS, [typed, MAX_CORRECTED_WORDS])
            near: dict[str, list[tuple[int, str]]] = {}
            for word, folded, known, has_same_stem in cursor.fetchall():
                if have_same_stem and not has_same_stem:
                    continue
                distance = _distance(folded, known)
                most = 1 if have_same_stem else _max_distance(folded, known)
                if distance <= most and _has_first_letter(folded, known):
                    near.setdefault(word, []).append((distance, known))
            if not near:
                return {}
            near = {word: sorted(others, key=itemgetter(0))[:_MAX_SIMILAR] for word, others in near.items()}
            cursor.execute(_KNOWN_WORDS, [[known for others in near.values() for _, known in others]])
            details = {known: (jobs, _spelling(known, names, text)) for known, jobs, names, text in cursor.fetchall()}
        return {
            word: sorted(
                (_Similar(*other, *details[other[1]]) for other in others),
                key=lambda other: (other.distance, -other.jobs),
            )
            for word, others in near.items()
        }

    @cached_property
    def _alternatives(self) -> list[list[_Term]]:
        """The terms on each side of "or", with their words and synonyms."""
        texts = [term for terms in self.alternatives for term in terms]
        if not texts:
            return []
        typed = " ".join(text for text in texts if text[0] != "-" and '"' not in text).lower()
        # "c++" is a synonym itself; "sr." and "front-end," are not.
        simple = re.sub(_SIGNS, " ", typed.replace(".", ""))
        cities = list(main_names(simple.split()[:_MAX_PLACE_WORDS]))
        words: dict[tuple[int, int], list[_Word]] = {}
        with reading_connection().cursor() as cursor:
            cursor.execute(
                _LEXEMES,
                {
                    "plain": f" {typed}  {' '.join(simple.split())} ",
                    "terms": texts,
                    "most": MAX_SYNONYMS,
                    "cities": [city for city, _ in cities],
                    "main_names": [name for _, name in cities],
                },
            )
            for kind, number, *lexemes in cursor.fetchall():
                words.setdefault((kind, number), []).append(_Word(*lexemes))
        terms = iter([_Term(text, words.get((0, number), [])) for number, text in enumerate(texts, 1)])
        alternatives = [list(islice(terms, len(alternative))) for alternative in self.alternatives]
        synonyms = [
            _Synonym(words[1, number], meaning, is_place=kind == _PLACE)
            for (kind, number), meaning in words.items()
            if kind in {_MEANING, _PLACE} and (1, number) in words
        ]
        return [_with_synonyms(alternative, synonyms) for alternative in alternatives]

    @property
    def _beginning(self) -> str | None:
        """The last word, if it may be the beginning of one."""
        if not self._alternatives or self.text[-1:].isspace() or self.text.count('"') % 2:
            return None
        last = self._alternatives[-1][-1]
        if last.is_quoted or last.is_excluded or not last.words or len(last.words[-1].words) != 1:
            return None
        (word,) = last.words[-1].words
        return word if len(word) >= _MIN_BEGINNING or _CJK.match(word) else None

    def _query(self, *, typing: bool = False, in_description: bool = False, is_verbatim: bool = False) -> Func:
        """Return the tsquery, as a literal: a function would run for every row of a scan."""
        beginning = self._beginning if typing else None
        alternatives = [
            _all_of(
                terms,
                beginning=beginning if terms is self._alternatives[-1] else None,
                in_description=in_description,
                is_verbatim=is_verbatim,
            )
            for terms in self._alternatives
        ]
        return Func(Value(_any(alternatives)), template="%(expressions)s::tsquery", output_field=SearchQueryField())


@dataclass(frozen=True)
class _Similar:
    """A known word that resembles a mistyped one, and about how many open jobs have it."""

    distance: int
    word: str
    jobs: int
    spelling: str


def _spelling(word: str, names: list[str | None] | None, text: str) -> str:
    """Return a word as it is written in the place, title, company or category of a job, else `text`.

    Titles and categories are written in capitals for another reason.
    """
    for name, is_proper in zip(names or (), (True, False, True, False), strict=False):
        for written in re.findall(r"\w+", name or ""):
            if fold_letters(written) == word:
                return written if is_proper else written.lower()
    return text


def _with_synonyms(terms: list[_Term], synonyms: list[_Synonym]) -> list[_Term]:
    """Add meanings to the words of terms that are, or together are, a synonym."""
    sequence = [
        (number, place, word)
        for number, term in enumerate(terms)
        if not term.is_excluded and not term.is_quoted
        for place, word in enumerate(term.words)
    ]
    terms = [replace(term, words=list(term.words)) for term in terms]
    for synonym in synonyms:
        length = len(synonym.name)
        for start in range(len(sequence) - length + 1):
            named = sequence[start : start + length]
            if [word.words for *_, word in named] == [word.words for word in synonym.name]:
                for number, place, _ in named:
                    word = terms[number].words[place]
                    terms[number].words[place] = replace(word, meanings=(*word.meanings, synonym.query))
    return terms


def _all_of(terms: list[_Term], *, beginning: str | None, in_description: bool, is_verbatim: bool) -> str:
    """Return the query for all terms of an alternative."""
    operands = _wanted(terms, beginning=beginning, in_description=in_description, is_verbatim=is_verbatim)
    operands += [f"!({query})" for term in terms if term.is_excluded and (query := _without(term, in_description))]
    return _all(operands)


def _wanted(
    terms: list[_Term], *, beginning: str | None = None, in_description: bool = False, is_verbatim: bool = False
) -> list[str]:
    """Return the queries for each word and phrase of an alternative that is not excluded."""
    wanted = [term for term in terms if not term.is_excluded]
    if any(term.words and not term.is_noise for term in wanted):
        wanted = [term for term in wanted if not term.is_noise or term.is_quoted]
    last = terms[-1].words[-1] if beginning else None
    # Words of neighbouring terms are neighbours, too; a phrase is one for itself.
    sequence: list[_Word | None] = []
    for term in terms:
        words = [] if term.is_excluded or term.is_quoted else term.words
        sequence += words or [None]
    said = {id(word) for term in wanted for word in term.words}
    operands: list[str] = []
    before: _Word | None = None
    negation: _Word | None = None
    for word, following in pairwise([*sequence, None]):
        if word and id(word) in said and not (negation and negation is before):
            if word.words == ["no"] and following:
                negation = word
                operands.append(_lexemes(word.joined_stems, "+"))
            else:
                forms = _forms(word, before, is_joined=following is not None, is_verbatim=is_verbatim)
                # Descriptions have stems only.
                marks = ("=", "") if in_description else ("=",)
                starts = [f"{_quote(beginning or '', mark)}:*" for mark in marks if word is last]
                operands.append(_any([*forms, *starts]))
        before = word
    operands += [_phrase(term, in_description=in_description) for term in wanted if term.is_quoted]
    if not any(operands):
        # Words of grammar alone: they are kept where texts are short.
        operands = [_lexemes(word.words, "=") for term in wanted for word in term.words]
    return list(filter(None, operands))


def _forms(word: _Word, before: _Word | None, *, is_joined: bool, is_verbatim: bool) -> list[str]:
    """Return queries for a word, alone and as one with its neighbours, and for its meanings; none for a stop word."""
    if not word.stems:
        return []
    if is_verbatim:
        neighbours = [*([word.joined_words] if is_joined else []), *([before.joined_words] if before else [])]
        forms = [_lexemes(lexemes, "=") for lexemes in (word.words, *neighbours)]
    else:
        neighbours = [*([word.joined_stems] if is_joined else []), *([before.joined_stems] if before else [])]
        forms = [_lexemes(lexemes) for lexemes in (word.stems, *neighbours)]
    return [*forms, _lexemes(word.stems, "+"), *word.meanings]


def _phrase(term: _Term, *, in_description: bool) -> str:
    """Return the query for the very words of a phrase in title and names, and for its stems in descriptions."""
    words = _in_order([_lexemes(word.words, "=") for word in term.words])
    if not in_description:
        return words
    return _any([words, _in_order([_lexemes(word.stems, weight=":D") for word in term.words])])


def _without(term: _Term, in_description: bool) -> str:  # noqa: FBT001
    if term.is_quoted:
        return _phrase(term, in_description=in_description)
    return _in_order([_lexemes(word.stems) for word in term.words]) or _in_order(
        [_lexemes(word.words, "=") for word in term.words]
    )


def _quote(lexeme: str, mark: str = "") -> str:
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{mark}{escaped}'"


def _lexemes(lexemes: list[str], mark: str = "", weight: str = "") -> str:
    return _all(_quote(lexeme, mark) + weight for lexeme in lexemes)


def _all(queries: Iterable[str]) -> str:
    return _combined(" & ", queries)


def _any(queries: Iterable[str]) -> str:
    return _combined(" | ", queries)


def _combined(operator: str, queries: Iterable[str]) -> str:
    queries = list(dict.fromkeys(query for query in queries if query))
    return f"({operator.join(queries)})" if len(queries) > 1 else "".join(queries)


def _in_order(queries: list[str]) -> str:
    """Return the query for neighbours; "" stands for one that the index lacks."""
    phrase, distance = "", 1
    for query in queries:
        if not query:
            distance += bool(phrase)
        elif not phrase:
            phrase = query
        else:
            phrase, distance = f"{phrase} <{distance}> {query}", 1
    return f"({phrase})" if " " in phrase else phrase


def _are_excluded(terms: list[str]) -> bool:
    return all(term.startswith("-") for term in terms)


def _matches(vector: F | Func, query: Func, *, by_index: bool) -> Func:
    if by_index:
        return Func(vector, query, template="(%(expressions)s)", arg_joiner=" @@ ", output_field=BooleanField())
    return Func(vector, query, function="ts_match_vq", output_field=BooleanField())


def _replace_words(text: str, others: dict[str, str]) -> str:
    return re.sub(r"\w+", lambda word: others.get(word[0], word[0]), text)


def _max_distance(word: str, known: str) -> int:
    if len(word) >= _MIN_REORDERED and sorted(word) == sorted(known):
        return max(_MAX_DISTANCES.values())
    return max((number for length, number in _MAX_DISTANCES.items() if len(word) >= length), default=0)


def _has_first_letter(folded: str, known: str) -> bool:
    """Return whether the first letter is right, or nothing else is wrong.

    It is seldom mistyped, and together with another one it makes another word.
    """
    return folded[:1] == known[0] or known[1:] in (folded[1:], folded) or folded[1:] == known


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
