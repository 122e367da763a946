CREATE OR REPLACE FUNCTION jobs_plain_text(raw text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
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

DROP FUNCTION jobs_search_vector(text, text, text, text, text, text);
DROP FUNCTION jobs_names_vector, jobs_letter_pairs;

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

CREATE OR REPLACE FUNCTION jobs_job_write_search() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    company text;
    category text;
    place text;
    place_shown text;
    other_names text;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.search IS NOT NULL
        AND (NEW.title, NEW.description, NEW.employer_id, NEW.category_id, NEW.location_id)
            IS NOT DISTINCT FROM (OLD.title, OLD.description, OLD.employer_id, OLD.category_id, OLD.location_id)
    THEN
        RETURN NEW;
    END IF;
    SELECT company_name INTO company FROM accounts_employer WHERE user_id = NEW.employer_id;
    SELECT name INTO category FROM jobs_category WHERE category_id = NEW.category_id;
    SELECT concat_ws(' ', city, state, country), location.other_names, concat_ws(', ', nullif(city, ''), country)
        INTO place, other_names, place_shown
        FROM jobs_location AS location WHERE location_id = NEW.location_id;
    NEW.search := jobs_search_vector(
        NEW.title, coalesce(company, ''), coalesce(category, ''), concat_ws(' ', place, other_names),
        NEW.description
    );
    -- In order, so that two transactions cannot wait for each other.
    INSERT INTO jobs_suggestion (kind, key, text, folded)
    SELECT kind, key, text, left(jobs_folded(text), 500)
    FROM (
        SELECT 'company' AS kind, NEW.employer_id::text AS key, company AS text WHERE company <> ''
        UNION ALL SELECT 'place', NEW.location_id::text, place_shown WHERE place_shown <> ''
        UNION ALL SELECT 'title', btrim(left(jobs_folded(NEW.title), 300)), NEW.title
        UNION ALL
        SELECT 'word', lexeme, lexeme
        FROM unnest(to_tsvector('jobs_words', translate(
            jobs_plain_text(concat_ws(' ', NEW.title, company, category, place)), '"-', '  ')))
        WHERE length(lexeme) BETWEEN 3 AND 40
    ) AS proposed
    ORDER BY kind, key
    ON CONFLICT (kind, key) DO NOTHING;
    RETURN NEW;
END $$;

DROP TRIGGER jobs_job_write_search ON jobs_job;
CREATE TRIGGER jobs_job_write_search
    BEFORE INSERT OR UPDATE OF title, description, employer_id, category_id, location_id, search ON jobs_job
    FOR EACH ROW EXECUTE FUNCTION jobs_job_write_search();

CREATE OR REPLACE FUNCTION jobs_forget_words(name text) RETURNS void LANGUAGE sql
SET search_path FROM CURRENT SET enable_seqscan = off SET gin_fuzzy_search_limit = 1000 AS $$
    DELETE FROM jobs_suggestion
    WHERE kind = 'word'
        AND key IN (
            SELECT lexeme FROM unnest(to_tsvector('jobs_words', translate(jobs_plain_text(name), '"-', '  ')))
        )
        AND NOT EXISTS (SELECT FROM jobs_job WHERE is_active AND search @@ plainto_tsquery('simple', key))
$$;
