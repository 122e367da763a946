DROP FUNCTION jobs_known_words(text[]), jobs_forget_gathered(text[]);

CREATE OR REPLACE FUNCTION jobs_similar_words(typed text) RETURNS SETOF varchar LANGUAGE sql STABLE
SET pg_trgm.similarity_threshold = 0.2 AS $$
    SELECT key FROM jobs_suggestion
    WHERE kind = 'word' AND folded % jobs_folded(typed)
    ORDER BY similarity(folded, jobs_folded(typed)) DESC, key
    LIMIT 50
$$;

CREATE OR REPLACE FUNCTION jobs_forget_words(name text) RETURNS void LANGUAGE sql
SET search_path FROM CURRENT SET enable_seqscan = off SET gin_fuzzy_search_limit = 1000 AS $$
    DELETE FROM jobs_suggestion
    WHERE kind = 'word'
        AND key IN (
            SELECT lexeme FROM unnest(to_tsvector('jobs_words', translate(jobs_plain_text(name), '"-', '  ')))
        )
        AND NOT EXISTS (SELECT FROM jobs_job WHERE is_active AND search @@ format('''=%s'' | ''%s''', key, key)::tsquery)
$$;

DROP FUNCTION jobs_word_query;
