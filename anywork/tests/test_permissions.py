"""Who may do what, cell by cell of `permission_table.py`, and that the table leaves nothing out."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import URLPattern, get_resolver, resolve
from rest_framework.test import APIClient
from rest_framework.views import APIView

from accounts.models import Employer, JobSeeker, Skill, User
from accounts.tests.factories import (
    SkillFactory,
)
from analytics.models import Analytics
from anywork.tests.permission_table import CELLS, LIST_CELLS, Cell
from anywork.tests.world import APPS, SIGNED_IN, World, fingerprint
from applications.models import Application, Note, Question
from jobs.models import Category, Job, Location
from notifications.models import Notification
from resumes.models import Resume, ResumeAccess

MODELS: dict[str, Any] = {
    "/api/jobseekers/": JobSeeker,
    "/api/employers/": Employer,
    "/api/categories/": Category,
    "/api/locations/": Location,
    "/api/jobs/": Job,
    "/api/resumes/": Resume,
    # No other file was opened.
    "/api/resumes/{resume}/accesses/": ResumeAccess,
    "/api/jobs/{open}/questions/": Question,
    "/api/applications/": Application,
    # No other application has any.
    "/api/applications/{application}/notes/": Note,
    "/api/skills/": Skill,
    "/api/analytics/": Analytics,
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")


def assert_refused(world: World, response: Any, status: int) -> None:
    """A refusal has the one shape and leaves no trace."""
    assert response.status_code == status, response.content
    body = response.json()
    assert list(body) == ["status", "code", "message", "errors", "request_id"]
    assert body["status"] == "error"
    assert body["code"]
    assert body["message"]
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert (response.headers.get("WWW-Authenticate") == "Bearer") is (status == 401)
    assert fingerprint() == world.fingerprint


def assert_as_for_no_such_row(world: World, cell: Cell, response: Any, client: APIClient) -> None:
    """The response does not tell a hidden row from one that does not exist."""
    before, _, row = cell.path.rpartition("{")
    path = world.fill(before, cell.caller) + str(uuid.uuid4()) + row.partition("}")[2]
    nowhere = world.send(cell, client=client, path=path)
    assert nowhere.status_code == response.status_code
    assert {**nowhere.json(), "request_id": ""} == {**response.json(), "request_id": ""}
    own = {"X-Request-ID", "Content-Length"}
    assert {k: v for k, v in nowhere.headers.items() if k not in own} == {
        k: v for k, v in response.headers.items() if k not in own
    }


def assert_allowed(world: World, cell: Cell, response: Any) -> None:
    """The response is about the row that was asked for, and what was to change has changed."""
    assert response.status_code == int(cell.expected), response.content
    if cell.method != "GET":
        # A bulk request to foreign rows says that there are none.
        finds_none = cell.path.endswith("/bulk-status/") and cell.caller == "rival"
        assert (fingerprint() == world.fingerprint) is finds_none
    elif cell.path.endswith("}/") and cell.path.startswith("/api/"):
        wanted = cell.path.rpartition("{")[2].partition("}")[0]
        assert next(iter(response.json().values())) == world.key(wanted, cell.caller)


def assert_answers(world: World, cell: Cell, client: APIClient | None = None) -> None:
    client = client or world.client(cell.caller)
    response = world.send(cell, client=client)
    if not cell.refusal:
        assert_allowed(world, cell, response)
        return
    assert_refused(world, response, cell.refusal)
    if cell.refusal == 404 and "{" in cell.path:
        assert_as_for_no_such_row(world, cell, response, client)


def assert_lists(world: World, cell: Cell) -> None:
    response = world.send(cell)
    if cell.refusal:
        assert_refused(world, response, cell.refusal)
        return
    assert response.status_code == 200
    body = response.json()
    listed = {next(iter(row.values())) for row in body["results"]}
    match cell.expected:
        case "all":
            expected = {str(key) for key in MODELS[cell.path].objects.values_list("pk", flat=True)}
        case "none":
            expected = set()
        case "own":
            expected = {world.key("own_notification", cell.caller)}
        case names:
            expected = {world.key(name) for name in names.split()}
    assert listed == expected
    assert body["count"] == len(expected)


@pytest.mark.parametrize("cell", LIST_CELLS, ids=str)
def test_caller_lists_exactly_what_the_table_says(world: World, cell: Cell) -> None:
    assert_lists(world, cell)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_caller_gets_what_the_table_says(world: World, cell: Cell) -> None:
    assert_answers(world, cell)


# --- An administrator is one whatever the role, from the next request on ----------------------------------------------

# Here even an administrator has only what is its own.
OWN_ALONE = ("/api/auth/", "/api/notifications/")
# These know no users.
PUBLIC = ("/api/schema/", "/api/docs/", "/sitemap.xml", "/feeds/", "/robots.txt", "/healthz", "/admin/")


PERSONS = ("undecided", "applicant", "employer")
ADMIN_CELLS = [
    cell for cell in (*LIST_CELLS, *CELLS) if cell.caller == "admin" and not cell.path.startswith(OWN_ALONE + PUBLIC)
]
# Each list by each of them, since a list depends on the role; the other requests by one of them in turn.
MADE_ADMINISTRATORS = [
    (person, cell)
    for number, cell in enumerate(ADMIN_CELLS)
    for person in (PERSONS if cell in LIST_CELLS else PERSONS[number % 3 :][:1])
]


@pytest.mark.parametrize(("person", "cell"), MADE_ADMINISTRATORS, ids=str)
def test_user_made_administrator_after_sign_in_gets_what_administrators_get(
    world: World, person: str, cell: Cell
) -> None:
    User.objects.filter(pk=world.rows[person].pk).update(is_staff=True, is_superuser=True)
    world = world._replace(fingerprint=fingerprint())
    cell = cell._replace(caller=person)
    if cell in LIST_CELLS or cell.expected == "all":
        assert_lists(world, cell)
    else:
        assert_answers(world, cell)


STAFF_CELLS = [
    cell
    for cell in (*LIST_CELLS, *CELLS)
    if cell.caller == "admin" and not cell.path.startswith((*OWN_ALONE, *PUBLIC, "/api/notification-preferences/"))
]


def demoted(world: World, *permissions: str) -> World:
    """Return the world with an administrator with these permissions only."""
    admin = User.objects.get(pk=world.rows["admin"].pk)
    User.objects.filter(pk=admin.pk).update(is_superuser=False)
    granted = Permission.objects.filter(codename__in=permissions, content_type__app_label__in=APPS)
    assert granted.count() == len(permissions)
    admin.user_permissions.set(granted)
    return world._replace(fingerprint=fingerprint())


@pytest.mark.parametrize("cell", STAFF_CELLS, ids=str)
def test_staff_without_permissions_gets_what_an_anonymous_caller_gets_with_403_for_401(
    world: World, cell: Cell
) -> None:
    world = demoted(world)
    [anonymous] = [
        other for other in (*LIST_CELLS, *CELLS) if other == cell._replace(caller="anonymous", expected=other.expected)
    ]
    expected = "403" if anonymous.expected == "401" else anonymous.expected
    if cell in LIST_CELLS:
        assert_lists(world, cell._replace(expected=expected))
    else:
        assert_answers(world, cell._replace(expected=expected))


@pytest.mark.parametrize("cell", STAFF_CELLS, ids=str)
def test_staff_with_all_permissions_gets_what_a_superuser_gets(world: World, cell: Cell) -> None:
    names = [model.__name__.lower() for model in MODELS.values() if model is not ResumeAccess]
    actions = ("view", "add", "change", "delete")
    world = demoted(world, *(f"{action}_{name}" for action in actions for name in names))
    if cell in LIST_CELLS:
        assert_lists(world, cell)
    else:
        assert_answers(world, cell)


@pytest.mark.parametrize(
    ("permission", "request_", "status"),
    [
        ("view_job", "GET /api/jobs/{hidden}/", 200),
        ("view_job", "PATCH /api/jobs/{open}/ title=Cook", 403),
        ("view_job", "DELETE /api/jobs/{open}/", 403),
        ("change_job", "PATCH /api/jobs/{hidden}/ title=Cook", 200),
        ("change_job", "DELETE /api/jobs/{hidden}/", 403),
        ("delete_job", "DELETE /api/jobs/{open}/", 204),
        ("delete_job", "DELETE /api/jobs/{hidden}/", 404),
        ("view_jobseeker", "GET /api/jobseekers/{leaver}/", 200),
        ("view_jobseeker", "POST /api/notifications/ user={leaver}", 403),
        ("view_jobseeker", "GET /api/resumes/{resume}/", 403),
        ("view_resume", "GET /media/resumes/{resume}.pdf", 200),
        ("change_category", "POST /api/categories/", 403),
        ("add_category", "POST /api/categories/", 201),
        ("add_notification", "POST /api/notifications/ user={leaver}", 201),
        ("change_application", "PATCH /api/applications/{application}/ status=reviewed", 403),
    ],
)
def test_staff_with_one_permission_does_that_alone(world: World, permission: str, request_: str, status: int) -> None:
    world = demoted(world, permission)
    cell = next(cell for cell in CELLS if str(cell) == f"{request_} by admin")

    response = world.send(cell)

    assert response.status_code == status


def test_administrator_demoted_after_sign_in_sees_nothing_foreign_at_once(world: World) -> None:
    admin = world.client("admin")
    assert admin.get(world.fill("/api/resumes/{resume}/")).status_code == 200

    User.objects.filter(pk=world.rows["admin"].pk).update(is_staff=False)

    assert admin.get(world.fill("/api/resumes/{resume}/")).status_code == 404
    assert admin.get("/api/resumes/").json()["results"] == []


def test_employer_who_became_a_job_seeker_after_sign_in_posts_no_job(world: World) -> None:
    User.objects.filter(pk=world.rows["employer"].pk).update(role="job_seeker")
    cell = next(cell for cell in CELLS if str(cell) == "POST /api/jobs/ by employer")

    assert_refused(world._replace(fingerprint=fingerprint()), world.send(cell), 403)


@pytest.mark.parametrize("caller", SIGNED_IN)
def test_user_deactivated_after_sign_in_is_nobody_at_once(world: World, caller: str) -> None:
    User.objects.filter(pk=world.rows[caller].pk).update(is_active=False)

    assert world.client(caller).get("/api/auth/me/").status_code == 401


# --- A bad token ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", [cell for cell in (*LIST_CELLS, *CELLS) if cell.caller == "anonymous"], ids=lambda cell: str(cell)[:-12]
)
def test_caller_with_a_bad_token_counts_as_anonymous_but_gets_401_for_404(world: World, cell: Cell) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer long.since.expired")

    response = world.send(cell, client=client)

    if cell.refusal in {401, 404}:
        assert_refused(world, response, 401)
    elif cell in CELLS:
        assert response.status_code == int(cell.expected)
    else:
        assert response.json() == world.send(cell).json()


# --- A withdrawn application ------------------------------------------------------------------------------------------


def test_employer_sees_a_seeker_until_the_application_is_withdrawn(world: World) -> None:
    rival, seeker, key = world.client("rival"), world.client("seeker"), world.key("seeker")
    SkillFactory(user=world.rows["seeker"].user)
    applied = seeker.post(
        "/api/applications/", {"job": world.key("vacant"), "resume": world.key("seeker_resume")}, format="json"
    ).json()

    def visible() -> list[int]:
        lists = (rival.get(path).json()["count"] for path in ("/api/jobseekers/", "/api/resumes/", "/api/skills/"))
        file = rival.get(world.fill("/media/resumes/{seeker_resume}.pdf"))
        if file.streaming:
            file.getvalue()
        told = rival.post("/api/notifications/", {"user": key, "message": "Come by"}, format="json")
        return [*lists, rival.get(f"/api/jobseekers/{key}/").status_code, file.status_code, told.status_code]

    assert visible() == [1, 1, 1, 200, 200, 201]
    assert seeker.delete(f"/api/applications/{applied['application_id']}/").status_code == 204
    assert visible() == [0, 0, 0, 404, 404, 403]
    assert rival.get("/api/applications/").json()["count"] == 1
    assert Notification.objects.filter(user=world.rows["seeker"].pk, message="Come by").count() == 1


@pytest.mark.parametrize("caller", ["employer", "leaver"])
def test_withdrawn_application_shows_letter_contact_and_file_to_the_applicant_alone(world: World, caller: str) -> None:
    client, key = world.client(caller), world.key("withdrawn")

    read = client.get(f"/api/applications/{key}/").json()
    listed = {row["application_id"]: row for row in client.get("/api/applications/").json()["results"]}[key]

    leaver = world.rows["leaver"]
    for body in (read, listed):
        assert body["status"] == "withdrawn"
        person = body["job_seeker_details"]
        shown = (body["cover_letter"], person["phone_number"], person["email"], body["resume_details"] is not None)
        if caller == "leaver":
            assert shown == (world.rows["withdrawn"].cover_letter, leaver.phone_number, leaver.user.email, True)
        else:
            assert shown == ("", "", "", False)


# --- Nothing else is offered ------------------------------------------------------------------------------------------


def drf_routes() -> Iterator[tuple[str, URLPattern]]:
    def walk(resolver: Any, prefix: str) -> Iterator[tuple[str, URLPattern]]:
        for pattern in resolver.url_patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield path, pattern
            else:
                yield from walk(pattern, path)

    for path, pattern in walk(get_resolver(), "/"):
        view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
        if view is not None and issubclass(view, APIView):
            yield path, pattern


def offered_methods(pattern: URLPattern) -> set[str]:
    """Return the methods that a route supports, except HEAD, which comes with GET."""
    view: Any = pattern.callback.cls  # type: ignore[attr-defined]
    bound = getattr(pattern.callback, "actions", None) or [
        name for name in view.http_method_names if hasattr(view, name)
    ]
    return {name.upper() for name in bound if name in view.http_method_names} - {"OPTIONS", "HEAD"}


def tabled_methods() -> dict[URLPattern, set[str]]:
    """Return the methods that the table knows of, by view function: one for each route."""
    tabled: dict[Any, set[str]] = {}
    for cell in (*LIST_CELLS, *CELLS):
        view = resolve(concrete(cell.path)).func
        tabled.setdefault(view, set()).add(cell.method)
    return tabled


def concrete(path: str) -> str:
    return re.sub(r"{\w+}", str(uuid.UUID(int=0)), path.partition("?")[0])


def test_every_route_and_method_is_in_the_table() -> None:
    tabled = tabled_methods()
    missing = {
        (path, method)
        for path, pattern in drf_routes()
        for method in offered_methods(pattern) - tabled.get(pattern.callback, set())  # type: ignore[call-overload]
    }
    assert missing == set()


ROUTES = sorted(
    {
        re.sub(r"{\w+}", "{}", cell.path): cell.path
        for cell in (*LIST_CELLS, *CELLS)
        if cell.path.startswith(("/api/", "/media/"))
    }.values()
)


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("caller", ["anonymous", "applicant", "admin"])
def test_caller_gets_405_for_every_method_that_is_not_offered(world: World, path: str, caller: str) -> None:
    route = next(pattern for _, pattern in drf_routes() if pattern.callback is resolve(concrete(path)).func)
    offered = offered_methods(route)
    client = world.client(caller)
    for method in set(METHODS) - offered - ({"HEAD"} if "GET" in offered else set()):
        response = client.generic(method, world.fill(path, caller))
        assert response.status_code == 405, method
        assert set(response.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == offered
        if method != "HEAD":
            assert_refused(world, response, 405)
