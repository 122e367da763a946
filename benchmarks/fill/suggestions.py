"""Search suggestions of all jobs at once: the rows that the trigger would write job by job."""

from typing import Any

# Each title, company, category and location once, since a million jobs have few of them.
_WRITE = """
    INSERT INTO jobs_suggestion (kind, key, text, folded)
    WITH company AS (
        SELECT user_id::text AS key, company_name AS text FROM accounts_employer
        WHERE company_name <> '' AND user_id IN (SELECT employer_id FROM jobs_job)
    ), place AS (
        SELECT location_id::text AS key, concat_ws(', ', city, country) AS text, concat_ws(' ', city, state, country)
            AS words
        FROM jobs_location WHERE location_id IN (SELECT location_id FROM jobs_job)
    ), title AS (
        SELECT DISTINCT title AS text FROM jobs_job
    ), category AS (
        SELECT name AS text FROM jobs_category WHERE category_id IN (SELECT category_id FROM jobs_job)
    ), word AS (
        SELECT DISTINCT lexeme
        FROM (SELECT text FROM title UNION SELECT text FROM company UNION SELECT text FROM category
            UNION SELECT words FROM place) AS named,
            unnest(to_tsvector('jobs_words', translate(jobs_plain_text(text), '"-', '  ')))
        WHERE length(lexeme) BETWEEN 3 AND 40
    )
    SELECT DISTINCT ON (kind, key) kind, key, text, left(jobs_folded(text), 500)
    FROM (
        SELECT 'company' AS kind, key, text FROM company
        UNION ALL SELECT 'place', key, text FROM place
        UNION ALL SELECT 'title', btrim(left(jobs_folded(text), 300)), text FROM title
        UNION ALL SELECT 'word', lexeme, lexeme FROM word
    ) AS proposed
    ORDER BY kind, key, text
"""


def write_suggestions(cursor: Any) -> None:
    cursor.execute(_WRITE)
