CREATE FUNCTION jobs_remember_former_name() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE jobs_renaming SET former_name = left(concat_ws(' ', nullif(former_name, ''), OLD.company_name), 1000)
        WHERE relation = 'employer' AND renamed = NEW.user_id;
    RETURN NULL;
END $$;

-- Triggers fire in the order of their names: after jobs_employer_renamed, which writes the row.
CREATE TRIGGER jobs_employer_renamed_later AFTER UPDATE OF company_name ON accounts_employer
    FOR EACH ROW WHEN (OLD.company_name <> NEW.company_name) EXECUTE FUNCTION jobs_remember_former_name();
