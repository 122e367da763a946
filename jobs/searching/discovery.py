"""Facets, suggestions and similar jobs."""

import re
from typing import Any

from django.contrib.postgres.search import SearchQueryField, SearchRank
from django.db.models import Case, Func, Value, When
from django.db.models.functions import Length
from django.db.models.lookups import StartsWith

from anywork.api.text import Folded
from anywork.database.replicas import reading_connection
from jobs.models import Job, Synonym
from jobs.querysets import OPEN_SQL, JobQuerySet
from jobs.searching.completion import MAX_TYPED
from jobs.searching.countries import country_title
from jobs.searching.listing import NEWEST, JobListing
from jobs.searching.query import TITLE_VECTOR
from jobs.searching.versions import VersionedCache

_WORD = re.compile(r"\w\w")

# The number of values of each facet, and of suggestions of each kind.
MAX_FACET_VALUES = 20
MAX_SUGGESTIONS = 8
MAX_SIMILAR_JOBS = 10
# The number of newest matches whose skills are counted: five million skills of a million jobs take seconds.
MAX_SKILL_FACET_JOBS = 5_000
# The number of suggestions that are checked for an open job, and of jobs that are ranked by similarity.
_SUGGESTION_CANDIDATES = 200
_SIMILAR_CANDIDATES = 500

FACETS = ("job_type", "workplace", "category", "location", "country", "employer", "skill")
Facets = dict[str, list[dict[str, Any]]]
_facets: VersionedCache[Facets] = VersionedCache(max_size=200)

# The ORM has no grouping sets, and four queries would read the jobs four times.
_COUNT_FACETS = """
    WITH matches AS ({matches}),
    newest AS ({newest}),
    counted AS (
        SELECT job_type, workplace, category_id, location_id, employer_id, count(*) AS jobs
        FROM matches GROUP BY GROUPING SETS (job_type, workplace, category_id, location_id, employer_id)
    ),
    countries AS (
        SELECT coalesce(nullif(country_code, ''), country) AS country, sum(jobs)::bigint AS jobs
        FROM counted JOIN jobs_location USING (location_id)
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s
    ),
    ranked AS (
        SELECT *, row_number() OVER (
            PARTITION BY
                job_type IS NULL, workplace IS NULL, category_id IS NULL, location_id IS NULL, employer_id IS NULL
            ORDER BY jobs DESC, job_type, workplace, category_id, location_id, employer_id
        ) AS rank
        FROM counted
    ),
    skills AS (
        SELECT folded, mode() WITHIN GROUP (ORDER BY name) AS name, count(*) AS jobs
        FROM newest JOIN jobs_jobskill USING (job_id)
        GROUP BY folded ORDER BY 3 DESC, 1 LIMIT %s
    )
    SELECT
        CASE
            WHEN job_type IS NOT NULL THEN 'job_type'
            WHEN workplace IS NOT NULL THEN 'workplace'
            WHEN category_id IS NOT NULL THEN 'category'
            WHEN location_id IS NOT NULL THEN 'location'
            ELSE 'employer'
        END,
        coalesce(job_type, workplace, category_id::text, location_id::text, employer_id::text),
        coalesce(
            job_type, workplace, category.name, nullif(concat_ws(', ', nullif(city, ''), country), ''), company_name
        ),
        jobs
    FROM ranked
        LEFT JOIN jobs_category AS category USING (category_id)
        LEFT JOIN jobs_location USING (location_id)
        LEFT JOIN accounts_employer ON user_id = employer_id
    WHERE rank <= %s
        AND coalesce(job_type, workplace, category_id::text, location_id::text, employer_id::text) IS NOT NULL
    UNION ALL SELECT 'country', country, country, jobs FROM countries
    UNION ALL SELECT 'skill', folded, name, jobs FROM skills
    ORDER BY 1, 4 DESC, 3, 2
"""

_NEWEST_MATCHES = "SELECT job_id FROM matches ORDER BY posted_at DESC, job_id DESC LIMIT %s"

# Each kind by its own index, in order, so that the check for an open job ends at the last one shown. The ORM takes
# three queries, and longer to compile them. Folded text has no wildcards.
_SUGGEST_KIND = """
    (SELECT '{name}' AS name, text, start, length
    FROM (
        SELECT key, text, strpos(folded, jobs_folded(%(typed)s)) AS start, length(text) AS length
        FROM jobs_suggestion
        WHERE kind = '{kind}' AND folded LIKE '%%' || jobs_folded(%(typed)s) || '%%'
        -- The earlier the match and the shorter the text, the better.
        ORDER BY start, length, text LIMIT %(candidates)s
    ) AS candidates
    WHERE EXISTS (SELECT FROM jobs_job WHERE {open} AND {is_of_job})
    ORDER BY start, length, text LIMIT %(most)s)
"""
_SUGGEST = "SELECT name, text FROM ({}) AS suggested ORDER BY name, start, length, text".format(  # noqa: S608 - constants
    " UNION ALL ".join(
        _SUGGEST_KIND.format(name=name, kind=kind, open=OPEN_SQL, is_of_job=is_of_job)
        for name, kind, is_of_job in (
            ("titles", "title", "title = text"),
            ("companies", "company", "employer_id = key::uuid"),
            ("places", "place", "location_id = key::uuid"),
        )
    )
)


def count_facets(listing: JobListing) -> Facets:
    """Return the most frequent types, categories, locations and companies of the jobs in a list."""
    return _facets.get(listing.key, listing.version.everything, lambda: _count_facets(listing))[0]


def _count_facets(listing: JobListing) -> Facets:
    facets: Facets = {name: [] for name in FACETS}
    if not listing.count():
        return facets
    columns = ("job_type", "workplace", "category_id", "location_id", "employer_id", "posted_at", "job_id")
    matches = listing.queryset.values(*columns)
    newest, newest_parameters = _NEWEST_MATCHES, (MAX_SKILL_FACET_JOBS,)
    if listing.matches.query is None and listing.matches.is_exact and listing.count() > MAX_SKILL_FACET_JOBS:
        # By the index of the order, in which they are stored: reading a million takes a fifth of the time that it takes
        # by the index of closing times. To sort them takes half a second.
        matches = matches.order_by(*NEWEST)
        newest, newest_parameters = matches.values("job_id")[:MAX_SKILL_FACET_JOBS].query.sql_with_params()
    sql, parameters = matches.query.sql_with_params()
    with reading_connection().cursor() as cursor:
        limits = (MAX_FACET_VALUES, MAX_FACET_VALUES, MAX_FACET_VALUES)
        cursor.execute(_COUNT_FACETS.format(matches=sql, newest=newest), [*parameters, *newest_parameters, *limits])
        for facet, value, name, count in cursor.fetchall():
            shown = country_title(name) if facet == "country" else name
            facets[facet].append({"value": value, "name": shown, "count": count})
    return facets


def suggest(typed: str) -> dict[str, list[str]]:
    """Return titles, companies and locations of open jobs in which a word begins with the typed text."""
    # Dictionaries as ordered sets: two companies, or two locations, may have the same name.
    suggestions: dict[str, dict[str, None]] = {"titles": {}, "companies": {}, "places": {}}
    if _WORD.search(typed):
        with reading_connection().cursor() as cursor:
            cursor.execute(_SUGGEST, {"typed": typed, "candidates": _SUGGESTION_CANDIDATES, "most": MAX_SUGGESTIONS})
            for name, text in cursor.fetchall():
                suggestions[name][text] = None
    return {name: list(texts) for name, texts in suggestions.items()}


def typed_synonyms(typed: str) -> list[str]:
    """Return synonyms that begin with `typed`, the shortest first, without former names of categories and places."""
    names, meanings = (
        Synonym.objects.filter(StartsWith(Folded(field), Folded(Value(typed))), is_former_name=False)
        .order_by(Length(field), field)
        .values_list(field, flat=True)[:MAX_TYPED]
        for field in ("name", "meaning")
    )
    # A union has no order.
    return sorted(names.union(meanings), key=lambda synonym: (len(synonym), synonym))


def similar_jobs(job: Job) -> JobQuerySet:
    """Return open jobs of the same category, by words in common in the title, then by location."""
    same_category = Job.objects.open().filter(category=job.category_id).exclude(pk=job.pk).order_by(*NEWEST)
    words = "plainto_tsquery('jobs_stems', jobs_plain_text(%(expressions)s))"
    in_common = Func(
        Value(job.title), template=f"replace({words}::text, ' & ', ' | ')::tsquery", output_field=SearchQueryField()
    )
    same_location_first = Case(When(location=job.location_id, then=0), default=1)
    jobs: JobQuerySet = Job.objects.filter(pk__in=same_category.values("pk")[:_SIMILAR_CANDIDATES])
    return jobs.order_by(SearchRank(TITLE_VECTOR, in_common).desc(), same_location_first, *NEWEST)[:MAX_SIMILAR_JOBS]
