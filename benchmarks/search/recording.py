"""Recordings of the SQL statements and the response of each case, from a request to AnyWork in this process."""

from typing import Any, NamedTuple

from benchmarks.search.cases import CASES, Case
from benchmarks.search.subjects import Subjects, delete_posted

# Statements that fetch nothing.
_TRANSACTION = {"BEGIN", "COMMIT"}


class Recording(NamedTuple):
    """The statements of a request with warm caches, as PostgreSQL got them, and its response."""

    case: Case
    paths: list[str]
    token: str
    posted: dict[str, str] | None
    statements: list[str]
    response: Any


def record_all(subjects: Subjects) -> list[Recording]:
    """Return a recording of every case; in the database, only counters of views change."""
    recordings = [_record(case, subjects) for case in CASES]
    delete_posted()
    return recordings


def _record(case: Case, subjects: Subjects) -> Recording:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from anywork.api.caching.responses import response_cache

    token = subjects.tokens.get(case.caller, "")
    paths = case.paths(subjects)
    posted = case.posted(subjects) if case.posted else None
    # Caches counts and creates the row of the day's views; the cached response itself is cleared.
    _ask(paths[0], token, posted)
    response_cache.clear()
    with CaptureQueriesContext(connection) as captured:
        response = _ask(paths[0], token, posted)
    statements = [query["sql"] for query in captured if query["sql"] not in _TRANSACTION]
    if posted:
        # So that the statements can be repeated, with a new row each time.
        statements = [text.replace(f"'{response['job_id']}'::uuid", "gen_random_uuid()") for text in statements]
    return Recording(case, paths, token, posted, statements, response)


def _ask(path: str, token: str, posted: dict[str, str] | None) -> Any:
    from rest_framework.test import APIClient

    client = APIClient(SERVER_NAME="localhost")
    if token:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    response = client.get(path) if posted is None else client.post(path, posted, format="json")
    if response.status_code not in {200, 201}:
        raise RuntimeError(f"{path}: {response.status_code} {response.content!r}")
    return response.json()
