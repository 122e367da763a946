"""schemathesis against the served schema: what the schema says is what the API does, for thousands of odd requests.

Few examples an operation with every run of the suite, many by `make fuzz` (FUZZ_EXAMPLES).
"""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID
from zlib import crc32

import pytest
import schemathesis
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from anywork.api.media_types import replace_unreadable_headers
from anywork.tests.world import World

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "5"))
CALLERS = ("anonymous", "applicant", "employer", "admin")

# Which row of the world an id names in half of the requests, so that they meet something; other ids are made up.
ROWS = {
    "job_id": "open",
    "category_id": "category",
    "location_id": "location",
    "resume_id": "resume",
    "application_id": "application",
    "notification_id": "own_notification",
    "skill_id": "skill",
    "analytics_id": "views",
    "user_id": "own_user",
    "job": "vacant",
    "category": "category",
    "location": "location",
    "resume": "resume",
    "user": "own_user",
    "job_seeker": "own_user",
}

EXCLUDED_CHECKS = [
    # A body that fits the schema may still meet a rule: the job must be open, the password strong, the PDF whole.
    positive_data_acceptance,
]

statuses: Counter[int] = Counter()


def counting(application: Any) -> Any:
    """Return a WSGI application that counts the responses of `application`."""

    def handle(environ: dict[str, Any], start_response: Any) -> Any:
        def start(status: str, *args: Any) -> Any:
            statuses[int(status[:3])] += 1
            return start_response(status, *args)

        body = application(environ, start)
        try:
            return [b"".join(body)]
        finally:
            # As servers do; schemathesis leaves open what it does not read.
            body.close()

    return handle


schema = schemathesis.openapi.from_wsgi(
    "/api/schema/",
    counting(replace_unreadable_headers(WSGIHandler())),
    config=SchemathesisConfig.from_dict(
        {
            "generation": {"mode": "all"},
            "seed": 1,
            # With 412, which comes before the body is looked at.
            "checks": {"negative_data_rejection": {"expected-statuses": ["4xx", "5xx"]}},
        }
    ),
    headers={"Accept": "application/json"},
)


@pytest.fixture(scope="module", autouse=True)
def _one_connection() -> Iterator[None]:
    # As Django's own test client does: the world lives in a transaction of this connection.
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)
    print(f"\nfuzzing: {statuses.total()} requests, by status {dict(sorted(statuses.items()))}")  # noqa: T201


def is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def is_empty(value: Any) -> bool:
    """Tell whether nothing is left of a parameter when it is written into a URL, where commas join lists."""
    if isinstance(value, list | dict):
        return all(map(is_empty, value))
    return isinstance(value, str) and not value.strip(",")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_caller_sends_what_schemathesis_thinks_of(case: Any, world: World) -> None:
    if any(map(is_empty, (case.query or {}).values())):
        # An empty parameter means no filter, which OpenAPI 3.0 cannot say.
        return
    # Drawn from the case itself, so that it is the same when Hypothesis repeats it.
    chance = crc32(repr((case.path_parameters, case.query, case.headers, case.body)).encode(errors="replace"))
    caller = CALLERS[chance % len(CALLERS)]
    if chance & 64:
        for values in (case.path_parameters, case.body):
            if isinstance(values, dict):
                known = {name: world.key(ROWS[name], caller) for name in values.keys() & ROWS if is_uuid(values[name])}
                values.update(known)
    headers = {} if caller == "anonymous" else {"Authorization": f"Bearer {world.tokens[caller].access}"}
    excluded = list(EXCLUDED_CHECKS)
    if case.path.startswith("/api/auth/google/"):
        # Documented: without Google's keys, signing in with it is a 503.
        excluded.append(schemathesis.checks.not_a_server_error)
    if (case.query or {}).keys() - {parameter.name for parameter in case.operation.query}:
        # Unknown parameters are ignored, so a request may be as good without them.
        excluded.append(negative_data_rejection)
    if caller == "applicant" and (case.query or {}).keys() & {"rating_min", "tag"}:
        # Documented: for applicants these do not exist.
        excluded.append(negative_data_rejection)
    if str((case.query or {}).get("page_size")).isdecimal():
        # Documented: more than the maximum count as the maximum.
        excluded.append(negative_data_rejection)
    with transaction.atomic():
        case.call_and_validate(headers=headers, excluded_checks=excluded)
        transaction.set_rollback(True)
