-- The periodic task writes the vectors of all jobs; until then these are found by their stems.
INSERT INTO jobs_renaming (relation, renamed)
SELECT 'all', '00000000-0000-0000-0000-000000000000' WHERE EXISTS (SELECT FROM jobs_job)
ON CONFLICT ON CONSTRAINT jobs_renaming_unique DO UPDATE SET reached = NULL;
