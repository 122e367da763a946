DROP TRIGGER jobs_employer_changed ON accounts_employer;
DROP TRIGGER jobs_employer_gone ON accounts_employer;
DROP TRIGGER jobs_employer_renamed ON accounts_employer;
DROP TRIGGER jobs_location_changed ON jobs_location;
DROP TRIGGER jobs_location_renamed ON jobs_location;
DROP TRIGGER jobs_category_changed ON jobs_category;
DROP TRIGGER jobs_category_renamed ON jobs_category;
DROP TRIGGER jobs_job_changed ON jobs_job;
DROP TRIGGER jobs_job_write_search ON jobs_job;
DROP FUNCTION jobs_version, jobs_count_change, jobs_employer_gone, jobs_renamed, jobs_reindex, jobs_renamed_at_once, jobs_forget_words,
    jobs_job_write_search, jobs_similar_words, jobs_folded, jobs_search_query, jobs_search_vector, jobs_plain_text;
DROP TEXT SEARCH CONFIGURATION jobs_stems;
DROP TEXT SEARCH CONFIGURATION jobs_words;
