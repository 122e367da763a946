"""Worst known input of every endpoint: `python -m benchmarks.worst` prints the ten slowest.

Sends `benchmarks.worst.inputs`, and the lists and searches of the admin site, to gunicorn with one worker, one request
after the other and none twice: the time of a request is the time that others of its process wait. The database is a
copy of one filled by `python -m benchmarks.fill`, on the server of DATABASE_URL, and is dropped at the end; any
SECRET_KEY will do. Takes a few minutes. The exit status is 1 if a request took more than a second or was a 500.
"""

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import django
import httpx

from benchmarks import databases
from benchmarks.search import servers
from benchmarks.worst.inputs import HEADERS, INPUTS, Input
from benchmarks.worst.sending import request_of
from benchmarks.worst.subjects import Subjects, prepare

LIMIT_SECONDS = 1
SHOWN = 10
TIMEOUT_SECONDS = 120


class Result(NamedTuple):
    """How long the response to one input took."""

    seconds: float
    status: int
    endpoint: str
    name: str

    @property
    def is_failure(self) -> bool:
        return self.seconds > LIMIT_SECONDS or self.status == httpx.codes.INTERNAL_SERVER_ERROR

    def __str__(self) -> str:
        return f"{self.seconds * 1_000:8,.0f} ms  {self.status or 'none'}  {self.endpoint}  {self.name}"


def main() -> None:
    options = _options()
    servers.require_free([options.port])
    with databases.copy_of(options.jobs) as url, tempfile.TemporaryDirectory(prefix="anywork-worst-") as folder:
        environment = {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "anywork.settings",
            "MEDIA_ROOT": f"{folder}/media",
            "ALLOWED_HOSTS": "127.0.0.1",
        }
        os.environ.update(environment)
        # The preparation has statements of a minute; the server that is measured keeps the default limit.
        os.environ["DB_STATEMENT_TIMEOUT_MS"] = "0"
        django.setup()
        del os.environ["DB_STATEMENT_TIMEOUT_MS"]
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        logging.getLogger("httpx").setLevel(logging.WARNING)
        results = []
        with servers.ours(url, options.port, Path(folder, "log"), WEB_CONCURRENCY="1", THROTTLE_RATES="off") as server:
            for result in _send_all(server.url, options.only):
                results.append(result)
                if result.is_failure:
                    print(result, flush=True)
    if options.all:
        print(*results, sep="\n")
    print(f"\nThe slowest of {len(results)}:")
    for result in sorted(results, reverse=True)[:SHOWN]:
        print(result)
    sys.exit(any(result.is_failure for result in results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worst", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000, help="the number of jobs of the filled database")
    parser.add_argument("--only", action="append", metavar="ENDPOINT", help="only endpoints that contain this")
    parser.add_argument("--all", action="store_true", help="print every input, not only the slow ones")
    parser.add_argument("--port", type=int, default=8796)
    return parser.parse_args()


def _send_all(url: str, only: list[str] | None) -> Iterator[Result]:
    subjects = prepare()
    with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS) as client:
        for endpoint, inputs in {**INPUTS, **_admin_inputs(subjects.admin_cookie)}.items():
            if only and not any(part in endpoint for part in only):
                continue
            for given in (*inputs, inputs[0]._replace(name="long headers", headers={**HEADERS, **inputs[0].headers})):
                yield _send(client, endpoint, given, subjects)


def _admin_inputs(cookie: str) -> dict[str, tuple[Input, ...]]:
    """Return inputs for each list of the admin site, with its filters and searches."""
    from django.contrib import admin
    from django.urls import reverse

    inputs = {}
    for model, model_admin in admin.site._registry.items():  # noqa: SLF001 - Django has no other way
        queries = {"a list": "", "a deep page": "p=500", "all": "all=1"}
        if model_admin.search_fields:
            queries |= {
                "a word that is nowhere": "q=zzzzzzzz",
                "words that are nowhere": "q=" + "+".join(f"z{number}" for number in range(50)),
                "two letters": "q=en",
                "an id": "q=0a8e8ed2-0000-4000-8000-000000000000",
            }
        for number, column in enumerate(model_admin.list_display, 1):
            queries[f"sorted by {column}"] = f"o={number}"
        for listed in model_admin.list_filter:
            if isinstance(listed, str):
                queries[f"filtered by {listed}"] = f"{listed}__exact=1"
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        headers = {"Cookie": cookie}
        inputs[f"GET {address}"] = tuple(Input(name, query=query, headers=headers) for name, query in queries.items())
    return inputs


def _send(client: httpx.Client, endpoint: str, given: Input, subjects: Subjects) -> Result:
    request = request_of(client, endpoint, given, subjects)
    start = time.perf_counter()
    try:
        status = client.send(request).status_code
    except httpx.TransportError:
        status = 0
    return Result(time.perf_counter() - start, status, endpoint, f"{given.name} ({given.caller or 'anyone'})")


if __name__ == "__main__":
    main()
