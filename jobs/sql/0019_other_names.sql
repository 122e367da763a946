-- A job is found by the other names of its country, too; these are no words of corrections. A place may have no city.
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

CREATE OR REPLACE FUNCTION jobs_renamed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'accounts_employer' THEN
            UPDATE jobs_suggestion SET text = NEW.company_name, folded = left(jobs_folded(NEW.company_name), 500)
                WHERE kind = 'company' AND key = NEW.user_id::text;
            PERFORM jobs_reindex('employer', NEW.user_id);
            PERFORM jobs_forget_words(OLD.company_name);
        WHEN 'jobs_category' THEN
            PERFORM jobs_reindex('category', NEW.category_id);
        WHEN 'jobs_location' THEN
            UPDATE jobs_suggestion SET text = concat_ws(', ', nullif(NEW.city, ''), NEW.country),
                folded = left(jobs_folded(concat_ws(', ', nullif(NEW.city, ''), NEW.country)), 500)
                WHERE kind = 'place' AND key = NEW.location_id::text;
            PERFORM jobs_reindex('location', NEW.location_id);
    END CASE;
    RETURN NULL;
END $$;
