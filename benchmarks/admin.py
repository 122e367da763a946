"""Times of the admin site's lists at a million rows: `python -m benchmarks.admin`.

Copies the database of `python -m benchmarks.fill 1000000` once, to anywork_bench_admin, and fills its other tables,
which takes three minutes. Then requests every list: plain, with each filter, search and sorting. With labels of
models such as jobs.Job, only their lists.
"""

import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import django

from benchmarks import databases
from benchmarks.fill import parallel
from benchmarks.fill.records import write_records
from benchmarks.fill.steps import step

JOBS = 1_000_000
NAME = "admin"
LIMIT_SECONDS = 0.3
SHOWN = 15
SEARCHES = ("zzzzzzzz", "en", "person", "person-77", "person-77@example.org", "ada+lovelace", "0a8e8ed2-0000-4000")


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
    with parallel.cursor_at(databases.url_of(NAME)) as cursor:
        write_records(cursor)
        cursor.execute("VACUUM ANALYZE")
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


def _addresses(client: Any, model: Any) -> Iterator[str]:
    """Yield the list of `model`: plain, its last page, with each filter, search and sorting."""
    from django.urls import reverse

    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    listed: Any = client.get(address).context["cl"]
    yield address
    yield f"{address}?p={listed.paginator.num_pages}"
    for filtered in listed.filter_specs:
        yield from (address + choice["query_string"] for choice in filtered.choices(listed))
    yield from (f"{address}?q={words}" for words in SEARCHES if listed.search_fields)
    for column in range(1, len(listed.list_display)):
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
