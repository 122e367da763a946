"""The OpenAPI schema and the page that shows it: complete, true to itself, and served from our own origin alone."""

import re
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import SPECTACULAR_DEFAULTS

from accounts.tests.factories import JobSeekerFactory
from accounts.tokens import open_session
from anywork.api.schema_view import _rendered_schema
from jobs.life import ACTIONS

COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"
HOW_TO_REGENERATE = "docs/openapi.yaml is behind the code; run: make schema"


@pytest.fixture(scope="module")
def generated():
    """The schema as the command writes it, which fails on any warning."""
    text = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=text)
    return text.getvalue()


@pytest.fixture(scope="module")
def schema(generated):
    return yaml.safe_load(generated)


@pytest.fixture(scope="module")
def operations(schema):
    """Every operation, by a name that a failure can be read by."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


@pytest.fixture(scope="module")
def matches(schema):
    """Return a function that tells what is wrong with a value under a schema, or nothing."""
    checker = jsonschema.FormatChecker()

    def problems(value, part):
        validator = jsonschema.Draft202012Validator(
            {**as_json_schema(part), "components": as_json_schema(schema["components"])}, format_checker=checker
        )
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    return problems


def as_json_schema(part):
    """Return a part of an OpenAPI 3.0 schema as JSON Schema: that has no `nullable`, and objects here are closed."""
    if isinstance(part, list):
        return [as_json_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    known = {key: as_json_schema(value) for key, value in part.items() if key not in {"nullable", "example"}}
    if isinstance(part.get("properties"), dict) and part.get("type") == "object":
        known.setdefault("additionalProperties", False)
    return {"anyOf": [known, {"type": "null"}]} if part.get("nullable") is True else known


def resolved(schema, part):
    """Follow a reference to a component."""
    while "$ref" in part:
        found = schema
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def responses(schema, operation):
    """Return an operation's responses by status."""
    return {int(code): resolved(schema, response) for code, response in operation["responses"].items()}


# --- The document -----------------------------------------------------------------------------------------------------


def test_committed_schema_is_the_generated_one(generated):
    assert COMMITTED.read_text() == generated, HOW_TO_REGENERATE


def test_schema_settings_exist():
    assert settings.SPECTACULAR_SETTINGS.keys() <= SPECTACULAR_DEFAULTS.keys()


def test_every_operation_is_explained(schema, operations):
    known_tags = {tag["name"] for tag in schema["tags"]}
    for name, operation in operations.items():
        assert operation["summary"], name
        assert len(operation["summary"]) <= 40, name
        assert operation["description"].endswith((".", "|")) or "\n" in operation["description"], name
        assert len(operation["tags"]) == 1, name
        assert operation["tags"][0] in known_tags, name


def test_every_tag_is_described_and_used(schema, operations):
    used = {operation["tags"][0] for operation in operations.values()}
    assert {tag["name"] for tag in schema["tags"]} == used
    assert all(tag["description"] for tag in schema["tags"])


def test_summaries_and_operation_ids_are_unique(operations):
    for key in ("summary", "operationId"):
        values = [operation[key] for operation in operations.values()]
        assert sorted(values) == sorted(set(values))


def test_operation_ids_are_what_client_generators_got_before(operations):
    ids = {name: operation["operationId"] for name, operation in operations.items()}
    expected = {
        "POST /api/auth/login/": "auth_login",
        "GET /api/auth/me/": "auth_me_retrieve",
        "PATCH /api/auth/me/": "auth_me_partial_update",
        "GET /api/jobs/": "jobs_list",
        "POST /api/jobs/": "jobs_create",
        "GET /api/jobs/{job_id}/": "jobs_retrieve",
        "PUT /api/jobs/{job_id}/": "jobs_update",
        "PATCH /api/jobs/{job_id}/": "jobs_partial_update",
        "DELETE /api/jobs/{job_id}/": "jobs_destroy",
        "GET /api/employer/jobs/": "employer_jobs_list",
        "GET /api/notifications/unread-count/": "notifications_unread_count",
        "POST /api/notifications/mark-all-read/": "notifications_mark_all_read",
        "GET /media/resumes/{resume_id}.pdf": "resumes_download",
    }
    assert {name: ids[name] for name in expected} == expected


def test_every_body_and_answer_has_an_example_that_fits(schema, operations, matches):
    problems = {}
    for name, operation in operations.items():
        bodies = {"request": operation.get("requestBody", {}), **responses(schema, operation)}
        for part, body in bodies.items():
            for media_type, content in body.get("content", {}).items():
                if media_type in {"application/pdf", "application/zip"}:
                    continue
                examples = content.get("examples", {})
                wrong = [] if examples else ["no example"]
                for example in examples.values():
                    wrong += matches(example["value"], content["schema"])
                if wrong:
                    problems[f"{name} {part}"] = wrong
    assert problems == {}


def test_example_that_does_not_fit_is_noticed(schema, matches):
    category = {"$ref": "#/components/schemas/Category"}
    fits = {"category_id": "45cee174-0222-451d-afc3-ef8a7940e027", "name": "Art", "description": ""}
    assert matches(fits, category) == []
    assert matches({**fits, "category_id": "45"}, category)
    assert matches({**fits, "colour": "red"}, category)
    assert matches({**fits, "name": None}, category)
    assert matches({"name": "Art"}, category)


def test_dates_of_examples_lie_ahead(generated):
    years = {int(year) for year in re.findall(r"'(\d{4})-\d\d-\d\d[T']", generated)}
    assert years == {2030}


def test_every_answer_carries_the_request_id_and_every_error_the_error_shape(schema, operations):
    for name, operation in operations.items():
        found = responses(schema, operation)
        assert any(code >= 400 for code in found), name
        assert any(code < 400 for code in found), name
        for code, response in found.items():
            assert all(resolved(schema, header)["description"] for header in response["headers"].values()), (name, code)
            assert "X-Request-ID" in response["headers"], (name, code)
            assert ("Retry-After" in response["headers"]) == (code in {429, 503}), (name, code)
            assert ("WWW-Authenticate" in response["headers"]) == (code == 401), (name, code)
            if code >= 400:
                content = response["content"]
                assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}, (name, code)
                assert {example["value"]["status"] for example in content["application/json"]["examples"].values()} == {
                    "error"
                }, (name, code)


def test_deletions_answer_no_body(schema, operations):
    for name, operation in operations.items():
        if name.startswith("DELETE"):
            assert "content" not in responses(schema, operation)[204], name


def test_error_answers_follow_from_the_view(schema, operations):
    def codes(name):
        return set(responses(schema, operations[name]))

    assert codes("GET /api/categories/") == {200, 304, 400, 401, 404, 429, 503}
    assert codes("POST /api/categories/") == {201, 400, 401, 403, 409, 413, 415, 429, 503}
    assert codes("DELETE /api/categories/{category_id}/") == {204, 400, 401, 403, 404, 409, 412, 429, 503}
    assert codes("PATCH /api/jobs/{job_id}/") == {200, 400, 401, 403, 404, 409, 412, 413, 415, 429, 503}
    assert codes("GET /api/skills/{skill_id}/") == {200, 304, 401, 404, 429, 503}
    assert codes("GET /api/skills/") == {200, 400, 401, 404, 429, 503}
    assert codes("GET /api/jobs/") == {200, 304, 400, 401, 404, 429, 503}
    assert codes("POST /api/auth/register/") == {201, 400, 413, 415, 429, 503}
    assert codes("GET /api/auth/me/") == {200, 401, 429, 503}
    assert codes("POST /api/notifications/mark-all-read/") == {200, 401, 429, 503}
    assert codes("GET /media/resumes/{resume_id}.pdf") == {200, 401, 403, 404, 429, 503}


def test_conditional_requests_are_documented_where_they_are_minded(schema, operations):
    for name, operation in operations.items():
        method, found = name.split()[0], responses(schema, operation)
        sent = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "header"}
        assert (304 in found) == (sent == {"If-None-Match"}), name
        assert (412 in found) == (sent == {"If-Match"}), name
        assert 304 not in found or ("ETag" in found[200]["headers"] and "content" not in found[304]), name
        is_action = method == "POST" and name.endswith(tuple(f"/{action}/" for action in ACTIONS))
        assert 412 not in found or method in {"PUT", "PATCH", "DELETE"} or is_action, name
        assert ("ETag" in found.get(201, {"headers": {}})["headers"]) == operation["operationId"].endswith("_create"), (
            name
        )


def test_authorize_takes_the_access_token(schema, operations):
    scheme = schema["components"]["securitySchemes"]
    assert list(scheme) == ["accessToken"]
    assert (scheme["accessToken"]["type"], scheme["accessToken"]["scheme"]) == ("http", "bearer")
    required: list[dict[str, list[str]]] = [{"accessToken": []}]
    optional = [*required, {}]
    expected = {
        "GET /api/auth/me/": required,
        "POST /api/jobs/": required,
        "GET /api/jobs/": optional,
        "GET /api/employers/{user_id}/": optional,
        "GET /media/resumes/{resume_id}.pdf": optional,
        "POST /api/auth/logout/": optional,
    }
    assert {name: operations[name]["security"] for name in expected} == expected
    assert operations["POST /api/auth/login/"]["security"] == []


def test_every_parameter_is_explained_and_every_id_is_a_uuid(operations):
    for name, operation in operations.items():
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (name, parameter["name"])
            if parameter["in"] == "path":
                assert parameter["schema"]["format"] == "uuid", (name, parameter["name"])


def test_repeatable_filters_and_expand_are_arrays(operations):
    parameters = {parameter["name"]: parameter for parameter in operations["GET /api/jobs/"]["parameters"]}
    shapes = {
        name: (parameters[name]["schema"]["type"], parameters[name]["explode"]) for name in ("category", "job_type")
    }
    assert shapes == {"category": ("array", True), "job_type": ("array", True)}
    assert parameters["expand"]["explode"] is False
    assert parameters["expand"]["schema"]["items"]["enum"] == [
        "employer",
        "location",
        "category",
        "state",
        "publishing",
        "salary",
        "workplace",
        "saved",
        "skills",
    ]
    [one] = [
        parameter for parameter in operations["GET /api/jobs/{job_id}/"]["parameters"] if parameter["name"] == "expand"
    ]
    assert one["schema"]["items"]["enum"][-1] == "description_html"
    # More than 200 count as that many.
    assert parameters["page_size"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 20}


def test_enums_have_names_of_their_own(schema):
    enums = {name for name, part in schema["components"]["schemas"].items() if "enum" in part}
    assert enums == {
        "ApplicationStatus",
        "BulkOutcome",
        "EmployerStatus",
        "RejectionReason",
        "TimelineActor",
        "TimelineKind",
        "Blank",
        "ClosedReason",
        "JobActor",
        "Importance",
        "ErrorCode",
        "ErrorStatus",
        "JobState",
        "JobType",
        "OpenRole",
        "QuestionKind",
        "Role",
        "SalaryPeriod",
        "SearchFrequency",
        "SalarySource",
        "SuccessStatus",
        "Workplace",
    }


def test_resume_upload_is_multipart_and_its_file_a_pdf(operations):
    upload = operations["POST /api/resumes/"]["requestBody"]["content"]
    assert list(upload) == ["multipart/form-data"]
    assert upload["multipart/form-data"]["encoding"]["file_path"]["contentType"] == "application/pdf"
    download = operations["GET /media/resumes/{resume_id}.pdf"]["responses"]["200"]["content"]
    assert download == {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}


def test_schema_names_the_server_that_serves_it(schema):
    assert schema["servers"] == [{"url": "/"}]


# --- The pages --------------------------------------------------------------------------------------------------------


def test_anonymous_gets_the_schema_as_yaml_and_as_json(anonymous, schema):
    assert yaml.safe_load(anonymous.get("/api/schema/").content) == schema
    as_json = anonymous.get("/api/schema/", HTTP_ACCEPT="application/json")
    assert as_json["Content-Type"] == "application/json"
    assert as_json.json() == schema


def test_schema_is_rendered_once_and_not_sent_to_clients_that_have_it(anonymous, monkeypatch):
    renderings = []

    generate = SchemaGenerator.get_schema

    def count_and_generate(*args, **kwargs):
        renderings.append(kwargs)
        return generate(*args, **kwargs)

    _rendered_schema.cache_clear()
    monkeypatch.setattr(SchemaGenerator, "get_schema", count_and_generate)
    first, second = (anonymous.get("/api/schema/") for _ in range(2))

    assert first.content == second.content
    assert len(renderings) == 1
    known = anonymous.get("/api/schema/", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (known.status_code, known.content) == (304, b"")
    assert anonymous.get("/api/schema/", HTTP_ACCEPT="application/json")["ETag"] != first["ETag"]


@pytest.mark.parametrize("path", ["/api/docs/", "/api/schema/"])
def test_stale_token_opens_docs_and_schema(anonymous, path):
    assert anonymous.get(path, HTTP_AUTHORIZATION="Bearer stale").status_code == 200


@pytest.mark.parametrize("path", ["/api/docs/", "/api/schema/"])
def test_errors_of_docs_and_schema_have_the_error_shape(anonymous, path):
    refused = anonymous.post(path)
    assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")
    refused = anonymous.get(path, HTTP_ACCEPT="image/png")
    assert (refused.status_code, refused.json()["code"]) == (406, "not_acceptable")


def test_home_leads_to_the_docs(anonymous):
    assert anonymous.get("/")["Location"] == "/api/docs/"


class Links(HTMLParser):
    """Collects what a page loads."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in {"href", "src"}]


def test_docs_page_loads_from_its_own_origin_only(anonymous):
    page = anonymous.get("/api/docs/").content.decode()
    links = Links()
    links.feed(page)
    assert len(links.found) == 7, "icon, two style sheets and four scripts"
    assert "<script>" not in page
    assert {urlsplit(urljoin("http://testserver/api/docs/", link)).netloc for link in links.found} == {"testserver"}
    assert re.findall(r"https?://[^\s\"']+", page) == []
    # On localhost the page would not ask its validator, so the browser below could not notice.
    assert '"validatorUrl": null' in anonymous.get("/api/docs/?script=").content.decode()


@pytest.fixture
def account(transactional_db):
    """A user and its access token."""
    user = JobSeekerFactory().user
    return user, open_session(user).access


@pytest.mark.slow
def test_developer_authorizes_in_the_browser_and_calls_me(live_server, account, page):
    user, access_token = account
    requested, console = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda line: console.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: console.append(str(error)))

    page.goto(f"{live_server.url}/")
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.get_by_label("auth-bearer-value").fill(access_token)
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close", exact=True).click()
    page.locator("#operations-tag-Account").click()
    operation = page.locator("#operations-Account-auth_me_retrieve")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Execute").click()
    response = operation.locator(".live-responses-table tr.response")
    response.wait_for()

    assert response.locator(".response-col_status").inner_text().startswith("200")
    assert str(user.pk) in response.locator(".response-col_description").inner_text()
    assert {f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in fetched(requested)} == {live_server.url}
    assert console == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tag", "operation"),
    [("Jobs", "jobs_list"), ("Jobs", "jobs_create"), ("Resumes", "resumes_create"), ("Login", "auth_login")],
)
def test_developer_reads_the_page_on_a_phone(live_server, page, tag, operation):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/api/docs/")
    page.locator(f"#operations-tag-{tag}").click()
    shown = page.locator(f"#operations-{tag}-{operation}")
    shown.locator(".opblock-summary-control").click()
    shown.locator(".responses-table").wait_for()

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    names = shown.locator("td.parameters-col_name")
    # Names are read in one or two lines, not letter by letter.
    assert all(cell.bounding_box()["width"] > 70 for cell in names.all())


@pytest.mark.slow
def test_developer_reads_padlocks_and_errors_at_a_glance(live_server, account, page):
    page.goto(f"{live_server.url}/api/docs/")
    page.locator("#operations-tag-Jobs").click()
    create = page.locator("#operations-Jobs-jobs_create")
    create.locator(".opblock-summary-control").first.click()
    shared = create.locator("tr[data-code='429']")
    shared.wait_for()
    assert shared.bounding_box()["height"] < 40
    assert "throttled" not in shared.inner_text()
    assert "permission_denied" in create.locator("tr[data-code='403']").inner_text()
    shared.get_by_role("button").click()
    assert "throttled" in create.locator("tr[data-code='429']").nth(1).inner_text()
    shared.first.get_by_role("button").click()
    assert create.locator("tr[data-code='429']").count() == 1

    def count(padlocks):
        return page.locator(f"#operations-tag-Jobs + * [aria-label='authorization button {padlocks}']").count()

    # Open until a token is given, also where it is optional.
    assert (count("unlocked"), count("locked")) == (22, 0)
    page.get_by_role("button", name="Authorize", exact=True).click()
    page.get_by_label("auth-bearer-value").fill(account[1])
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close", exact=True).click()
    page.wait_for_timeout(500)
    assert (count("unlocked"), count("locked")) == (0, 22)


def fetched(urls):
    """Return the URLs that leave the browser."""
    return [url for url in urls if not url.startswith("data:")]
