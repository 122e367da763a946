from functools import partial

import pytest

from anywork.testing.concurrency import at_once
from applications.models import StatusChange
from applications.services import submit_application
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from notifications.models import MAX_DECISIONS, Notification, OutgoingEmail
from resumes.tests.factories import ResumeFactory

STATUSES = ("pending", "reviewed", "accepted", "rejected", "withdrawn")

# What each side may make of an application: {actor: {from: {to, ...}}}.
ALLOWED = {
    "employer": {
        "pending": {"reviewed", "accepted", "rejected"},
        "reviewed": {"pending", "accepted", "rejected"},
        "accepted": {"reviewed", "rejected"},
        "rejected": {"reviewed", "accepted"},
        "withdrawn": set(),
    },
    "seeker": {
        "pending": {"withdrawn"},
        "reviewed": {"withdrawn"},
        "accepted": set(),
        "rejected": set(),
        "withdrawn": set(),
    },
}
# What is not the actor's to decide at all, whatever the present status.
FORBIDDEN = {"employer": {"withdrawn"}, "seeker": {"pending", "reviewed", "accepted", "rejected"}}

DECISION_MAIL = {"accepted": "application_accepted", "rejected": "application_rejected"}


@pytest.fixture
def application(seeker, employer):
    return ApplicationFactory(job_seeker=seeker.user.job_seeker, job=JobFactory(employer=employer.user.employer))


@pytest.fixture
def actors(seeker, employer):
    return {"seeker": seeker, "employer": employer}


def url(application):
    return f"/api/applications/{application.pk}/"


def set_status(client, application, status, **body):
    return client.patch(url(application), {"status": status, **body}, format="json")


def put_at(application, status):
    application.status = status
    application.save()


def assert_nothing_happened(application, status):
    application.refresh_from_db()
    assert application.status == status
    assert not StatusChange.objects.exists()
    assert not Notification.objects.exists()
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("to", STATUSES)
@pytest.mark.parametrize("start", STATUSES)
@pytest.mark.parametrize("actor", ALLOWED)
def test_actor_changes_status_as_the_table_says(actors, application, actor, start, to):
    put_at(application, start)
    client = actors[actor]

    response = set_status(client, application, to)

    if to in FORBIDDEN[actor]:
        assert response.status_code == 403
        assert_nothing_happened(application, start)
    elif to == start:
        assert response.status_code == 200
        assert response.json()["status"] == start
        assert_nothing_happened(application, start)
    elif to in ALLOWED[actor][start]:
        assert response.status_code == 200
        assert response.json()["status"] == to
        change = StatusChange.objects.get()
        assert (change.application, change.actor, change.from_status, change.to_status) == (
            application,
            client.user,
            start,
            to,
        )
        assert Notification.objects.get().user_id == application.job_seeker_id
        mails = [DECISION_MAIL[to]] if to in DECISION_MAIL else []
        assert list(OutgoingEmail.objects.values_list("kind", flat=True)) == mails
    else:
        assert response.status_code == 409
        body = response.json()
        assert body["code"] == "invalid_status_change"
        assert body["message"].startswith(f"This application is {start};")
        named = {status for status in STATUSES if status in body["message"].partition(";")[2]}
        assert named == ALLOWED[actor][start]
        assert_nothing_happened(application, start)


def test_employer_takes_a_decision_back_and_makes_it_again(seeker, employer, application):
    steps = ["accepted", "rejected", "accepted"]

    for status in steps:
        assert set_status(employer, application, status).status_code == 200

    changes = StatusChange.objects.filter(application=application)
    assert [(change.from_status, change.to_status) for change in changes] == [
        ("pending", "accepted"),
        ("accepted", "rejected"),
        ("rejected", "accepted"),
    ]
    assert sorted(change.at for change in changes) == [change.at for change in changes]
    mails = OutgoingEmail.objects.order_by("created_at")
    assert [mail.kind for mail in mails] == [DECISION_MAIL[status] for status in steps]
    assert len({mail.dedup_key for mail in mails}) == 3
    assert seeker.get("/api/notifications/").json()["count"] == 3


@pytest.mark.parametrize("value", ["", None, "unknown", "ACCEPTED", 1, ["accepted"], {"status": "accepted"}])
def test_employer_sends_no_known_status_is_refused(employer, application, value):
    response = set_status(employer, application, value)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["status"]
    assert_nothing_happened(application, "pending")


def test_employer_changes_nothing_but_the_status(employer, application):
    response = set_status(
        employer, application, "reviewed", job_seeker=str(employer.user.pk), applied_at="2020-01-01T00:00:00Z"
    )

    assert response.status_code == 200
    before = application.applied_at
    application.refresh_from_db()
    assert application.applied_at == before
    assert application.job_seeker_id != employer.user.pk


# --- Two at once ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_concurrent_decisions_are_serialized(client_for):
    application = ApplicationFactory()
    wanted = ["accepted", "rejected"] * 5
    clients = [client_for(application.job.employer.user) for _ in wanted]

    responses = at_once(
        *[partial(set_status, client, application, status) for client, status in zip(clients, wanted, strict=True)]
    )

    assert [response.json()["status"] for response in responses] == wanted
    changes = list(StatusChange.objects.filter(application=application))
    # Each starts where the one before it ended, so none was decided on a stale status.
    assert [change.from_status for change in changes] == ["pending", *(change.to_status for change in changes[:-1])]
    assert all(change.from_status != change.to_status for change in changes)
    assert Notification.objects.count() == len(changes) >= 2
    # Beyond the mails of a day one waits, and none where the status is what the last mail said: every second time.
    beyond = max(len(changes) - MAX_DECISIONS, 0)
    assert OutgoingEmail.objects.count() == len(changes) - beyond + beyond % 2
    application.refresh_from_db()
    assert application.status == changes[-1].to_status


@pytest.mark.django_db(transaction=True)
def test_concurrent_withdrawal_and_decision_end_in_one_of_them(client_for):
    application = ApplicationFactory()
    seeker = client_for(application.job_seeker.user)
    employer = client_for(application.job.employer.user)

    withdrawn, decided = at_once(
        *[lambda: seeker.delete(url(application)), lambda: set_status(employer, application, "accepted")]
    )

    application.refresh_from_db()
    assert (withdrawn.status_code, decided.status_code, application.status) in {
        (204, 409, "withdrawn"),
        (409, 200, "accepted"),
    }
    assert StatusChange.objects.get().to_status == application.status


# --- Withdrawing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["pending", "reviewed"])
def test_seeker_withdraws_by_delete_and_the_row_stays(seeker, application, start):
    put_at(application, start)

    response = seeker.delete(url(application))

    assert response.status_code == 204
    assert response.content == b""
    application.refresh_from_db()
    assert application.status == "withdrawn"
    change = StatusChange.objects.get()
    assert (change.actor, change.from_status, change.to_status) == (seeker.user, start, "withdrawn")


@pytest.mark.parametrize("start", ["accepted", "rejected"])
def test_seeker_withdraws_a_decided_application_gets_a_conflict(seeker, application, start):
    put_at(application, start)

    response = seeker.delete(url(application))

    assert response.status_code == 409
    assert_nothing_happened(application, start)


def test_seeker_withdraws_twice_and_the_second_changes_nothing(seeker, application):
    assert seeker.delete(url(application)).status_code == 204

    assert seeker.delete(url(application)).status_code == 204
    assert set_status(seeker, application, "withdrawn").status_code == 200
    assert StatusChange.objects.count() == Notification.objects.count() == 1


@pytest.mark.parametrize("actor", ["employer", "admin"])
def test_others_do_not_withdraw(request, application, actor):
    assert request.getfixturevalue(actor).delete(url(application)).status_code == 403
    assert_nothing_happened(application, "pending")


# --- The cover letter -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sent", "stored"), [("A better letter.", "A better letter."), ("", ""), (None, "")])
def test_seeker_edits_the_letter_while_pending(seeker, application, sent, stored):
    response = seeker.patch(url(application), {"cover_letter": sent}, format="json")

    assert response.status_code == 200
    assert response.json()["cover_letter"] == stored
    application.refresh_from_db()
    assert application.cover_letter == stored
    assert_nothing_happened(application, "pending")


@pytest.mark.parametrize("status", ["reviewed", "accepted", "rejected", "withdrawn"])
def test_seeker_edits_the_letter_later_gets_a_conflict(seeker, application, status):
    put_at(application, status)
    letter = application.cover_letter

    response = seeker.patch(url(application), {"cover_letter": "Too late."}, format="json")

    assert response.status_code == 409
    application.refresh_from_db()
    assert application.cover_letter == letter


def test_seeker_edits_the_letter_beyond_its_limit_is_refused(seeker, application):
    response = seeker.patch(url(application), {"cover_letter": "x" * 10_001}, format="json")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["cover_letter"]


def test_employer_edits_the_letter_is_forbidden(employer, application):
    assert employer.patch(url(application), {"cover_letter": "Mine."}, format="json").status_code == 403
    application.refresh_from_db()
    assert application.cover_letter != "Mine."


@pytest.mark.parametrize("body", [{}, {"unknown": 1}])
def test_seeker_sends_nothing_to_change_gets_the_application(seeker, application, body):
    response = seeker.patch(url(application), body, format="json")

    assert response.status_code == 200
    assert response.json()["cover_letter"] == application.cover_letter
    assert_nothing_happened(application, "pending")


@pytest.mark.parametrize("fields", [("cover_letter", "status"), ("status", "cover_letter")])
def test_seeker_edits_and_withdraws_in_one_request(seeker, application, fields):
    """In whichever order the body names them, the letter is changed while that is still allowed."""
    values = {"cover_letter": "Never mind.", "status": "withdrawn"}

    response = seeker.patch(url(application), {field: values[field] for field in fields}, format="json")

    assert response.status_code == 200
    application.refresh_from_db()
    assert (application.cover_letter, application.status) == ("Never mind.", "withdrawn")


@pytest.mark.parametrize("actor", ["employer", "seeker"])
def test_a_request_with_one_refused_field_changes_neither(actors, application, actor):
    letter = application.cover_letter

    response = set_status(actors[actor], application, "accepted", cover_letter="Changed.")

    assert response.status_code == 403
    application.refresh_from_db()
    assert application.cover_letter == letter
    assert_nothing_happened(application, "pending")


# --- History ----------------------------------------------------------------------------------------------------------


def test_history_outlives_the_account_of_the_actor(admin_user, seeker):
    resume = ResumeFactory(job_seeker=seeker.user.job_seeker)
    application = submit_application(user=seeker.user, job_id=JobFactory().pk, resume_id=resume.pk, cover_letter="")
    change = StatusChange.objects.create(
        application=application, actor=admin_user, from_status="pending", to_status="reviewed"
    )

    admin_user.delete()

    change.refresh_from_db()
    assert (change.actor, change.to_status) == (None, "reviewed")
