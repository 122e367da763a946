-- Words as they are, and their English stems, both without accents and capitals.
CREATE TEXT SEARCH CONFIGURATION jobs_words (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION jobs_words
    ALTER MAPPING FOR hword, hword_part, word, numword WITH unaccent, simple;
CREATE TEXT SEARCH CONFIGURATION jobs_stems (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION jobs_stems
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
ALTER TEXT SEARCH CONFIGURATION jobs_stems
    ALTER MAPPING FOR numword WITH unaccent, simple;

-- Returns text of a job or a search for the parser: names that the parser would split become one word (C++, C#, .NET,
-- node.js; and IT, which is not "it"), all other signs become spaces, so that there are no URLs, paths, hosts or
-- compounds. Keeps the syntax of a search: quotes, and a minus before a word.
CREATE FUNCTION jobs_plain_text(raw text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    plain text := normalize(raw, NFKC);
BEGIN
    IF strpos(plain, 'IT') > 0 THEN
        plain := regexp_replace(plain, '\mIT\M', 'itsector', 'g');
    END IF;
    IF strpos(plain, '#') > 0 THEN
        plain := regexp_replace(plain, '\m([cfj])#', '\1sharp ', 'gi');
    END IF;
    IF strpos(plain, '++') > 0 THEN
        plain := regexp_replace(plain, '\mc\+\+', 'cplusplus ', 'gi');
    END IF;
    IF plain ~* '\.net\M' THEN
        plain := regexp_replace(plain, '(\m(?:asp|vb|ado)|^|[^[:alnum:]._])\.net\M', '\1 dotnet', 'gi');
    END IF;
    IF plain ~* 'js\M' THEN
        plain := regexp_replace(plain, '\m([[:alnum:]]+)\.js\M', '\1js', 'gi');
        plain := regexp_replace(plain, '\m(node|react|vue|next|angular|express) js\M', '\1js', 'gi');
    END IF;
    IF plain ~ '[''\u2019]s\M' THEN
        plain := regexp_replace(plain, '[''\u2019]s\M', '', 'gi');
    END IF;
    -- An expression, because translate() looks every letter up in the whole list: 20 times as long.
    plain := regexp_replace(plain, E'[.,;:!?''\u2019\u2018`\u00B4()\\[\\]{}<>/\\\\|@#$%^&*+=~_\u2013\u2014\u2022\u00B7\u2026\u201E\u201C\u201D\u00AB\u00BB]', ' ', 'g');
    IF strpos(plain, '-') > 0 THEN
        plain := regexp_replace(plain, '(?<=[^[:space:]])-|-(?=[-[:space:]]|$)', ' ', 'g');
    END IF;
    RETURN plain;
END $$;

-- Returns the search vector of a job. Weights: A title, B company, C category and location, D description. Short texts
-- are stored as words (for prefixes) and as stems. Two stop words before each text separate it from the previous one,
-- so that no phrase spans both.
CREATE FUNCTION jobs_search_vector(title text, company text, category text, place text, description text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    plain text[];
BEGIN
    SELECT array_agg(translate(jobs_plain_text(part), '"-', '  ') ORDER BY number) INTO plain
    FROM unnest(ARRAY[title, company, category, place, description]) WITH ORDINALITY AS given (part, number);
    RETURN setweight(to_tsvector('jobs_words', plain[1]), 'A')
        || setweight(to_tsvector('jobs_words', plain[2]), 'B')
        || setweight(to_tsvector('jobs_words', plain[3] || ' ' || plain[4]), 'C')
        || setweight(to_tsvector('jobs_stems', 'the the ' || plain[1]), 'A')
        || setweight(to_tsvector('jobs_stems', 'the the ' || plain[2]), 'B')
        || setweight(to_tsvector('jobs_stems', 'the the ' || plain[3]), 'C')
        || setweight(to_tsvector('jobs_stems', 'the the ' || plain[4]), 'C')
        || setweight(to_tsvector('jobs_stems', 'the the ' || plain[5]), 'D');
END $$;

-- Returns the query of a search: words, "phrases", -minus, or. With `typing`, the last word may be a prefix.
CREATE FUNCTION jobs_search_query(raw text, typing boolean) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    plain text := btrim(jobs_plain_text(regexp_replace(raw, '\mit\M', 'IT', 'gi')));
    last_word text;
    before text;
    alternative text;
    query tsquery;
BEGIN
    IF typing AND raw !~ '\s$' AND mod(length(plain) - length(replace(plain, '"', '')), 2) = 0 THEN
        last_word := substring(plain FROM '(?:^|\s)([^\s"-][^\s"]{2,})$');
    END IF;
    IF last_word IS NULL OR numnode(to_tsquery('jobs_words', last_word)) <> 1 THEN
        query := websearch_to_tsquery('jobs_stems', plain);
        -- Stop words alone: they are kept where texts are short.
        RETURN CASE WHEN numnode(query) = 0 THEN websearch_to_tsquery('jobs_words', plain) ELSE query END;
    END IF;
    before := left(plain, length(plain) - length(last_word));
    -- The last "or" that is in no phrase: only the words after it belong to the last word.
    alternative := substring(before FROM '(?i)^(.*)\mor\M(?:[^"]*"[^"]*")*[^"]*$');
    query := jobs_search_query(last_word, FALSE) || to_tsquery('jobs_words', last_word || ':*');
    IF alternative IS NULL THEN
        RETURN websearch_to_tsquery('jobs_stems', before) && query;
    END IF;
    RETURN websearch_to_tsquery('jobs_stems', alternative)
        || (websearch_to_tsquery('jobs_stems', substr(before, length(alternative) + 3)) && query);
END $$;

-- Returns text in the form in which suggestions are compared; see jobs.models.Suggestion.folded. Declared immutable, so that
-- it does not run once per row: the rules of unaccent do not change.
CREATE FUNCTION jobs_folded(raw text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT ' ' || btrim(regexp_replace(translate(jobs_plain_text(lower(unaccent(raw))), '"-', '  '), '\s+', ' ', 'g')) $$;

-- Returns known words that resemble a mistyped one, the most similar first.
CREATE FUNCTION jobs_similar_words(typed text) RETURNS SETOF varchar LANGUAGE sql STABLE
SET pg_trgm.similarity_threshold = 0.2 AS $$
    SELECT key FROM jobs_suggestion
    WHERE kind = 'word' AND folded % jobs_folded(typed)
    ORDER BY similarity(folded, jobs_folded(typed)) DESC, key
    LIMIT 50
$$;
