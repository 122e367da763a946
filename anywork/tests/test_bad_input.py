"""Bad input, at every operation that the schema knows: never a 5xx, never HTML, never a partial write."""

import json
import re
import tracemalloc
from collections.abc import Iterator
from http import HTTPStatus
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient
from rest_framework.views import APIView
from werkzeug.test import Client

from accounts.models import Skill
from anywork.api.media_types import replace_unreadable_headers
from anywork.tests.permission_table import CELLS, LIST_CELLS, Cell
from anywork.tests.world import APPS, SIGNED_IN, World, fingerprint
from jobs.models import Category

# Thousands of requests.
pytestmark = pytest.mark.slow

JSON = "application/json"
MIB = 1024 * 1024


def assert_refused(response: Any, status: int, message: str = "") -> dict[str, Any]:
    """A refusal has the one shape and says something for people to read."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == JSON
    body: dict[str, Any] = json.loads(response.content)
    assert list(body) == ["status", "code", "message", "errors", "request_id"]
    assert message in body["message"]
    assert body["message"]
    return body


# --- Bodies -----------------------------------------------------------------------------------------------------------

NO_JSON = {
    "nested 100,000 deep": (b'{"name":' + b"[" * 100_000, "nested too deeply"),
    "nested 100,000 deep and closed": (b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    "objects 100,000 deep": (b'{"name":' * 100_000, "nested too deeply"),
    "a number of 5,000 digits": (b'{"name":' + b"9" * 5_000 + b"}", "more than 100 digits"),
    "a negative number of 5,000 digits": (b'{"name":-' + b"9" * 5_000 + b"}", "more than 100 digits"),
    "a number beyond all floats": (b'{"name":1e999}', "a number is too large"),
    "NaN": (b'{"name":NaN}', "NaN is no JSON number"),
    "-Infinity": (b'{"name":-Infinity}', "-Infinity is no JSON number"),
    "a key twice": (b'{"name":"a","name":"b"}', "a key occurs twice"),
    "a key twice within": (b'{"name":"a","x":{"y":1,"y":2}}', "a key occurs twice"),
    "half a surrogate pair": (rb'{"name":"\ud800"}', "surrogate"),
    "the other half": (rb'{"name":"\uDFFF"}', "surrogate"),
    "half a surrogate pair as a key": (rb'{"\ud800":1,"name":"a"}', "surrogate"),
    "half a surrogate pair far within": (rb'{"name":"a","x":[[{"y":"\udc00"}]]}', "surrogate"),
    "invalid UTF-8": (b'{"name":"\xff"}', "not valid UTF-8"),
    "surrogates as UTF-8": (b'{"name":"\xed\xa0\x80"}', "not valid UTF-8"),
    "UTF-16": ('{"name":"a"}'.encode("utf-16"), "not valid UTF-8"),
    "a raw NUL": (b'{"name":"a\0"}', "not valid JSON"),
    "a raw line break": (b'{"name":"a\nb"}', "not valid JSON"),
    "nothing but spaces": (b"  ", "not valid JSON"),
    "half an object": (b'{"name":"a"', "not valid JSON"),
    "two objects": (b'{"name":"a"}{}', "not valid JSON"),
    "a list": (b'[{"name":"a"}]', "must be a JSON object"),
    "a string": (b'"name"', "must be a JSON object"),
    "a number": (b"1", "must be a JSON object"),
    "true": (b"true", "must be a JSON object"),
    "null": (b"null", "must be a JSON object"),
}


@pytest.mark.parametrize(("body", "message"), list(NO_JSON.values()), ids=NO_JSON)
def test_employer_sends_a_body_that_is_none_and_reads_why(employer: Any, body: bytes, message: str) -> None:
    before = Category.objects.count()
    assert_refused(employer.generic("POST", "/api/categories/", body, JSON), 400, message)
    assert Category.objects.count() == before


def test_employer_sends_a_character_as_a_pair_of_escapes(employer: Any) -> None:
    response = employer.generic("POST", "/api/categories/", rb'{"name":"\ud83d\ude00 Fun"}', JSON)
    assert response.status_code == 201
    assert Category.objects.filter(name="😀 Fun").exists()


def test_employer_sends_as_much_as_is_allowed_and_one_byte_more(employer: Any) -> None:
    def body(length: int) -> bytes:
        start = b'{"name":"Law","unknown":"'
        return start + b"x" * (length - len(start) - 2) + b'"}'

    refused = employer.generic("POST", "/api/categories/", body(MIB + 1), JSON)
    assert_refused(refused, 413)
    file, other = settings.RESUME_MAX_BYTES // MIB, settings.DATA_UPLOAD_MAX_MEMORY_SIZE // MIB
    assert refused.json()["message"] == (
        f"The request is too large: a file may have up to {file} MiB, any other request {other} MiB."
    )
    assert not Category.objects.filter(name="Law").exists()
    assert employer.generic("POST", "/api/categories/", body(MIB), JSON).status_code == 201


def write_cells() -> Iterator[Cell]:
    """Yield one allowed cell for each operation of the permission table that takes a body."""
    seen = set()
    for cell in CELLS:
        if cell.body and not cell.refusal and (cell.method, cell.path) not in seen:
            seen.add((cell.method, cell.path))
            yield cell


@pytest.mark.parametrize("cell", list(write_cells()), ids=str)
@pytest.mark.parametrize(("kind", "length"), [(JSON, 20 * MIB), ("multipart/form-data; boundary=b", 20 * MIB)])
def test_caller_declares_20_mb_and_is_refused_before_they_are_kept(
    world: World, cell: Cell, kind: str, length: int
) -> None:
    class Endless(BytesIO):
        longest = 0

        def read(self, size: int | None = -1) -> bytes:
            self.longest = max(self.longest, length if size in {-1, None} else size)
            return b" " * max(size or 0, 0)

    stream = Endless()
    client: Any = world.client(cell.caller)
    # What the first request of a process loads is none of this one's.
    client.get("/api/jobs/")
    tracemalloc.start()
    response = client.generic(
        cell.method,
        world.fill(cell.path, cell.caller),
        b"",
        kind,
        **{"wsgi.input": stream, "CONTENT_LENGTH": str(length)},
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    is_upload = cell.path == "/api/resumes/"
    assert_refused(response, 413 if is_upload == kind.startswith("multipart") else 415)
    assert stream.longest <= 64 * 1024
    assert peak < MIB
    assert fingerprint() == world.fingerprint


def test_caller_declares_more_than_is_waited_for_and_nothing_is_read(employer: Any) -> None:
    stream = BytesIO(b" " * 1_000)
    headers = {"wsgi.input": stream, "CONTENT_LENGTH": str(10**12)}
    assert_refused(employer.generic("POST", "/api/categories/", b"", JSON, **headers), 413)
    assert stream.tell() == 0


@pytest.mark.parametrize(("declared", "message"), [("12", "not valid JSON"), ("1000", ""), ("0", "Name is required")])
def test_employer_lies_about_the_length(employer: Any, declared: str, message: str) -> None:
    body = b'{"name":"Law"}'
    headers = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": declared}
    response = employer.generic("POST", "/api/categories/", b"", JSON, **headers)
    if message:
        assert_refused(response, 400, message)
    else:
        # More was announced than came: what came is whole.
        assert response.status_code == 201


def test_connection_breaks_off_within_a_body(employer: Any) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    headers = {"wsgi.input": Broken(), "CONTENT_LENGTH": "20"}
    assert_refused(
        employer.generic("POST", "/api/categories/", b"", JSON, **headers), 400, "before its declared length"
    )


# --- A wrong type, and characters that do not belong there, in every field --------------------------------------------

WRONG_TYPES: tuple[Any, ...] = (
    None,
    True,
    7,
    -0.5,
    10**60,
    "",
    "x",
    [],
    [1],
    {},
    {"a": 1},
    [[[]]],
    "\0",
    "😀" * 10_000,
)


@pytest.mark.parametrize("cell", [cell for cell in write_cells() if isinstance(cell.body, dict)], ids=str)
def test_caller_sends_a_wrong_type_in_every_field(world: World, cell: Cell) -> None:
    client = world.client(cell.caller)
    client.raise_request_exception = False
    path, valid = world.fill(cell.path, cell.caller), filled(world, cell)
    # The upload is a form, in which there are only strings.
    format_ = "multipart" if cell.path == "/api/resumes/" else "json"
    wrong_types = [value for value in WRONG_TYPES if format_ == "json" or isinstance(value, str)]
    for field in valid:
        for value in wrong_types:
            response = getattr(client, cell.method.lower())(path, {**valid, field: value}, format=format_)
            assert response.status_code < 500, (field, value, response.content)
            if response.status_code >= 400:
                assert_refused_or_conflict(response)
            if isinstance(value, type(valid[field])):
                # An object where an object belongs: what it holds is the resource's own business.
                continue
            if isinstance(value, list | dict | float) or value in (7, 10**60):
                # Refused for it, unless something else comes first, such as a missing right or a missing file.
                assert response.status_code >= 400, (field, value, response.content)


def assert_refused_or_conflict(response: Any) -> None:
    body = json.loads(response.content)
    assert list(body)[:5] == ["status", "code", "message", "errors", "request_id"]
    assert response.headers["Content-Type"] == JSON


def filled(world: World, cell: Cell) -> dict[str, Any]:
    return {
        field: (value == "true" or world.fill(value, cell.caller)) if isinstance(value, str) else value
        for field, value in (cell.body or {}).items()
    }


def string_fields() -> Iterator[tuple[str, str, str]]:
    """Yield method, path and name of every free text that some body of the schema takes, if it is no list."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    components = schema["components"]["schemas"]
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            for part in content.values():
                if part["schema"].get("type") == "array":
                    continue
                body = components[part["schema"]["$ref"].rpartition("/")[2]]
                for name, field in body.get("properties", {}).items():
                    if field.get("type") == "string" and field.get("format") in {None, "email", "uri"}:
                        yield method.upper(), path, name


SEVERAL_LINES = {"description", "company_description", "cover_letter", "message", "text"}


# Without terms, it is not there.
TERMS = "/api/auth/me/terms/"


def cell_of(method: str, path: str) -> Cell | None:
    """Return an allowed cell of the permission table for an operation of the schema."""

    def shape(of: str) -> str:
        return re.sub(r"\{\w+\}", "{}", of)

    allowed = {None, HTTPStatus.SERVICE_UNAVAILABLE, *([HTTPStatus.NOT_FOUND] if path == TERMS else [])}
    for cell in CELLS:
        if cell.method == method and cell.refusal in allowed and shape(cell.path) == shape(path):
            return cell
    return None


@pytest.mark.parametrize(("method", "path", "field"), list(string_fields()))
def test_caller_sends_control_characters_in_a_text(
    world: World, settings: Any, method: str, path: str, field: str
) -> None:
    # Otherwise it is ignored.
    settings.ADMIN_TOTP_REQUIRED = field == "otp"
    settings.TERMS_VERSION = "2030-01" if path == TERMS else ""
    cell = cell_of(method, path)
    assert cell, "the permission table knows every operation"
    client = world.client(cell.caller)
    valid = filled(world, cell)
    format_ = "multipart" if path == "/api/resumes/" else "json"

    def send(text: str) -> Any:
        return getattr(client, method.lower())(
            world.fill(cell.path, cell.caller), {**valid, field: text}, format=format_
        )

    refused = ["a\0b", "a\x07b", "a\x7fb", "a\x85b"]
    if field not in SEVERAL_LINES:
        refused += ["a\r\nBcc: b@example.org", "a\nb", "a\tb", "a\u2028b"]
    for text in refused:
        body = assert_refused(send(text), 400)
        assert field in body["errors"], body
    assert fingerprint() == world.fingerprint


def test_seeker_writes_a_letter_of_several_lines(world: World) -> None:
    letter = "Dear team,\r\n\n\tI am Ben 😀.\nYours"
    path = world.fill("/api/applications/{application}/")
    response = world.client("applicant").patch(path, {"cover_letter": letter})
    assert response.status_code == 200
    assert response.json()["cover_letter"] == letter


def test_seeker_sends_10000_characters_where_100_fit(seeker: Any) -> None:
    body = assert_refused(seeker.post("/api/skills/", {"name": "x" * 10_000}), 400)
    assert body["errors"] == {"name": ["Ensure this field has no more than 100 characters."]}
    assert not Skill.objects.filter(user=seeker.user).exists()


# --- URLs -------------------------------------------------------------------------------------------------------------

# Every list, and a caller who may read it.
LISTS = {cell.path: cell.caller for cell in LIST_CELLS if not cell.refusal and cell.caller in SIGNED_IN}


@pytest.mark.parametrize("path", sorted(LISTS))
@pytest.mark.parametrize("page", ["0", "-1", "abc", str(10**21), "9" * 5_000, "1.5", "%00", "%F0%9F%98%80"])
def test_caller_turns_to_a_page_that_cannot_be(world: World, path: str, page: str) -> None:
    client = world.client(LISTS[path])
    assert_refused(client.get(f"{world.fill(path)}?page={page}"), 404, "Invalid page")


@pytest.mark.parametrize("path", sorted(LISTS))
@pytest.mark.parametrize("size", ["0", "-1", "abc", "1.5", "00", "+5", "1_0", "%00"])
def test_caller_asks_for_pages_of_no_size(world: World, path: str, size: str) -> None:
    client = world.client(LISTS[path])
    body = assert_refused(client.get(f"{world.fill(path)}?page_size={size}"), 400)
    assert body["errors"] == {"page_size": ["Enter a whole number from 1."]}


@pytest.mark.parametrize("size", ["1000000", "9" * 5_000, "201"])
def test_caller_asks_for_a_million_rows_and_gets_200(employer: Any, size: str) -> None:
    Category.objects.bulk_create(Category(name=str(number)) for number in range(201))
    page = employer.get(f"/api/categories/?page_size={size}").json()
    assert page["count"] > 200
    assert len(page["results"]) == 200


def filters() -> Iterator[tuple[str, str]]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    for path, operations in schema["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", []):
            if parameter["in"] == "query" and parameter["name"] not in {"page", "page_size"}:
                yield path, parameter["name"]


HOSTILE_VALUES = (
    "%00", "a%00b", "%FF%FE", "%ED%A0%80", "'", "';DROP TABLE jobs_job;--", "1 OR 1=1", "%25", "_", "\\", "$1", "{}",
    "%s", "[]", "9" * 5_000, "x" * 10_000, "NaN", "-Infinity", "1e999", "-1e999999999", "1e-20000",
    "0000-00-00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00%2B14:00", "2020-01-01T00:00:00-17:44",
    "2020-01-01T00:00:00%2B23:59", "password", "employer__user__password", "-", "--", ",", "," * 5_000, "%0D%0A",
)  # fmt: skip


@pytest.mark.parametrize(("path", "name"), list(filters()))
def test_caller_sends_hostile_values_in_every_parameter(world: World, path: str, name: str) -> None:
    is_employers = name in {"rating_min", "tag"} or any(
        part in path for part in ("employer", "analytics", "applications/export")
    )
    caller = "employer" if is_employers else "applicant"
    for key, row in {"job_id": "open", "resume_id": "resume", "application_id": "application"}.items():
        path = path.replace(f"{{{key}}}", world.key(row))
    client = world.client(caller)
    client.raise_request_exception = False
    for value in HOSTILE_VALUES:
        response = client.get(f"{path}?{name}={value}")
        if response.streaming:
            assert response.getvalue().startswith((b"%PDF-", b"application_id,", b"\xef\xbb\xbf")), value
            continue
        assert response.status_code in {200, 400}, (value, response.content)
        if response.status_code == 400:
            body = assert_refused(response, 400)
            assert list(body["errors"]) == [name], (value, body)
        elif value.startswith("'"):
            # Nothing is found: no rows, none counted, none suggested.
            if response.headers["Content-Type"] == "application/json":
                found = response.json()
                assert not (found["count"] if "count" in found else any(found.values())), value
            else:
                assert b"<item>" not in response.content, value


@pytest.mark.parametrize(("name", "value"), [("category", "{}"), ("job_type", "remote{}"), ("status", "{}")])
def test_caller_repeats_a_parameter_900_times(world: World, name: str, value: str) -> None:
    path = "/api/applications/" if name == "status" else "/api/jobs/"
    many = "&".join(f"{name}={value.format(number)}" for number in range(900))
    body = assert_refused(world.client("applicant").get(f"{path}?{many}"), 400)
    assert body["errors"] == {name: ["Give at most 50 different values."]}


def test_caller_sorts_by_one_field_900_times(world: World, django_assert_num_queries: Any) -> None:
    client = world.client("anonymous")
    # The version, the count and the page.
    with django_assert_num_queries(3) as captured:
        assert client.get(f"/api/jobs/?ordering={','.join(['title', '-title'] * 450)}").status_code == 200
    assert captured[-1]["sql"].count('"title"') < 5


def test_caller_sends_more_parameters_than_anybody_needs(anonymous: Any) -> None:
    assert_refused(anonymous.get("/api/jobs/?" + "&".join(f"a{number}" for number in range(2_000))), 400)


# --- Verbs and headers ------------------------------------------------------------------------------------------------

VERBS = ("FOO", "PROPFIND", "TRACE", "CONNECT", "LINK", "__INIT__", "DISPATCH", "OPTIONS")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("path", ["/api/jobs/", "/api/auth/login/", "/api/schema/"])
def test_caller_uses_a_verb_that_nobody_knows(employer: Any, path: str, verb: str) -> None:
    assert_refused(employer.generic(verb, path), 405)


@pytest.mark.parametrize("verb", ["POST", "FOO", "DELETE"])
def test_caller_posts_to_nothing_and_gets_json(verb: str) -> None:
    client = APIClient(enforce_csrf_checks=True)
    assert_refused(client.generic(verb, "/api/nothing/"), 404)


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_method_override_overrides_nothing(world: World, header: str) -> None:
    path = world.fill("/api/jobs/{open}/")
    response = world.client("employer").get(f"{path}?_method=DELETE", headers={header: "DELETE"})
    assert response.status_code == 200
    assert_refused(world.client("employer").post(path, {}, headers={header: "DELETE"}), 405)
    assert fingerprint() == world.fingerprint


@pytest.fixture
def served(db: None) -> Iterator[Client]:
    """A client of the WSGI application as gunicorn runs it."""
    from django.core import signals  # noqa: PLC0415
    from django.db import close_old_connections  # noqa: PLC0415

    # As Django's own test client does: the test's transaction lives on that connection.
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield Client(replace_unreadable_headers(WSGIHandler()))
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


MEDIA_TYPES = (
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", "", "x", "/", ";",
    "application/json; charset*=foo''x", "application/json; charset=undefined", "application/json; charset=bz2_codec",
    "application/json; charset=idna", "application/json; charset=utf-16", "application/json;" + "a=b;" * 5_000,
)  # fmt: skip


@pytest.mark.parametrize("media_type", MEDIA_TYPES, ids=range(len(MEDIA_TYPES)))
def test_caller_sends_another_media_type(served: Client, media_type: str) -> None:
    headers = {"HTTP_HOST": "localhost", "CONTENT_TYPE": media_type}
    response: Any = served.post("/api/auth/login/?next=%C3%A9", data=b"{}", environ_overrides=headers)
    response.content = response.data
    assert_refused(response, 415)
    # And a query string is UTF-8 whatever the media type of a body that is not even there.
    found = served.get("/api/jobs/?search=%C3%A9&page=1", environ_overrides=headers)
    assert (found.status_code, json.loads(found.data)["count"]) == (200, 0)


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii", '"utf-8"'])
def test_caller_names_the_charset_that_it_is(served: Client, charset: str) -> None:
    headers = {"HTTP_HOST": "localhost", "CONTENT_TYPE": f"application/json; charset={charset}"}
    response = served.post("/api/auth/login/", data=b"{}", environ_overrides=headers)
    assert response.status_code == 400
    assert json.loads(response.data)["errors"]["email"] == ["This field is required."]


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml", "x", ";;;", "application/json;q*=foo''x", "image/*"]
)
def test_caller_accepts_nothing_that_there_is(served: Client, accept: str) -> None:
    headers = {"HTTP_HOST": "localhost", "HTTP_ACCEPT": accept}
    response: Any = served.get("/api/jobs/", environ_overrides=headers)
    response.content = response.data
    assert_refused(response, 406)


# --- Forms ------------------------------------------------------------------------------------------------------------


def part(headers: str, content: bytes = b"x") -> bytes:
    return f"--b\r\nContent-Disposition: form-data; {headers}\r\n\r\n".encode() + content + b"\r\n"


FORMS = {
    "nothing": (b"", 400),
    "no form": (b"x", 400),
    "no file": (part('name="job_seeker"'), 400),
    "a text for a file": (part('name="file_path"'), 400),
    "a form that breaks off": (part('name="file_path"; filename="a.pdf"')[:-2], 400),
    "an unknown charset": (part("name=\"file_path\"; filename*=foo''x"), 400),
    "a name of 5,000 characters": (part(f'name="file_path"; filename="{"a" * 5_000}"'), 400),
    "base64 that is none": (
        part('name="file_path"; filename="a"\r\nContent-Transfer-Encoding: base64', b"!!!!!"), 400,
    ),
    "a length that is none": (part('name="file_path"; filename="a"\r\nContent-Length: abc'), 400),
    "2 MB of text": (part('name="job_seeker"', b"a" * 2 * MIB), 413),
    "2,000 fields": (b"".join(part(f'name="f{number}"') for number in range(2_000)), 400),
    "11 files": (b"".join(part(f'name="f{number}"; filename="a"') for number in range(11)), 400),
    "two files": (part('name="file_path"; filename="a.pdf"') * 2, 400),
    "12 MB": (part('name="file_path"; filename="a.pdf"', b"x" * 12 * MIB), 413),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status"), list(FORMS.values()), ids=FORMS)
def test_seeker_uploads_a_hostile_form(seeker: Any, settings: Any, body: bytes, status: int) -> None:
    media_type = "multipart/form-data; boundary=b"
    assert_refused(seeker.generic("POST", "/api/resumes/", body + b"--b--\r\n", media_type), status)
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "media_type", ["multipart/form-data", "multipart/form-data; boundary=é", "multipart/form-data; boundary="]
)
def test_seeker_uploads_a_form_without_a_boundary(seeker: Any, media_type: str) -> None:
    assert_refused(seeker.generic("POST", "/api/resumes/", b"x", media_type), 400)


# --- What keeps the list complete -------------------------------------------------------------------------------------


def test_every_operation_with_a_body_is_among_the_cells() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    known = {(cell.method, cell.path.split("{")[0]) for cell in write_cells()}
    # Nothing can be granted without Google, or accepted without terms.
    known |= {(cell.method, cell.path) for cell in CELLS if cell.refusal == HTTPStatus.SERVICE_UNAVAILABLE}
    known.add(("POST", TERMS))
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                assert (method.upper(), path.split("{")[0]) in known


def test_every_view_reads_bodies_by_the_guarded_parsers() -> None:
    def below(view: type[APIView]) -> Iterator[type[APIView]]:
        yield view
        for each in view.__subclasses__():
            yield from below(each)

    own = [view for view in below(APIView) if view.__module__.split(".")[0] in {"anywork", *APPS}]
    assert len(own) > len(LISTS)
    for view in own:
        assert {parser.__module__ for parser in view.parser_classes} == {"anywork.api.parsers"}, view


@pytest.mark.parametrize(("accents", "status"), [(30, 201), (31, 400)])
def test_employer_puts_accents_on_one_letter(world: World, accents: int, status: int) -> None:
    """PostgreSQL sorts them in a time that grows with the square of their number."""
    cell = cell_of("POST", "/api/jobs/")
    assert cell
    body = filled(world, cell) | {"description": ("e" + "\u0301" * accents) * 2}

    response = world.client("employer").post("/api/jobs/", body, format="json")

    assert response.status_code == status
    if status == 400:
        assert response.json()["errors"] == {"description": ["A letter may have at most 30 accents."]}
