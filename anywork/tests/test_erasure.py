"""Who deletes an account is nowhere any more, and others keep what is theirs."""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts import google
from accounts.export import exporters
from accounts.models import AuditEvent, Employer, JobSeeker, Session, User
from accounts.signals import account_erasing
from accounts.tests.factories import PASSWORD, SkillFactory, UserFactory
from analytics.models import Analytics
from anywork.local.pdf import make_pdf
from anywork.testing.concurrency import at_once
from applications.models import Application, StatusChange
from applications.tests.factories import QuestionFactory
from jobs.models import Job
from jobs.tests.factories import JobFactory, JobSkillFactory
from notifications.mail.delivery import deliver_next
from notifications.models import Notification, OutgoingEmail
from resumes.models import Resume

ME = "/api/auth/me/"

# Of the kinds of data that a job seeker leaves, and an employer; each is looked for by every one of these words.
SEEKER = {
    "email": "zebulon.quill@mailbox.example",
    "first_name": "Zebulon",
    "last_name": "Quillfeather",
    "phone_number": "0801234554321",
}
ANSWER = "Since I was a child."
LETTER = "My heart beats for marmalade factories."
OPINION = "Too fond of marmalade."
EMPLOYER = {
    "email": "boss@grumblewick.example",
    "company_name": "Grumblewick & Daughters",
    "company_description": "We polish teapots.",
    "website": "https://www.grumblewick.example/teapots",
}
QUESTION = "Do you drink tea?"
ASKED = "Polishing of teapots"
VACANCY = "Call Mrs Grumblewick on 0809998887776."


@pytest.fixture(autouse=True)
def _mailbox(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


# A query for each table, of all its columns.
TABLES = r"""
    SELECT format(
        'SELECT concat_ws(E''\n'', %s) FROM %I.%I',
        string_agg(format('%I::text', column_name), ', '), table_schema, table_name
    )
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
    GROUP BY table_schema, table_name
"""


def dump() -> str:
    """Return everything that the database holds, as text."""
    with connection.cursor() as cursor:
        # Letters in binary columns are shown as letters.
        cursor.execute("SET bytea_output = 'escape'")
        cursor.execute(TABLES)
        rows = []
        for (table,) in cursor.fetchall():
            cursor.execute(table)
            rows += [row for (row,) in cursor.fetchall()]
        cursor.execute("RESET bytea_output")
    return "\n".join(rows)


def test_dump_shows_every_column_of_every_table(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA another")
        cursor.execute(
            """CREATE TABLE another."odd name" AS
            SELECT NULL AS nothing, 'O''Brien "x"' AS quoted, repeat('long ', 1000000) || 'end of it' AS long,
            'in bytes'::bytea AS bytes, ARRAY['in a list'] AS list, '{"key": "in JSON"}'::jsonb AS json,
            to_tsvector('simple', 'indexed') AS words, '10.1.2.3'::inet AS address"""
        )

    text = dump()

    for word in ('O\'Brien "x"', "end of it", "in bytes", "in a list", "in JSON", "indexed", "10.1.2.3"):
        assert word in text, word


def register(role: str, **profile: str) -> APIClient:
    body = {"password": PASSWORD, "role": role, **profile}
    assert APIClient().post("/api/auth/register/", body).status_code == 201
    response = APIClient().post("/api/auth/login/", {"email": body["email"], "password": PASSWORD})
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {response.json()['data']['accessToken']}")
    client.user = User.objects.get(email=body["email"])  # type: ignore[attr-defined]
    return client


def upload(client: APIClient, data: bytes) -> str:
    file = SimpleUploadedFile("Zebulon Quillfeather.pdf", data, "application/pdf")
    response = client.post("/api/resumes/", {"file_path": file}, format="multipart")
    assert response.status_code == 201, response.content
    return str(response.json()["resume_id"])


def apply(client: APIClient, job: Job, resume: str) -> str:
    answers = {str(question.pk): ANSWER for question in job.questions.all()}
    body = {"job": str(job.pk), "resume": resume, "cover_letter": LETTER, "answers": answers}
    response = client.post("/api/applications/", body)
    assert response.status_code == 201, response.content
    return str(response.json()["application_id"])


def decide(client: APIClient, application: str, status: str) -> None:
    assert client.patch(f"/api/applications/{application}/", {"status": status}).status_code == 200


def erase(client: APIClient) -> None:
    response = client.delete(ME, {"password": PASSWORD})
    assert (response.status_code, response.content) == (204, b"")


def logged_by_an_administrator(*rows: Any) -> None:
    """Let the admin site's log name these rows, as it does after a change there."""
    admin = UserFactory(is_staff=True, is_superuser=True)
    for row in rows:
        kind = ContentType.objects.get_for_model(row)
        LogEntry.objects.create(
            user=admin, content_type=kind, object_id=str(row.pk), object_repr=str(row), action_flag=CHANGE
        )


@pytest.fixture
def boss(db: None) -> APIClient:
    return register("employer", **{key: EMPLOYER[key] for key in ("email", "company_name")})


@pytest.fixture
def jobs(boss: APIClient) -> list[Job]:
    jobs = JobFactory.create_batch(4, employer=boss.user.employer, description=VACANCY)  # type: ignore[attr-defined]
    for job in jobs:
        QuestionFactory(job=job, kind="text", text=QUESTION, required=False)
        JobSkillFactory(job=job, name=ASKED)
    return list(jobs)


PDF = make_pdf("Zebulon Quillfeather", "Skills: marmalade")


@pytest.fixture
def zebulon(db: None) -> APIClient:
    return register("job_seeker", **SEEKER)


@pytest.fixture
def applied(boss: APIClient, jobs: list[Job], zebulon: APIClient) -> dict[str, str]:
    """Applications in every state, by state."""
    resume = upload(zebulon, PDF)
    applications = dict(zip(("pending", "reviewed", "accepted", "rejected"), jobs, strict=True))
    applied = {status: apply(zebulon, job, resume) for status, job in applications.items()}
    for status, application in applied.items():
        if status != "pending":
            decide(boss, application, status)
        url = f"/api/applications/{application}"
        assert boss.post(f"{url}/notes/", {"text": OPINION}).status_code == 201
        assert boss.put(f"{url}/assessment/", {"rating": 2, "tags": [OPINION]}).status_code == 200
    return applied


# --- A job seeker -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_job_seeker_is_left_in_the_database_or_the_media_folder(
    zebulon: Any, boss: Any, applied: dict[str, str], settings: Any
) -> None:
    upload(zebulon, make_pdf("Zebulon Quillfeather", "A second one"))
    SkillFactory(user=zebulon.user, name="Marmalade tasting")
    assert zebulon.post("/api/saved-jobs/", {"job": str(JobFactory().pk)}).status_code == 201
    search = {"name": "Marmalade vacancies", "query": "search=zebulon"}
    assert zebulon.post("/api/saved-searches/", search).status_code == 201
    boss.post("/api/notifications/", {"user": str(zebulon.user.pk), "message": "Dear Zebulon, come by"})
    zebulon.post("/api/auth/email/verify/")
    APIClient().post("/api/auth/password/reset/", {"email": SEEKER["email"]})
    APIClient().post("/api/auth/login/", {"email": SEEKER["email"], "password": "wrong"})
    zebulon.get("/api/auth/me/export/").getvalue()
    while deliver_next():
        pass
    logged_by_an_administrator(
        zebulon.user,
        zebulon.user.job_seeker,
        Notification.objects.filter(user=boss.user, about=zebulon.user).first(),
    )
    words = [
        *SEEKER.values(),
        LETTER,
        OPINION,
        ANSWER,
        "Marmalade tasting",
        "Marmalade vacancies",
        "search=zebulon",
        "Dear Zebulon",
        hashlib.sha256(PDF).hexdigest(),
    ]
    words += [str(zebulon.user.pk), zebulon.user.password]
    before = dump()
    assert [word for word in words if word not in before] == []
    assert any(b"Zebulon" in file.read_bytes() for file in files_in(settings.MEDIA_ROOT))

    erase(zebulon)

    after = dump()
    assert [word for word in words if word.lower() in after.lower()] == []
    assert files_in(settings.MEDIA_ROOT) == []
    assert zebulon.get(ME).status_code == 401
    login = APIClient().post("/api/auth/login/", {"email": SEEKER["email"], "password": PASSWORD})
    assert login.json()["code"] == "invalid_credentials"
    assert LogEntry.objects.filter(object_repr="(erased)").count() == 2


def files_in(folder: Path) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def test_employer_keeps_a_record_of_each_decision_that_names_nobody(
    zebulon: Any, boss: Any, applied: dict[str, str]
) -> None:
    dates = dict(Application.objects.values_list("pk", "applied_at"))
    erase(zebulon)

    listed = {row["application_id"]: row for row in boss.get("/api/applications/").json()["results"]}

    states = {"pending": "withdrawn", "reviewed": "withdrawn", "accepted": "accepted", "rejected": "rejected"}
    assert {key: row["status"] for key, row in listed.items()} == {applied[old]: new for old, new in states.items()}
    for key, row in listed.items():
        assert row == boss.get(f"/api/applications/{key}/").json()
        assert (row["job_seeker"], row["resume"], row["cover_letter"], row["resume_details"]) == (None, None, "", None)
        assert set(row["job_seeker_details"].values()) == {""}
        assert row["job_details"]["company_name"] == EMPLOYER["company_name"]
        assert dates[Application.objects.get(pk=key).pk] == Application.objects.get(pk=key).applied_at
    history = StatusChange.objects.filter(application_id=applied["accepted"])
    assert [(change.to_status, change.actor) for change in history] == [("pending", None), ("accepted", boss.user)]
    assert StatusChange.objects.get(application_id=applied["pending"], to_status="withdrawn").actor is None
    assert boss.get("/api/jobseekers/").json()["count"] == 0
    assert boss.get("/api/resumes/").json()["count"] == 0


def test_employer_changes_no_decision_once_the_applicant_is_gone(
    zebulon: Any, boss: Any, applied: dict[str, str]
) -> None:
    erase(zebulon)
    url = f"/api/applications/{applied['accepted']}/"

    refused = boss.patch(url, {"status": "rejected"})

    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_status_change")
    assert "deleted the account" in refused.json()["message"]
    assert boss.patch(url, {"status": "accepted"}).status_code == 200
    assert not OutgoingEmail.objects.exists()


def test_counters_of_the_employer_stay(zebulon: Any, boss: Any, applied: dict[str, str]) -> None:
    before = list(Analytics.objects.values())
    erase(zebulon)

    assert len(before) == 4
    assert list(Analytics.objects.values()) == before


def test_others_lose_nothing(zebulon: Any, boss: Any, jobs: list[Job], applied: dict[str, str]) -> None:
    other = register("job_seeker", email="other@example.org", first_name="Una")
    kept = apply(other, jobs[0], upload(other, make_pdf("Una")))

    erase(zebulon)

    assert other.get(f"/api/applications/{kept}/").json()["status"] == "pending"
    assert [row["message"] for row in boss.get("/api/notifications/").json()["results"]] == [
        f"Una applied for “{jobs[0].title}”."
    ]
    assert Resume.objects.count() == 1
    assert OutgoingEmail.objects.get().recipient == other.user  # type: ignore[attr-defined]


def test_address_is_free_again(zebulon: Any) -> None:
    erase(zebulon)

    again = register("employer", email=SEEKER["email"])

    assert again.get(ME).json()["data"]["user"]["user_id"] != str(zebulon.user.pk)


# --- An employer ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_nothing_of_an_employer_is_left_in_the_database(
    boss: Any, zebulon: Any, jobs: list[Job], applied: dict[str, str]
) -> None:
    boss.patch(f"/api/employers/{boss.user.pk}/", EMPLOYER)
    while deliver_next():
        pass
    logged_by_an_administrator(boss.user, boss.user.employer)
    words = [*EMPLOYER.values(), VACANCY, OPINION, QUESTION, ASKED, str(boss.user.pk)]
    before = dump()
    assert [word for word in words if word not in before] == []

    erase(boss)

    after = dump()
    assert [word for word in words if word.lower() in after.lower()] == []


def test_mail_that_names_the_employer_still_arrives_if_it_was_on_its_way(
    boss: Any, zebulon: Any, applied: dict[str, str]
) -> None:
    erase(boss)
    while deliver_next():
        pass

    assert len([message for message in mail.outbox if EMPLOYER["company_name"] in message.body]) == 6


def test_applicants_keep_their_applications_and_other_jobs_are_gone(
    boss: Any, zebulon: Any, jobs: list[Job], applied: dict[str, str]
) -> None:
    nobody_applied = JobFactory(employer=boss.user.employer)
    erase(boss)

    assert not Job.objects.filter(pk=nobody_applied.pk).exists()
    rows = zebulon.get("/api/applications/").json()["results"]
    assert {row["status"] for row in rows} == set(applied)
    assert {row["job_details"]["company_name"] for row in rows} == {""}
    assert {row["job_details"]["title"] for row in rows} == {job.title for job in jobs}
    job = zebulon.get(f"/api/jobs/{jobs[0].pk}/?expand=employer").json()
    assert (job["is_active"], job["employer"], job["employer_details"], job["description"]) == (False, None, None, "")
    assert APIClient().get("/api/jobs/").json()["count"] == 0
    assert APIClient().get(f"/api/employers/{boss.user.pk}/").status_code == 404
    assert zebulon.delete(f"/api/applications/{applied['pending']}/").status_code == 204


@pytest.mark.usefixtures("applied")
def test_job_without_an_employer_stays_closed(boss: Any, jobs: list[Job], admin: Any, admin_client: Client) -> None:
    erase(boss)

    refused = admin.patch(f"/api/jobs/{jobs[0].pk}/", {"is_active": True})

    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["is_active"])
    assert admin.get(f"/api/jobs/{jobs[0].pk}/?expand=employer").json()["employer_details"] is None
    assert admin.patch(f"/api/jobs/{jobs[0].pk}/", {"title": "Cook"}).status_code == 200
    for page in ("admin:jobs_job_changelist", "admin:applications_application_changelist"):
        assert admin_client.get(reverse(page)).status_code == 200
    assert admin_client.get(reverse("admin:jobs_job_change", args=[jobs[0].pk])).status_code == 200


# --- Who may, and how -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [{"password": "wrong-horse-42"}, {"password": ""}, {"code": "4/0AQ"}, {}])
def test_user_without_the_password_deletes_nothing(zebulon: Any, body: dict[str, str]) -> None:
    response = zebulon.delete(ME, body)

    assert (response.status_code, list(response.json()["errors"])) == (400, ["password"])
    assert zebulon.get(ME).status_code == 200


def test_thief_of_a_token_guesses_the_password_and_is_slowed_down(zebulon: Any) -> None:
    for number in range(10):
        assert zebulon.delete(ME, {"password": f"guess-{number}"}).status_code == 400

    assert zebulon.delete(ME, {"password": PASSWORD}).status_code == 429
    assert JobSeeker.objects.exists()


def test_deletion_is_in_the_audit_trail_without_a_name(zebulon: Any) -> None:
    erase(zebulon)

    assert AuditEvent.objects.get(kind="account_erased").user is None


@pytest.mark.django_db(transaction=True)
def test_user_deletes_the_account_twice_at_once(zebulon: Any) -> None:
    responses = at_once(*[partial(zebulon.delete, ME, {"password": PASSWORD})] * 3)

    assert {response.status_code for response in responses} <= {204, 400, 401}
    assert 204 in {response.status_code for response in responses}
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_seeker_applies_while_deleting_the_account_and_nothing_is_left(
    zebulon: Any, boss: Any, jobs: list[Job], settings: Any
) -> None:
    resume = upload(zebulon, PDF)
    body = {"job": str(jobs[0].pk), "resume": resume, "cover_letter": LETTER}

    applied, uploaded, erased = at_once(
        partial(zebulon.post, "/api/applications/", body),
        partial(upload_anyway, zebulon),
        partial(zebulon.delete, ME, {"password": PASSWORD}),
    )

    # PostgreSQL breaks a deadlock by refusing one of the two, who may try again.
    assert {applied.status_code, uploaded.status_code, erased.status_code} <= {201, 204, 400, 401, 409, 503}
    if erased.status_code == 204:
        assert not Resume.objects.exists()
        assert files_in(settings.MEDIA_ROOT) == []
        assert LETTER not in dump()


def upload_anyway(client: APIClient) -> Any:
    file = SimpleUploadedFile("resume.pdf", make_pdf("Another"), "application/pdf")
    return client.post("/api/resumes/", {"file_path": file}, format="multipart")


def test_file_stays_when_the_deletion_fails(zebulon: Any, settings: Any) -> None:
    """A last receiver raises, so that the whole transaction is rolled back."""
    upload(zebulon, PDF)

    def refuse(**kwargs: Any) -> None:
        raise RuntimeError

    account_erasing.connect(refuse)
    try:
        zebulon.raise_request_exception = False
        assert zebulon.delete(ME, {"password": PASSWORD}).status_code == 500
    finally:
        account_erasing.disconnect(refuse)

    assert len(files_in(settings.MEDIA_ROOT)) == 1
    assert Resume.objects.count() == 1
    assert zebulon.get(ME).status_code == 200


@pytest.fixture
def google_user(db: None, client_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """User without a password; responses of Google are tested in accounts/tests/test_google.py."""
    user = UserFactory(google_sub="110169484474386276334")
    user.set_unusable_password()
    user.save()
    monkeypatch.setattr(google, "identify", lambda code: google.GoogleIdentity(sub=code, email="whatever@example.org"))
    return client_for(user)


def test_google_user_deletes_the_account_with_a_fresh_code(google_user: Any) -> None:
    assert google_user.delete(ME, {"code": "110169484474386276334"}).status_code == 204
    assert not User.objects.exists()


@pytest.mark.parametrize(("body", "field"), [({"code": "4711"}, "code"), ({}, "code"), ({"password": "x"}, "code")])
def test_google_user_deletes_nothing_without_the_own_account(google_user: Any, body: Any, field: str) -> None:
    response = google_user.delete(ME, body)

    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert User.objects.exists()


# --- By an administrator ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("applied")
@pytest.mark.django_db(transaction=True)
def test_administrator_erases_accounts_on_request(admin_client: Client, zebulon: Any, boss: Any, settings: Any) -> None:
    page = reverse("admin:accounts_user_delete", args=[zebulon.user.pk])
    question = admin_client.get(page).content.decode()
    assert "for ever" in question

    assert admin_client.post(page, {"post": "yes"}).status_code == 302

    assert not JobSeeker.objects.exists()
    assert files_in(settings.MEDIA_ROOT) == []
    assert Application.objects.filter(job_seeker=None).count() == 4
    assert SEEKER["email"] not in str(list(LogEntry.objects.values()))
    values = {"action": "delete_selected", "_selected_action": [str(boss.user.pk)], "post": "yes"}
    admin_client.post(reverse("admin:accounts_user_changelist"), values)
    assert not Employer.objects.exists()
    assert EMPLOYER["email"] not in str(list(LogEntry.objects.values()))
    assert LogEntry.objects.filter(object_repr="(erased)").count() == 2


def test_clerk_erases_no_administrator(db: None, admin_user: User) -> None:
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    client = Client()
    client.force_login(clerk)

    assert client.post(reverse("admin:accounts_user_delete", args=[admin_user.pk]), {"post": "yes"}).status_code == 403
    values = {"action": "delete_selected", "_selected_action": [str(admin_user.pk)], "post": "yes"}
    client.post(reverse("admin:accounts_user_changelist"), values)
    assert User.objects.filter(pk=admin_user.pk).exists()


# --- Every app does its part ------------------------------------------------------------------------------------------


def apps_with_personal_data() -> set[str]:
    """Return the apps of which a row belongs to a user or a profile."""
    people = {User, JobSeeker, Employer}
    return {
        model._meta.app_label
        for model in apps.get_models()
        # Devices of django-otp are handled by accounts.
        if not model.__module__.startswith(("django.", "django_otp."))
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model in people
    }


def test_every_app_with_personal_data_is_in_the_export_and_reacts_to_erasure() -> None:
    connected = {receiver[1]().__module__.partition(".")[0] for receiver in account_erasing.receivers}

    assert apps_with_personal_data() == {"accounts", "jobs", "resumes", "applications", "notifications"}
    assert set(exporters) == apps_with_personal_data()
    # Accounts, which sends the signal, deletes its own rows itself.
    assert connected == apps_with_personal_data() - {"accounts"}


def test_employer_card_and_session_are_gone_with_the_account(boss: Any) -> None:
    erase(boss)

    assert not Employer.objects.exists()
    assert not Session.objects.exists()
