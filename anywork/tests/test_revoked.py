"""What employers see at every route of an applicant who takes back, or does not want them.

A revoked application leaves them the name alone, whether the applicant revokes it or its age. Being blocked or muted
changes nothing.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import BlockedEmployer, MutedEmployer
from accounts.services import refuse_employer
from anywork.tests.test_held_decisions import get_all, now, rolled_back  # noqa: F401 - a fixture
from anywork.tests.world import World
from applications.models import Application, Note, StatusChange
from applications.retention import revoke_old_applications
from applications.services import revoke_application
from applications.tests.factories import AssessmentFactory

# Each stands in one place only.
SECRETS = {
    "letter": b"letter-of-marmalade",
    "answer": b"answer-of-marmalade",
    "file": b"file-of-marmalade",
    "phone": b"+49-555-0199-777",
    "email": b"marmalade@example.org",
    "skill": b"skill-of-marmalade",
    "note": b"note-of-marmalade",
    "tag": b"tag-of-marmalade",
}


@pytest.fixture
def decided(world: World) -> World:
    """The applicant's only application that is not withdrawn is decided, and has all that may be found out."""
    rows = world.rows
    text = {name: secret.decode() for name, secret in SECRETS.items()}
    Application.objects.filter(pk=rows["decided"].pk).delete()
    answers = {str(rows["question"].pk): text["answer"]}
    Application.objects.filter(pk=rows["application"].pk).update(
        status="accepted", cover_letter=text["letter"], answers=answers
    )
    Note.objects.filter(pk=rows["note"].pk).update(text=text["note"])
    AssessmentFactory(application=rows["application"], tags=[text["tag"]])
    for row, values in (
        (rows["applicant"], {"phone_number": text["phone"]}),
        (rows["applicant"].user, {"email": text["email"]}),
        (rows["resume"], {"file_name": f"{text['file']}.pdf"}),
        (rows["skill"], {"name": text["skill"]}),
    ):
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
    return world


def found_by(world: World, caller: str) -> dict[str, set[str]]:
    """Return the secrets that the caller gets, with the paths that show each."""
    shown: dict[str, set[str]] = {}
    for path, (_, headers, content) in get_all(world, world.client(caller), queries="application").items():
        body = b"".join(content.values()) if isinstance(content, dict) else content
        for name, secret in SECRETS.items():
            if secret in body or secret.decode() in str(headers):
                shown.setdefault(name, set()).add(path)
    return shown


def by_the_applicant(world: World, **_: Any) -> None:
    revoke_application(application_id=world.rows["application"].pk, actor=world.rows["applicant"].user)


def by_its_age(world: World, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.RETENTION_MONTHS = 6
    application = world.rows["application"].pk
    StatusChange.objects.create(application_id=application, from_status="pending", to_status="accepted")
    # The notice, and what it announces.
    for days in (200, 230):
        with monkeypatch.context() as patch:
            later = timezone.now() + timedelta(days=days)
            patch.setattr("django.utils.timezone.now", lambda later=later: later)
            revoke_old_applications(seconds=60)


def write(world: World) -> Any:
    body = {"user": str(world.rows["applicant"].pk), "message": "Hello"}
    return world.client("employer").post("/api/notifications/", body)


@pytest.mark.parametrize("revoke", [by_the_applicant, by_its_age])
def test_employer_finds_nothing_of_a_revoked_application_at_any_route(
    decided: World, revoke: Callable[..., None], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    assert set(found_by(decided, "employer")) == set(SECRETS)
    before = found_by(decided, "applicant")

    revoke(decided, monkeypatch=monkeypatch, settings=settings)

    # What the employer wrote itself in the timeline of its own account is gone, too.
    assert found_by(decided, "employer") == {}
    assert write(decided).status_code == 403
    # The applicant keeps everything.
    assert set(found_by(decided, "applicant")) == set(before) == set(SECRETS) - {"note", "tag"}


@pytest.mark.usefixtures("now")
def test_employer_gets_the_same_from_every_route_once_muted_and_blocked(decided: World) -> None:
    people = {"user_id": decided.rows["applicant"].pk, "employer": decided.rows["employer"]}
    client, own = decided.client("employer"), {"notification_id": "", "created_at": ""}
    before = get_all(decided, client, queries="application")
    with rolled_back():
        sent = write(decided)
        assert sent.status_code == 201

    refuse_employer(MutedEmployer, **people)
    with rolled_back():
        assert {**write(decided).json(), **own} == {**sent.json(), **own}
    refuse_employer(BlockedEmployer, **people)

    after = get_all(decided, client, queries="application")
    assert {path: after[path] for path in after if after[path] != before[path]} == {}
    assert write(decided).status_code == 403
