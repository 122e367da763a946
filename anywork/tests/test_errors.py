"""One error shape for whatever goes wrong, wherever it does."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as settings_of_project
from django.db import connection, connections
from django.test import Client
from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.test import APIClient

from accounts.models import User
from anywork.api.error_codes import ERROR_CODES, errors_page
from anywork.tests.error_urls import SECRET
from jobs.tests.factories import JobFactory

ORIGIN = "http://localhost:3000"

failing_urls = pytest.mark.urls("anywork.tests.error_urls")


def assert_error(response: Any, status: int, code: str, **fields: list[str]) -> dict[str, Any]:
    """Hold a response of any client against the one shape, and return its body."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    body: dict[str, Any] = json.loads(response.content)
    assert list(body)[:5] == ["status", "code", "message", "errors", "request_id"]
    assert (body["status"], body["code"], body["errors"]) == ("error", code, fields)
    # Words for people, not the print of a structure.
    assert re.fullmatch(r"[A-Z][^{}\[\]]+", body["message"]), body["message"]
    assert body["request_id"] == response.headers["X-Request-ID"]
    return body


# --- URLs and methods -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("debug", ["on", "off"])
@pytest.mark.parametrize("path", ["/api/nothing/", "/api/x", "/api/jobs/1/2/3/"])
def test_caller_of_an_unknown_url_gets_json(anonymous: APIClient, settings: Any, path: str, debug: str) -> None:
    settings.DEBUG = debug == "on"
    body = assert_error(anonymous.get(path), 404, "not_found")
    assert path in body["message"]


@pytest.mark.parametrize("debug", ["on", "off"])
def test_caller_of_an_unknown_url_outside_the_api_gets_json(anonymous: APIClient, settings: Any, debug: str) -> None:
    settings.DEBUG = debug == "on"
    body = assert_error(anonymous.get("/nothing"), 404, "not_found")
    assert "/nothing" in body["message"]


def test_caller_who_forgets_the_slash_is_told_so(anonymous: APIClient) -> None:
    body = assert_error(anonymous.post("/api/auth/login", {}), 404, "not_found")
    assert "slash" in body["message"]


@pytest.mark.parametrize("key", [str(uuid.UUID(int=7)), "abc", "1", "%00", "x" * 500])
def test_caller_of_no_such_row_gets_404(anonymous: APIClient, db: None, key: str) -> None:
    assert_error(anonymous.get(f"/api/jobs/{key}/"), 404, "not_found")


@pytest.mark.parametrize("page", ["0", "-1", "abc", "2", "10" + "0" * 20])
def test_caller_of_no_such_page_gets_404(anonymous: APIClient, db: None, page: str) -> None:
    assert_error(anonymous.get("/api/jobs/", {"page": page}), 404, "not_found")


def test_caller_of_another_method_gets_405_with_those_that_work(anonymous: APIClient) -> None:
    response = anonymous.put("/api/auth/login/", {})
    assert_error(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "POST"


# --- Formats and bodies -----------------------------------------------------------------------------------------------


def test_caller_who_accepts_only_another_format_gets_406(anonymous: APIClient, db: None) -> None:
    assert_error(anonymous.get("/api/jobs/", HTTP_ACCEPT="text/html"), 406, "not_acceptable")


def test_caller_who_sends_another_format_gets_415(anonymous: APIClient) -> None:
    response = anonymous.generic("POST", "/api/auth/login/", "<login/>", "application/xml")
    assert_error(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("body", ["{", "{'a': 1}", '{"email": NaN}', "\xff", ""])
def test_caller_who_sends_broken_json_gets_400(anonymous: APIClient, body: str) -> None:
    data: Any = body.encode("latin-1")
    response = anonymous.generic("POST", "/api/auth/login/", data, "application/json")
    if body:
        assert_error(response, 400, "parse_error")
    else:
        required = ["This field is required."]
        assert_error(response, 400, "validation_error", email=required, password=required)


@pytest.mark.parametrize("body", ["[]", '[{"email": "a@example.org"}]', '"text"', "null", "7", "true"])
@pytest.mark.parametrize("path", ["/api/auth/login/", "/api/auth/register/"])
def test_caller_who_sends_no_object_is_told_so(anonymous: APIClient, path: str, body: str) -> None:
    response = anonymous.generic("POST", path, body, "application/json")
    assert_error(response, 400, "validation_error")


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "7"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_seeker_who_sends_no_object_changes_nothing(seeker: APIClient, method: str, body: str) -> None:
    before = seeker.get("/api/jobseekers/").json()
    path = f"/api/jobseekers/{seeker.user.pk}/"  # type: ignore[attr-defined]
    assert_error(seeker.generic(method, path, body, "application/json"), 400, "validation_error")
    assert seeker.get("/api/jobseekers/").json() == before


def test_caller_with_several_mistakes_reads_the_first_and_finds_all_by_field(employer: APIClient) -> None:
    response = employer.post("/api/locations/", {"city": "x" * 101})
    body = assert_error(
        response,
        400,
        "validation_error",
        city=["Ensure this field has no more than 100 characters."],
        country=["This field is required."],
    )
    assert body["message"] == "City: Ensure this field has no more than 100 characters."


def test_caller_reads_which_item_of_a_list_is_wrong(employer: APIClient) -> None:
    url = "/api/applications/bulk-status/"
    response = employer.post(url, {"ids": [str(uuid.uuid4()), "x"], "status": "reviewed"}, format="json")
    body = assert_error(response, 400, "validation_error", **{"ids.1": ["Must be a valid UUID."]})
    assert body["message"] == "Ids item 2: Must be a valid UUID."


def test_caller_who_leaves_a_field_out_reads_its_name_in_words(anonymous: APIClient) -> None:
    required = ["This field is required."]
    response = anonymous.post("/api/auth/login/", {})
    body = assert_error(response, 400, "validation_error", email=required, password=required)
    assert body["message"] == "Email is required."


def test_admin_who_deletes_what_is_in_use_gets_409(admin: APIClient) -> None:
    job = JobFactory()
    assert_error(admin.delete(f"/api/categories/{job.category_id}/"), 409, "in_use")
    assert admin.get(f"/api/categories/{job.category_id}/").status_code == 200


def test_caller_without_a_token_is_asked_for_one(anonymous: APIClient) -> None:
    response = anonymous.get("/api/auth/me/")
    assert_error(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("debug", ["on", "off"])
def test_caller_by_another_host_name_gets_400(db: None, anonymous: APIClient, settings: Any, debug: str) -> None:
    settings.DEBUG = debug == "on"
    assert_error(anonymous.get("/api/jobs/", HTTP_HOST="evil.example"), 400, "parse_error")


# --- Our own faults ---------------------------------------------------------------------------------------------------


@failing_urls
@pytest.mark.parametrize("path", ["/api/raising/", "/raising-function/"])
def test_caller_of_a_broken_view_gets_json_that_tells_nothing(path: str, caplog: pytest.LogCaptureFixture) -> None:
    client = Client(raise_request_exception=False)
    response = client.get(path, headers={"X-Request-ID": "find-me"})
    body = assert_error(response, 500, "error")
    assert SECRET not in response.content.decode()
    assert body["request_id"] == "find-me"
    # The log holds what the response does not.
    assert SECRET in caplog.text


@failing_urls
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("path", ["/api/jobs/", "/healthz", "/raising-function/"])
def test_debugging_changes_no_answer_where_a_middleware_breaks(settings: Any, path: str, accept: str) -> None:
    settings.DEBUG = True
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "anywork.tests.error_urls.RaisingMiddleware"]
    response = Client(raise_request_exception=False).get(path, headers={"Accept": accept})
    assert_error(response, 500, "error")
    assert SECRET not in response.content.decode()
    assert int(response.headers["Content-Length"]) == len(response.content)


@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_caller_without_a_csrf_cookie_gets_json(path: str) -> None:
    assert_error(Client(enforce_csrf_checks=True).post(path), 403, "permission_denied")


def test_administrator_without_a_csrf_cookie_gets_a_page(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/")
    assert response.status_code == 403
    assert response.headers["Content-Type"].startswith("text/html")


@failing_urls
def test_caller_who_asks_too_often_is_told_when_to_come_back(anonymous: APIClient, db: None) -> None:
    assert anonymous.get("/api/throttled/").status_code == 200

    response = anonymous.get("/api/throttled/")

    assert_error(response, 429, "throttled")
    assert 55 <= int(response.headers["Retry-After"]) <= 60


# --- The database -----------------------------------------------------------------------------------------------------


@failing_urls
@pytest.mark.django_db
def test_caller_of_a_query_that_takes_too_long_gets_503(anonymous: APIClient) -> None:
    response = anonymous.get("/api/slow/")
    assert_error(response, 503, "service_unavailable")
    assert int(response.headers["Retry-After"]) > 0


class KeptConnection:
    """A client whose requests all meet the same thread of the server, and so the same database connection."""

    def __init__(self, url: str) -> None:
        self.http = HTTPConnection(url.removeprefix("http://"), timeout=10)

    def request(self, method: str, path: str) -> Any:
        self.http.request(method, path)
        response: Any = self.http.getresponse()
        response.status_code, response.content = response.status, response.read()
        return response

    def close(self) -> None:
        self.http.close()


@pytest.fixture
def connect(live_server: Any) -> Iterator[Callable[[], KeptConnection]]:
    """Return a function that makes such clients."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(KeptConnection(live_server.url)))


@pytest.fixture
def kept(connect: Callable[[], KeptConnection]) -> KeptConnection:
    return connect()


def end_other_connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


@failing_urls
def test_first_request_after_a_restart_of_the_database_works(kept: KeptConnection) -> None:
    assert kept.request("GET", "/api/jobs/").status_code == 200

    assert end_other_connections() == 1

    assert kept.request("GET", "/api/jobs/").status_code == 200


@failing_urls
def test_caller_whose_query_is_cut_off_gets_503_and_nothing_half_written(kept: KeptConnection) -> None:
    response = kept.request("POST", "/api/losing/")

    assert_error(response, 503, "service_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert not User.objects.filter(email="half-written@example.org").exists()
    assert kept.request("GET", "/api/jobs/").status_code == 200


@failing_urls
def test_caller_meets_503_where_a_middleware_loses_the_database(settings: Any, kept: KeptConnection) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "anywork.tests.error_urls.LosingMiddleware"]
    client = Client(raise_request_exception=False)
    try:
        response = client.get("/api/jobs/?lose=1")
    finally:
        connection.close()
    assert_error(response, 503, "service_unavailable")
    assert int(response.headers["Retry-After"]) > 0


def test_caller_gets_503_while_the_database_is_away_and_is_served_once_it_is_back(
    connect: Callable[[], KeptConnection],
) -> None:
    values = connections.settings["default"]
    port = values["PORT"]
    values["PORT"] = "1"
    try:
        for path in ("/api/jobs/", f"/api/jobs/{uuid.uuid4()}/"):
            response = connect().request("GET", path)
            assert_error(response, 503, "service_unavailable")
            assert int(response.headers["Retry-After"]) > 0
        assert connect().request("GET", "/healthz").status_code == 200
    finally:
        values["PORT"] = port
    assert connect().request("GET", "/api/jobs/").status_code == 200


# --- Request ids and other origins ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/healthz", "/api/nothing/", "/api/auth/me/", "/api/docs/"])
def test_caller_finds_its_request_id_on_every_answer(anonymous: APIClient, path: str) -> None:
    response = anonymous.get(path, headers={"X-Request-ID": "spa-42_a.b"})
    assert response.headers["X-Request-ID"] == "spa-42_a.b"


@pytest.mark.parametrize("offered", ["", "a" * 65, "a b", "a\r\nSet-Cookie: x", "<script>", "ключ"])
def test_caller_gets_another_request_id_for_one_that_could_do_harm(anonymous: APIClient, offered: str) -> None:
    response = anonymous.get("/api/nothing/", headers={"X-Request-ID": offered})
    assert str(uuid.UUID(response.headers["X-Request-ID"])) == response.json()["request_id"]


def test_two_requests_have_two_ids(anonymous: APIClient) -> None:
    ids = {anonymous.get("/healthz").headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("path", ["/api/jobs/", "/api/nothing/", "/api/auth/me/"])
def test_page_of_an_allowed_origin_may_read_the_answer(
    anonymous: APIClient, db: None, settings: Any, path: str
) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    response = anonymous.get(path, headers={"Origin": ORIGIN})
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    exposed = response.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"X-Request-ID", "Retry-After", "ETag"} <= set(exposed)


def test_page_of_an_allowed_origin_may_ask_before_it_sends(anonymous: APIClient, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,x-request-id,if-match,idempotency-key",
    }
    response = anonymous.options("/api/auth/me/", headers=asked)
    assert response.status_code == 200
    assert "PATCH" in response.headers["Access-Control-Allow-Methods"]
    allowed = set(response.headers["Access-Control-Allow-Headers"].split(", "))
    assert {"authorization", "content-type", "x-request-id", "if-match", "idempotency-key"} <= allowed


def test_page_of_another_origin_may_not_read_the_answer(anonymous: APIClient, db: None, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    response = anonymous.get("/api/jobs/", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in response.headers


# --- Codes ------------------------------------------------------------------------------------------------------------


def raised_codes() -> dict[str, int]:
    """Return the codes and statuses of all exceptions and permissions of the project and of REST framework."""

    def subclasses(kind: Any) -> Iterator[Any]:
        for subclass in kind.__subclasses__():
            if ".tests." not in subclass.__module__:
                yield subclass
                yield from subclasses(subclass)

    codes = {"validation_error": 400, "error": 500, "token_not_valid": 401, "bad_request": 400}
    # ValidationError's own code is replaced; Simple JWT's exceptions and AuthenticationFailed become `token_not_valid`.
    replaced = {kind.default_code for kind in (exceptions.ValidationError, exceptions.AuthenticationFailed)}
    for problem in subclasses(exceptions.APIException):
        if problem.default_code not in replaced and "simplejwt" not in problem.__module__:
            codes[problem.default_code] = problem.status_code
    codes |= {permission.code: 403 for permission in subclasses(BasePermission) if getattr(permission, "code", None)}
    return codes


def test_codes_are_listed_with_their_status() -> None:
    assert {code: known.status for code, known in ERROR_CODES.items()} == raised_codes()
    assert list(ERROR_CODES) == sorted(ERROR_CODES)


def test_page_of_codes_is_the_generated_one() -> None:
    page = Path(settings_of_project.BASE_DIR) / "docs" / "errors.md"
    assert page.read_text(encoding="utf-8") == errors_page(), "docs/errors.md is behind the code; run: make schema"
