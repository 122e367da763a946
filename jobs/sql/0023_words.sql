-- Returns text with Chinese, Japanese and Korean, whose words have no spaces between them, as pairs of letters.
CREATE FUNCTION jobs_letter_pairs(raw text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT string_agg(
        CASE
            WHEN NOT is_cjk THEN letter
            WHEN next_is_cjk THEN CASE WHEN last_is_cjk THEN '' ELSE ' ' END || letter || next || ' '
            WHEN last_is_cjk THEN ''
            ELSE ' ' || letter || ' '
        END,
        '' ORDER BY place
    )
    FROM (
        SELECT letter, place, is_cjk, lead(letter) OVER ordered AS next, lead(is_cjk) OVER ordered AS next_is_cjk,
            lag(is_cjk) OVER ordered AS last_is_cjk
        FROM (
            SELECT letter, place,
                letter ~ '[\u3005\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]' AS is_cjk
            FROM regexp_split_to_table(raw, '') WITH ORDINALITY AS split (letter, place)
        ) AS letters
        WINDOW ordered AS (ORDER BY place)
    ) AS neighbours
$$;

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
    IF strpos(plain, '.') > 0 THEN
        -- Ph.D., U.S., B.Sc.
        plain := regexp_replace(plain, '(?<=\m[[:alpha:]])\.(?=[[:alpha:]]{1,2}\M)', '', 'g');
        plain := regexp_replace(plain, '(?<=\m[[:alpha:]]{2})\.(?=[[:alpha:]]\M)', '', 'g');
    END IF;
    IF plain ~ '[\u0621-\u064A]' THEN
        -- Hamza and madda on alef, teh marbuta and alef maksura, which many leave out; marks and tatweel.
        plain := translate(
            regexp_replace(plain, '[\u064B-\u065F\u0670\u0640]', '', 'g'),
            E'\u0623\u0625\u0622\u0671\u0649\u0629', E'\u0627\u0627\u0627\u0627\u064A\u0647'
        );
    END IF;
    IF plain ~ '[\u3005\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]' THEN
        plain := jobs_letter_pairs(plain);
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

-- Returns the vector of a title or name: "=" before the words as they are, stems, "+" before the stems of each two
-- neighbouring words as one. Two stop words before the stems, and a word before the words that is deleted again,
-- separate it from the previous name, so that no phrase spans both.
CREATE FUNCTION jobs_names_vector(plain text, weight "char") RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    words text[] := regexp_split_to_array(btrim(plain), '\s+');
    joined text;
BEGIN
    SELECT string_agg(word || next, ' ') INTO joined
    FROM unnest(words[:cardinality(words) - 1], words[2:]) AS neighbours (word, next)
    WHERE word || next !~ '[\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3]';
    -- Marks are set in the text of a vector: a function for this would take longer than all the rest.
    RETURN setweight(
        replace(
            ' ' || ts_delete(to_tsvector('jobs_words', 'xborderx ' || plain), 'xborderx')::text, ' ''', ' ''='
        )::tsvector
            || to_tsvector('jobs_stems', 'the the ' || plain)
            || replace(' ' || to_tsvector('jobs_stems', coalesce(joined, ''))::text, ' ''', ' ''+')::tsvector,
        weight
    );
END $$;

DROP FUNCTION jobs_search_vector(text, text, text, text, text);

-- Returns the search vector of a job. Weights: A title, B company, C category, location and type, D description, of
-- which "no" and the next word are also kept as one.
CREATE FUNCTION jobs_search_vector(
    title text, company text, category text, place text, job_type text, description text
) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    plain text := description;
    negations text;
BEGIN
    IF plain ~ '[<&]' THEN
        plain := regexp_replace(
            plain,
            '</?(?:a|abbr|article|b|blockquote|br|caption|center|code|dd|div|dl|dt|em|figure|font|footer|form|h[1-6]'
                '|header|hr|i|iframe|img|label|li|link|main|meta|nav|ol|p|pre|s|script|section|small|span|strong|style'
                '|sub|sup|svg|table|tbody|td|tfoot|th|thead|tr|u|ul|video)(?:\s[^<>]*)?/?>'
                '|&(?:[a-z]{2,6}|#x?[0-9a-f]+);',
            ' ', 'gi'
        );
    END IF;
    plain := translate(jobs_plain_text(plain), '"-', '  ');
    IF plain ~* '\mno\s' THEN
        SELECT string_agg('no' || parts[1], ' ') INTO negations
        FROM regexp_matches(plain, '\mno\s+(\w+)', 'gi') AS negation (parts);
    END IF;
    RETURN jobs_names_vector(translate(jobs_plain_text(title), '"-', '  '), 'A')
        || jobs_names_vector(translate(jobs_plain_text(company), '"-', '  '), 'B')
        || jobs_names_vector(translate(jobs_plain_text(category), '"-', '  '), 'C')
        || jobs_names_vector(translate(jobs_plain_text(place), '"-', '  '), 'C')
        || jobs_names_vector(translate(job_type, '-', ' '), 'C')
        || setweight(to_tsvector('jobs_stems', 'the the ' || plain), 'D')
        || setweight(
            replace(' ' || to_tsvector('jobs_stems', coalesce(negations, ''))::text, ' ''', ' ''+')::tsvector, 'D'
        );
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
        AND (NEW.title, NEW.description, NEW.employer_id, NEW.category_id, NEW.location_id, NEW.job_type)
            IS NOT DISTINCT FROM
            (OLD.title, OLD.description, OLD.employer_id, OLD.category_id, OLD.location_id, OLD.job_type)
    THEN
        RETURN NEW;
    END IF;
    SELECT company_name INTO company FROM accounts_employer WHERE user_id = NEW.employer_id;
    SELECT name INTO category FROM jobs_category WHERE category_id = NEW.category_id;
    SELECT concat_ws(' ', city, state, country), location.other_names, concat_ws(', ', nullif(city, ''), country)
        INTO place, other_names, place_shown
        FROM jobs_location AS location WHERE location_id = NEW.location_id;
    NEW.search := jobs_search_vector(
        NEW.title, coalesce(company, ''), coalesce(category, ''), concat_ws(' ', place, other_names), NEW.job_type,
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
    BEFORE INSERT OR UPDATE OF title, description, employer_id, category_id, location_id, job_type, search ON jobs_job
    FOR EACH ROW EXECUTE FUNCTION jobs_job_write_search();

CREATE OR REPLACE FUNCTION jobs_forget_words(name text) RETURNS void LANGUAGE sql
SET search_path FROM CURRENT SET enable_seqscan = off SET gin_fuzzy_search_limit = 1000 AS $$
    DELETE FROM jobs_suggestion
    WHERE kind = 'word'
        AND key IN (
            SELECT lexeme FROM unnest(to_tsvector('jobs_words', translate(jobs_plain_text(name), '"-', '  ')))
        )
        AND NOT EXISTS (SELECT FROM jobs_job WHERE is_active AND search @@ format('''=%s'' | ''%s''', key, key)::tsquery)
$$;

-- The function jobs_search_query stays: old code may still run.
