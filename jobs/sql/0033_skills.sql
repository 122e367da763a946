-- Skills of jobs have the columns of their job by which recommendations are found: an index of one table serves these.
-- Only a request that has locked the job, or has made it, writes its skills.
CREATE FUNCTION jobs_jobskill_read_job() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    SELECT employer_id, posted_at, CASE WHEN is_active THEN closes_at END
        INTO NEW.employer_id, NEW.posted_at, NEW.open_until
        FROM jobs_job WHERE job_id = NEW.job_id;
    RETURN NEW;
END $$;

CREATE TRIGGER jobs_jobskill_read_job BEFORE INSERT ON jobs_jobskill
    FOR EACH ROW EXECUTE FUNCTION jobs_jobskill_read_job();

CREATE FUNCTION jobs_job_tell_skills() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE jobs_jobskill
        SET employer_id = NEW.employer_id, posted_at = NEW.posted_at,
            open_until = CASE WHEN NEW.is_active THEN NEW.closes_at END
        WHERE job_id = NEW.job_id;
    RETURN NULL;
END $$;

CREATE TRIGGER jobs_job_tell_skills AFTER UPDATE OF employer_id, posted_at, closes_at, is_active ON jobs_job
    FOR EACH ROW
    WHEN (
        (OLD.employer_id, OLD.posted_at, OLD.closes_at, OLD.is_active)
            IS DISTINCT FROM (NEW.employer_id, NEW.posted_at, NEW.closes_at, NEW.is_active)
    )
    EXECUTE FUNCTION jobs_job_tell_skills();

-- A list may be filtered by skills, or show them.
CREATE TRIGGER jobs_jobskill_changed
    AFTER INSERT OR UPDATE OF name, importance OR DELETE OR TRUNCATE ON jobs_jobskill
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_count_change('jobs');
