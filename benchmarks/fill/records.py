"""A million rows of each table that the other steps leave empty or small, for `python -m benchmarks.admin`."""

from typing import Any

from benchmarks.fill.steps import step

_SEEKER = "FROM accounts_user WHERE role = 'job_seeker'"
_AGO = "now() - random() * interval '90 days'"
ROWS = {
    "accounts_user": f"""(user_id, email, password, role, is_superuser, is_staff, is_active, token_version, created_at,
        updated_at) SELECT gen_random_uuid(), 'person-' || n || '@example.org', '!',
        CASE n % 2 WHEN 0 THEN 'employer' ELSE 'job_seeker' END, FALSE, FALSE, n % 51 > 0, 0, {_AGO}, now()
        FROM generate_series(1, 2000000) AS n""",
    "accounts_jobseeker": f"SELECT user_id, 'Ada', 'Lovelace', '' {_SEEKER} ON CONFLICT DO NOTHING",
    "accounts_employer": """SELECT user_id, md5(email), '', '' FROM accounts_user WHERE role = 'employer'
        ON CONFLICT DO NOTHING""",
    "accounts_skill": f"SELECT gen_random_uuid(), 'Skill of ' || email, user_id {_SEEKER}",
    "accounts_session": f"SELECT gen_random_uuid(), 'Firefox', '', {_AGO}, {_AGO}, NULL, user_id {_SEEKER}",
    "accounts_auditevent": f"(at, kind, subject, address, user_id) SELECT {_AGO}, 'sign_in', '', '', user_id {_SEEKER}",
    "django_admin_log": f"""(action_time, object_id, object_repr, action_flag, change_message, content_type_id, user_id)
        SELECT {_AGO}, user_id, user_id, 2, '', (SELECT min(id) FROM django_content_type), user_id {_SEEKER}""",
    "resumes_resume": f"""(resume_id, file, file_name, checksum, uploaded_at, job_seeker_id)
        SELECT gen_random_uuid(), 'cv', 'cv.pdf', md5(email), {_AGO}, user_id {_SEEKER}""",
    "applications_application": """(application_id, cover_letter, status, applied_at, job_id, job_seeker_id)
        SELECT gen_random_uuid(), '', 'withdrawn', posted_at, job_id, user_id
        FROM (SELECT job_id, posted_at, row_number() OVER () AS n FROM jobs_job) AS job
        JOIN (SELECT user_id, row_number() OVER () AS n FROM accounts_jobseeker) AS seeker USING (n)""",
    "notifications_notification": f"""(notification_id, message, is_read, created_at, user_id)
        SELECT gen_random_uuid(), 'News', random() < 0.9, {_AGO}, user_id {_SEEKER}""",
    "notifications_notificationpreference": f"""(kind, channel, is_enabled, changed_at, user_id)
        SELECT 'application_received', 'email', FALSE, {_AGO}, user_id {_SEEKER}""",
    "notifications_outgoingemail": f"""(email_id, kind, dedup_key, "to", subject, text, html, state, attempts,
        possible_duplicates, created_at, next_attempt_at, give_up_at, last_error, recipient_id)
        SELECT gen_random_uuid(), 'email_verification', user_id, email, 'Verify', '', '',
        CASE WHEN random() < 0.001 THEN 'dead' ELSE 'sent' END, 1, 0, {_AGO}, now(), now(), '', user_id {_SEEKER}""",
    "analytics_analytics": "SELECT gen_random_uuid(), posted_at::date, 1, 0, job_id FROM jobs_job",
    "jobs_renaming": "(relation, renamed) SELECT 'employer', user_id FROM accounts_employer",
    "jobs_category": "SELECT gen_random_uuid(), 'Work ' || n, '', NULL FROM generate_series(1, 1000000) AS n",
    "jobs_location": """(location_id, city, state, country)
        SELECT gen_random_uuid(), 'Town ' || n, '', 'Utopia' FROM generate_series(1, 1000000) AS n""",
}


def write_records(cursor: Any) -> None:
    """Write the rows in one transaction, unless they are there."""
    cursor.execute("SELECT 1 FROM jobs_location OFFSET 1000")
    if cursor.fetchone():
        return
    cursor.connection.autocommit = False
    for table, rows in ROWS.items():
        with step(table):
            cursor.execute(f"INSERT INTO {table} {rows}")
    cursor.connection.commit()
    cursor.connection.autocommit = True
