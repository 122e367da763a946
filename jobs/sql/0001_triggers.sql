CREATE FUNCTION jobs_job_write_search() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    company text;
    category text;
    place text;
    place_shown text;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.search IS NOT NULL
        AND (NEW.title, NEW.description, NEW.employer_id, NEW.category_id, NEW.location_id)
            IS NOT DISTINCT FROM (OLD.title, OLD.description, OLD.employer_id, OLD.category_id, OLD.location_id)
    THEN
        RETURN NEW;
    END IF;
    SELECT company_name INTO company FROM accounts_employer WHERE user_id = NEW.employer_id;
    SELECT name INTO category FROM jobs_category WHERE category_id = NEW.category_id;
    SELECT concat_ws(' ', city, state, country), concat_ws(', ', city, country) INTO place, place_shown
        FROM jobs_location WHERE location_id = NEW.location_id;
    NEW.search := jobs_search_vector(
        NEW.title, coalesce(company, ''), coalesce(category, ''), coalesce(place, ''), NEW.description
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

CREATE TRIGGER jobs_job_write_search
    BEFORE INSERT OR UPDATE OF title, description, employer_id, category_id, location_id, search ON jobs_job
    FOR EACH ROW EXECUTE FUNCTION jobs_job_write_search();

-- Deletes the words of a name that no open job has, so that they are not suggested as corrections.
CREATE FUNCTION jobs_forget_words(name text) RETURNS void LANGUAGE sql
SET search_path FROM CURRENT SET enable_seqscan = off AS $$
    DELETE FROM jobs_suggestion
    WHERE kind = 'word'
        AND key IN (
            SELECT lexeme FROM unnest(to_tsvector('jobs_words', translate(jobs_plain_text(name), '"-', '  ')))
        )
        AND NOT EXISTS (SELECT FROM jobs_job WHERE is_active AND search @@ plainto_tsquery('simple', key))
$$;

-- Returns the number of jobs that a new name updates at once.
CREATE FUNCTION jobs_renamed_at_once() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 500';

-- Updates the search vectors of the jobs with a new name: NULL makes their trigger write them again. For many jobs this
-- would exceed the statement timeout; a task updates these, and until then they are found by the former name.
CREATE FUNCTION jobs_reindex(relation text, renamed uuid) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    jobs uuid[];
BEGIN
    EXECUTE format('SELECT ARRAY(SELECT job_id FROM jobs_job WHERE %I = $1 LIMIT $2)', relation || '_id')
        INTO jobs USING renamed, jobs_renamed_at_once() + 1;
    IF cardinality(jobs) > jobs_renamed_at_once() THEN
        INSERT INTO jobs_renaming (relation, renamed) VALUES (jobs_reindex.relation, jobs_reindex.renamed)
            ON CONFLICT ON CONSTRAINT jobs_renaming_unique DO UPDATE SET reached = NULL;
    ELSE
        UPDATE jobs_job SET search = NULL WHERE job_id = ANY (jobs);
    END IF;
END $$;

CREATE FUNCTION jobs_renamed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
            UPDATE jobs_suggestion SET text = concat_ws(', ', NEW.city, NEW.country),
                folded = left(jobs_folded(concat_ws(', ', NEW.city, NEW.country)), 500)
                WHERE kind = 'place' AND key = NEW.location_id::text;
            PERFORM jobs_reindex('location', NEW.location_id);
    END CASE;
    RETURN NULL;
END $$;

-- Deletes the name of an erased company.
CREATE FUNCTION jobs_employer_gone() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM jobs_suggestion WHERE kind = 'company' AND key = OLD.user_id::text;
    PERFORM jobs_forget_words(OLD.company_name);
    RETURN NULL;
END $$;

CREATE TRIGGER jobs_employer_gone AFTER DELETE ON accounts_employer
    FOR EACH ROW EXECUTE FUNCTION jobs_employer_gone();
CREATE TRIGGER jobs_employer_renamed AFTER UPDATE OF company_name ON accounts_employer
    FOR EACH ROW WHEN (OLD.company_name <> NEW.company_name) EXECUTE FUNCTION jobs_renamed();
CREATE TRIGGER jobs_category_renamed AFTER UPDATE OF name ON jobs_category
    FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION jobs_renamed();
CREATE TRIGGER jobs_location_renamed AFTER UPDATE OF city, state, country ON jobs_location
    FOR EACH ROW WHEN ((OLD.city, OLD.state, OLD.country) <> (NEW.city, NEW.state, NEW.country))
    EXECUTE FUNCTION jobs_renamed();

-- Counts a change in one of 16 rows, so that writers seldom wait for each other.
CREATE FUNCTION jobs_count_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO jobs_change (topic, shard, changes, transaction)
    VALUES (TG_ARGV[0], pg_backend_pid() % 16, 1, pg_current_xact_id()::text::bigint)
    ON CONFLICT (topic, shard)
        DO UPDATE SET changes = jobs_change.changes + 1, transaction = excluded.transaction;
    RETURN NULL;
END $$;

CREATE TRIGGER jobs_job_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobs_job
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_count_change('jobs');
CREATE TRIGGER jobs_category_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobs_category
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_count_change('names');
CREATE TRIGGER jobs_location_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobs_location
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_count_change('names');
CREATE TRIGGER jobs_employer_changed AFTER UPDATE ON accounts_employer
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_count_change('names');
