"""Times of the admin site's lists at a million rows: `python -m benchmarks.admin`.

Copies the database of `python -m benchmarks.fill 1000000` once, to anywork_bench_admin, and fills its other tables,
which takes three minutes. Then requests every list: plain, with each filter, search, year and sorting. With labels of
models such as jobs.Job, only their lists.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import django

from benchmarks import databases
from benchmarks.fill import parallel
from benchmarks.fill.steps import step

JOBS = 1_000_000
NAME = "admin"
LIMIT_SECONDS = 0.3
SHOWN = 15
SEARCHES = ("zzzzzzzz", "en", "person", "person-77", "person-77@example.org", "ada+lovelace", "0a8e8ed2-0000-4000")

_SEEKER = "FROM accounts_user WHERE role = 'job_seeker'"
_AGO = "now() - random() * interval '90 days'"
ROWS = {
    "accounts_user": f"""(user_id, email, password, role, is_superuser, is_staff, is_active, token_version, created_at,
        updated_at) SELECT gen_random_uuid(), 'person-' || n || '@example.org', '!',
        CASE n % 2 WHEN 0 THEN 'employer' ELSE 'job_seeker' END, FALSE, FALSE, n % 51 > 0, 0, {_AGO}, now()
        FROM generate_series(1, 2000000) AS n""",
    "accounts_jobseeker": f"SELECT user_id, 'Ada', 'Lovelace', '' {_SEEKER} ON CONFLICT DO NOTHING",
    "accounts_employer": """SELECT user_id, 'Company of ' || email, '', '' FROM accounts_user WHERE role = 'employer'
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


def main(only: list[str]) -> None:
    if not databases.exists(NAME):
        with step("copy"):
            databases.copy(JOBS, NAME)
    os.environ |= {"DATABASE_URL": databases.url_of(NAME), "DJANGO_SETTINGS_MODULE": "anywork.settings"}
    os.environ |= {"SECURE_SSL_REDIRECT": "off", "DB_STATEMENT_TIMEOUT_MS": "2000"}
    django.setup()
    from django.contrib import admin
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import setup_test_environment

    from accounts.models import User

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        call_command("migrate", verbosity=0)
        cursor.execute("RESET statement_timeout")
    call_command("collectstatic", interactive=False, verbosity=0)
    _fill()
    setup_test_environment()
    client = Client()
    client.force_login(User.objects.get_or_create(email="admin@example.org", is_staff=True, is_superuser=True)[0])
    results = []
    for model in admin.site._registry:  # noqa: SLF001 - Django has no other way
        if not only or model._meta.label in only:
            for address in _addresses(client, model):
                results.append((_time(client, address), address))
                if results[-1][0] > LIMIT_SECONDS:
                    print(f"{results[-1][0] * 1_000:8,.0f} ms  {address}", flush=True)
    print(f"\nThe slowest of {len(results)}:")
    for seconds, address in sorted(results, reverse=True)[:SHOWN]:
        print(f"{seconds * 1_000:8,.0f} ms  {address}")
    sys.exit(max(results)[0] > LIMIT_SECONDS)


def _fill() -> None:
    with parallel.cursor_at(databases.url_of(NAME)) as cursor:
        cursor.execute("SELECT 1 FROM jobs_location OFFSET 1000")
        if cursor.fetchone():
            return
        cursor.connection.autocommit = False
        for table, rows in ROWS.items():
            with step(table):
                cursor.execute(f"INSERT INTO {table} {rows}")
        cursor.connection.commit()
        cursor.connection.autocommit = True
        with step("vacuum"):
            cursor.execute("VACUUM ANALYZE")


def _addresses(client: Any, model: Any) -> Iterator[str]:
    """Yield the list of `model`: plain, its last page, with each filter, search, year and sorting."""
    from django.urls import reverse

    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    listed: Any = client.get(address).context["cl"]
    yield address
    yield f"{address}?p={listed.paginator.num_pages}"
    for filtered in listed.filter_specs:
        yield from (address + choice["query_string"] for choice in filtered.choices(listed))
    yield from (f"{address}?q={words}" for words in SEARCHES if listed.search_fields)
    if listed.date_hierarchy:
        yield f"{address}?{listed.date_hierarchy}__year=2026"
    for column, name in enumerate(listed.list_display):
        with suppress(AttributeError):
            if name in listed.sortable_by and listed.get_ordering_field(name):
                yield from (f"{address}?o={column}", f"{address}?o=-{column}")


def _time(client: Any, address: str) -> float:
    """Return the seconds of the second of two requests."""
    for _ in range(2):
        start = time.perf_counter()
        try:
            client.get(address)
        except Exception as error:  # noqa: BLE001 - such as a statement that was cancelled
            print(f"{type(error).__name__}: {address}")
    return time.perf_counter() - start


if __name__ == "__main__":
    main(sys.argv[1:])
