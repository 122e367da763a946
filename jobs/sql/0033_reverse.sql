DROP TRIGGER jobs_job_tell_skills ON jobs_job;
DROP FUNCTION jobs_job_tell_skills;
DROP TRIGGER jobs_jobskill_read_job ON jobs_jobskill;
DROP FUNCTION jobs_jobskill_read_job;
DROP TRIGGER jobs_jobskill_changed ON jobs_jobskill;
