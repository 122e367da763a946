"""Terms of use: what users who have not accepted them may still do, at every route."""

from typing import Any

import pytest

from accounts.models import TermsAcceptance, User
from anywork.tests.permission_table import CELLS, LIST_CELLS, Cell
from anywork.tests.test_export import export, told
from anywork.tests.test_permissions import assert_refused
from anywork.tests.world import SIGNED_IN, World, fingerprint
from applications.models import Application

VERSION = "2030-01 (Ü)"
REGISTER = "/api/auth/register/"
TERMS = "/api/auth/me/terms/"
OWN = "/api/auth/"


def one_of_each(cells: list[Cell]) -> list[Cell]:
    """Return one cell of each request by anonymous and by signed-in callers: an allowed one, if there is any."""
    cells = sorted(cells, key=lambda cell: not cell.refusal)
    return list({(cell.method, cell.path, cell.caller == "anonymous"): cell for cell in cells}.values())


WRITES = [cell for cell in CELLS if cell.method in {"POST", "PUT", "PATCH"}]
REFUSED = [cell for cell in WRITES if cell.caller != "anonymous" and not cell.path.startswith(OWN)]
# Neither the terms' own route, nor registration, which needs them.
ALLOWED = [
    cell
    for cell in (*LIST_CELLS, *CELLS)
    if cell not in REFUSED
    and cell.path not in {TERMS, REGISTER}
    and (cell.method != "GET" or cell.caller != "anonymous")
]
PROBLEM = f"Accept version {VERSION} of the terms of use."


@pytest.fixture
def terms(settings: Any) -> None:
    settings.TERMS_VERSION = VERSION


# The permission table has every method of every route; its own test proves it.


@pytest.mark.parametrize("cell", one_of_each(REFUSED), ids=str)
def test_user_without_acceptance_writes_nothing(world: World, terms: None, cell: Cell) -> None:
    response = world.send(cell)

    assert_refused(world, response, 403)
    body = response.json()
    assert (body["code"], body["message"]) == (
        "terms_changed",
        f"Accept version {VERSION} of the terms of use first.",
    )


@pytest.mark.parametrize("cell", one_of_each(ALLOWED), ids=str)
def test_all_else_is_as_without_terms(world: World, terms: None, cell: Cell) -> None:
    status = world.send(cell).status_code

    assert status == (cell.refusal or (int(cell.expected) if cell.expected.isdigit() else 200))


@pytest.mark.parametrize("cell", one_of_each(REFUSED), ids=str)
def test_user_writes_after_acceptance_as_without_terms(world: World, terms: None, cell: Cell) -> None:
    assert world.client(cell.caller).post(TERMS, {"version": VERSION}).status_code == 200

    assert world.send(cell).status_code == int(cell.expected)


@pytest.mark.parametrize("caller", SIGNED_IN)
def test_user_accepts_the_present_version(world: World, terms: None, caller: str) -> None:
    client, user = world.client(caller), User.objects.get(pk=world.rows[caller].pk)

    first = client.post(TERMS, {"version": f" {VERSION} "})
    again = client.post(TERMS, {"version": VERSION})

    assert first.status_code == again.status_code == 200
    body = first.json()
    assert list(body) == ["status", "message", "data"]
    assert (body["status"], body["data"]["user"]["user_id"]) == ("success", str(user.pk))
    acceptance = TermsAcceptance.objects.get()
    assert (acceptance.user, acceptance.version) == (user, VERSION)


@pytest.mark.parametrize("version", ["2029-12", VERSION.lower(), "v" * 32])
def test_user_accepts_no_other_version(world: World, terms: None, version: str) -> None:
    response = world.client("seeker").post(TERMS, {"version": version})

    body = response.json()
    assert (response.status_code, body["code"], body["errors"]) == (400, "terms_required", {"version": [PROBLEM]})
    assert fingerprint() == world.fingerprint


@pytest.mark.parametrize("body", [{}, {"version": ""}, {"version": None}, {"version": ["1"]}, {"version": "v" * 33}])
def test_invalid_version_is_refused(world: World, terms: None, body: dict[str, Any]) -> None:
    response = world.client("seeker").post(TERMS, body)

    assert (response.status_code, list(response.json()["errors"])) == (400, ["version"])
    assert fingerprint() == world.fingerprint


def test_application_records_the_version_in_force(world: World, settings: Any) -> None:
    body = {"job": world.key("vacant"), "resume": world.key("seeker_resume")}
    settings.TERMS_VERSION = VERSION
    seeker = world.client("seeker")
    seeker.post(TERMS, {"version": VERSION})

    assert seeker.post("/api/applications/", body).status_code == 201

    assert Application.objects.get(job=world.rows["vacant"]).terms_version == VERSION
    [row] = told(export(seeker), "applications.json")
    assert row["terms_version"] == VERSION
