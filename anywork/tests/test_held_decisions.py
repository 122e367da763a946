"""A held rejection does not exist for its applicant: not in any response, nor by what any request does."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from accounts.models import Session
from anywork.tests.world import World
from applications.choices import Reason, Status
from applications.models import Application
from applications.services import change_status, tell_held_decisions
from notifications.models import Notification, OutgoingEmail

# These show no rows of the API.
ELSEWHERE = ("/admin/", "/static/")
OF_EMPLOYERS = (
    "applications/bulk-status/",
    "applications/export/",
    "applications/{application_id}/notes/",
    "applications/{application_id}/assessment/",
)
QUERIES = (
    "",
    "?status=rejected",
    "?status=pending",
    "?search=example",
    "?ordering=status",
    "?expand=told_at",
    "?expand=answers",
    "?expand=state",
    "?job={job_id}",
)
# It only takes POST.
WITHOUT_GET = "applications/{application_id}/revoke/"

# They differ between two equal requests.
VARYING_HEADERS = {"RateLimit", "RateLimit-Policy", "Date", "Expires"}


def get_routes() -> Iterator[str]:
    """Yield the paths of all routes of the project, in the form of `str.format`; all methods that lack GET are 405."""

    def walk(resolver: Any, prefix: str) -> Iterator[str]:
        for pattern in resolver.url_patterns:
            path = prefix + re.sub(r"^\^|\$$|\\Z", "", str(pattern.pattern))
            if isinstance(pattern, URLPattern):
                yield re.sub(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"{\1\2}", path)
            else:
                yield from walk(pattern, path)

    for path in dict.fromkeys(walk(get_resolver(), "/")):
        if not path.startswith(ELSEWHERE):
            yield path.replace("/?", "/").replace("\\.", ".")


ROUTES = list(get_routes())


def keys_of(world: World) -> dict[str, str]:
    """Return the values of the parameters of routes: a new parameter needs one."""
    rows = world.rows
    return {
        "application_id": str(rows["application"].pk),
        "job_id": str(rows["open"].pk),
        "user_id": str(rows["applicant"].pk),
        "saved_search_id": str(rows["search"].pk),
        "saved_job_id": str(rows["saved_job"].pk),
        "employer_id": str(rows["rival"].pk),
        "note_id": str(rows["note"].pk),
        "resume_id": str(rows["resume"].pk),
        "skill_id": str(rows["skill"].pk),
        "notification_id": str(rows["applicant_notification"].pk),
        "session_id": str(Session.objects.get(user=rows["applicant"].pk).pk),
        "category_id": str(rows["category"].pk),
        "location_id": str(rows["location"].pk),
        "analytics_id": str(rows["views"].pk),
        "name": rows["resume"].file.name.removeprefix("resumes/"),
        "token": "token",
        "signature": "signature",
        "format": "json",
        "path": "nothing",
    }


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time, which a test may set."""
    clock = [timezone.now()]
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock[0])
    monkeypatch.setattr("resumes.signed_links._signer.timestamp", lambda: "1vcXyz")
    return clock


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def shown(response: Any) -> Any:
    """Return all that a client gets, but for what differs between two equal requests."""
    content = response.getvalue() if response.streaming else response.content
    if response.headers.get("Content-Type") == "application/zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
    # An empty feed is of now.
    content = re.sub(rb"<lastBuildDate>[^<]*", b"", content) if isinstance(content, bytes) else content
    headers = {name: value for name, value in response.headers.items() if name not in VARYING_HEADERS}
    headers.pop("Content-Length", None)
    return response.status_code, headers, content


def get_all(world: World, client: Any, *, queries: str = "") -> dict[str, Any]:
    """Return what each route shows, with each of QUERIES where the route has the word `queries`."""
    keys = keys_of(world)
    got = {}
    for route in ROUTES:
        for query in QUERIES if queries in route else ("",):
            with rolled_back():
                path = (route + query).format(**keys)
                got[path] = shown(client.get(path, headers={"x-request-id": "walk"}))
    return got


def reject(world: World, **reason: Any) -> None:
    employer = world.rows["employer"].user
    change_status(application_id=world.rows["application"].pk, actor=employer, status="rejected", **reason)


@pytest.fixture
def held(world: World, settings: Any, now: list[datetime]) -> World:
    settings.DECISION_HOLD_MINUTES = 60
    return world


def test_the_walk_knows_the_routes(held: World) -> None:
    routes = {route.partition("/api/")[2] for route in ROUTES}
    assert {"applications/", "applications/{application_id}/", "applications/{application_id}/timeline/"} <= routes
    assert {"auth/me/export/", "notifications/", "jobs/{job_id}/", "resumes/{resume_id}/"} <= routes
    assert len(ROUTES) > 50
    got = get_all(held, held.client("applicant"))
    found = {path for path, (status, _, _) in got.items() if status == 200}
    of_applicants = {route for route in routes if "application" in route and not route.startswith(OF_EMPLOYERS)}
    keys = keys_of(held)
    for route in of_applicants - {WITHOUT_GET}:
        assert any(f"/api/{route}{query}".format(**keys) in found for query in QUERIES), route


@pytest.mark.parametrize("status", [Status.PENDING, Status.REVIEWED, Status.ACCEPTED])
def test_applicant_gets_the_same_from_every_route_under_a_held_rejection(held: World, status: Status) -> None:
    client = held.client("applicant")
    if status != Status.PENDING:
        actor = held.rows["employer"].user
        change_status(application_id=held.rows["application"].pk, actor=actor, status=status)
    # In full once: a walk takes seconds.
    queries = "" if status == Status.PENDING else "application"
    before = get_all(held, client, queries=queries)
    assert get_all(held, client, queries=queries) == before

    reject(held, reason=Reason.SKILLS, reason_shared=True)

    assert Application.objects.get(pk=held.rows["application"].pk).status == "rejected"
    after = get_all(held, client, queries=queries)
    assert {path: after[path] for path in after if after[path] != before[path]} == {}
    assert not Notification.objects.filter(user=held.rows["applicant"].pk, message__contains="rejected").exists()
    assert not OutgoingEmail.objects.filter(kind="application_rejected").exists()


def test_the_walk_sees_a_rejection_that_is_not_held(held: World, settings: Any) -> None:
    settings.DECISION_HOLD_MINUTES = 0
    client = held.client("applicant")
    before = get_all(held, client, queries="application")

    reject(held)

    after = get_all(held, client, queries="application")
    changed = {re.sub(r"[0-9a-f-]{36}|\?.*", "", path) for path in after if after[path] != before[path]}
    assert changed >= {
        "/api/applications/",
        "/api/applications//",
        "/api/applications//timeline/",
        "/api/notifications/",
        "/api/notifications/unread-count/",
        "/api/auth/me/export/",
    }


WRITES = [
    ("patch", {"cover_letter": "A better letter."}),
    ("patch", {"status": "withdrawn"}),
    ("patch", {"cover_letter": "Never mind.", "status": "withdrawn"}),
    ("patch", {"status": "reviewed"}),
    ("patch", {"status": "rejected"}),
    ("patch", {"status": "rejected", "reason": "skills"}),
    ("patch", {}),
    ("delete", None),
    ("put", {}),
    ("post", {}),
]
# Of what the request itself writes.
NEW = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def written(world: World, client: Any, method: str, body: Any, tag: str) -> Any:
    """Return the response to a write, and all that the applicant gets after it, with new ids and times left out."""
    applicant, path = world.rows["applicant"], f"/api/applications/{world.rows['application'].pk}/"
    known = {str(row.pk) for row in world.rows.values()}

    def plain(value: Any) -> str:
        text = NEW.sub("T", repr(value))
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda found: found[0] if found[0] in known else "U", text)

    with rolled_back():
        headers = {"x-request-id": "walk", **({"if-match": tag} if tag else {})}
        response = getattr(client, method)(path, body, format="json", headers=headers)
        again = {"job": str(world.rows["open"].pk), "resume": str(world.rows["resume"].pk)}
        application = client.post("/api/applications/", again, format="json", headers=headers)
        status, head, content = shown(application)
        head.pop("ETag", None)
        rest = {
            route: client.get(route, headers=headers).json()
            for route in (path, f"{path}timeline/", "/api/applications/", "/api/notifications/")
        }
        emails = sorted(OutgoingEmail.objects.filter(recipient=applicant.pk).values_list("subject", "text"))
        return shown(response), plain((status, head, content)), plain(rest), emails


@pytest.mark.parametrize("if_match", [False, True])
@pytest.mark.parametrize("status", [Status.PENDING, Status.REVIEWED, Status.ACCEPTED])
def test_applicant_writes_under_a_held_rejection_as_without_it(held: World, status: Status, if_match: bool) -> None:  # noqa: FBT001
    client, application = held.client("applicant"), held.rows["application"]
    if status != Status.PENDING:
        change_status(application_id=application.pk, actor=held.rows["employer"].user, status=status)
    tag = client.get(f"/api/applications/{application.pk}/").headers["ETag"] if if_match else ""
    before = [written(held, client, method, body, tag) for method, body in WRITES]

    reject(held, reason=Reason.SALARY, reason_shared=True)

    assert [written(held, client, method, body, tag) for method, body in WRITES] == before


def test_applicant_erases_the_account_under_a_held_rejection_and_it_is_never_told(
    held: World, now: list[datetime]
) -> None:
    reject(held)
    client = held.client("applicant")

    response = client.delete("/api/auth/me/", {"password": "correct-horse-42"}, format="json")

    assert response.status_code == 204
    now[0] += timedelta(hours=2)
    emails = OutgoingEmail.objects.count()
    tell_held_decisions(seconds=1)
    application = Application.objects.get(pk=held.rows["application"].pk)
    assert (application.status, application.told_status, application.tell_at) == ("rejected", "", None)
    assert OutgoingEmail.objects.count() == emails
