from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from anywork.testing.concurrency import at_once
from applications.models import Application, StatusChange
from applications.services import tell_held_decisions
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from notifications.models import Notification, OutgoingEmail

SETTINGS = "/api/employer/settings/"


@pytest.fixture
def application(seeker, employer):
    employer.put(SETTINGS, {"decision_hold_minutes": 60}, format="json")
    return ApplicationFactory(job_seeker=seeker.user.job_seeker, job=JobFactory(employer=employer.user.employer))


def url(application):
    return f"/api/applications/{application.pk}/"


def decide(employer, application, *statuses):
    for status in statuses:
        response = employer.patch(url(application), {"status": status}, format="json")
        assert response.status_code == 200, response.json()
        assert response.json()["status"] == status


def pass_time(minutes):
    """Move all that was decided back in time."""
    time = timedelta(minutes=minutes)
    Application.objects.update(applied_at=F("applied_at") - time, tell_at=F("tell_at") - time)
    StatusChange.objects.update(at=F("at") - time, tell_at=F("tell_at") - time)


def told(seeker, application):
    """Return what the seeker reads: status, statuses of the timeline, notifications, emails."""
    timeline = seeker.get(f"{url(application)}timeline/").json()["results"]
    return (
        seeker.get(url(application)).json()["status"],
        [entry["to_status"] for entry in timeline],
        sorted(Notification.objects.filter(user=seeker.user).values_list("message", flat=True)),
        list(OutgoingEmail.objects.order_by("created_at").values_list("kind", flat=True)),
    )


def stamp(time):
    return time.isoformat().replace("+00:00", "Z")


def message(application, words):
    return f"Your application for “{application.job.title}” {words}."


def test_rejection_is_told_once_after_the_hold(seeker, employer, application):
    decide(employer, application, "rejected")
    assert told(seeker, application) == ("pending", ["pending"], [], [])
    tell_held_decisions(seconds=1)
    pass_time(59)
    tell_held_decisions(seconds=1)
    assert told(seeker, application) == ("pending", ["pending"], [], [])

    pass_time(1)

    # By the clock, before the task has run.
    assert told(seeker, application) == ("rejected", ["pending", "rejected"], [], [])
    assert [row["status"] for row in seeker.get("/api/applications/?status=rejected").json()["results"]] == ["rejected"]
    assert seeker.get("/api/applications/?status=pending").json()["count"] == 0
    tell_held_decisions(seconds=1)
    tell_held_decisions(seconds=1)
    after = ("rejected", ["pending", "rejected"], [message(application, "was rejected")], ["application_rejected"])
    assert told(seeker, application) == after
    application.refresh_from_db()
    assert (application.told_status, application.tell_at) == ("", None)


def test_employer_and_staff_see_the_rejection_at_once(employer, admin, application):
    decide(employer, application, "reviewed", "rejected")

    for client in (employer, admin):
        assert client.get(url(application)).json()["status"] == "rejected"
        rows = client.get("/api/applications/?status=rejected").json()["results"]
        assert [row["status"] for row in rows] == ["rejected"]
        assert client.get("/api/applications/?status=reviewed").json()["count"] == 0
        timeline = client.get(f"{url(application)}timeline/").json()["results"]
        assert [entry["to_status"] for entry in timeline] == ["pending", "reviewed", "rejected"]


def test_told_at_says_when_the_applicant_is_told(employer, application):
    def told_at():
        one = employer.get(url(application), {"expand": "told_at"}).json()["told_at"]
        assert employer.get("/api/applications/?expand=told_at").json()["results"][0]["told_at"] == one
        return one

    assert told_at() is None
    decide(employer, application, "reviewed")
    assert told_at() == stamp(StatusChange.objects.get().at)
    decide(employer, application, "rejected")
    application.refresh_from_db()
    assert timedelta(minutes=59) < application.tell_at - timezone.now() < timedelta(minutes=60)
    assert told_at() == stamp(application.tell_at)
    pass_time(61)
    tell_held_decisions(seconds=1)
    assert told_at() == stamp(StatusChange.objects.latest("pk").tell_at)


def test_acceptance_is_told_at_once(seeker, employer, application):
    decide(employer, application, "accepted")

    after = ("accepted", ["pending", "accepted"], [message(application, "was accepted")], ["application_accepted"])
    assert told(seeker, application) == after


@pytest.mark.parametrize(
    ("before", "after", "shown", "words"),
    [
        ([], ["reviewed"], ["pending", "reviewed"], ["has been reviewed"]),
        (["reviewed"], ["reviewed"], ["pending", "reviewed"], ["has been reviewed"]),
        ([], ["accepted"], ["pending", "accepted"], ["was accepted"]),
        (["accepted"], ["accepted"], ["pending", "accepted"], ["was accepted"]),
        (["accepted"], ["reviewed"], ["pending", "accepted", "reviewed"], ["has been reviewed", "was accepted"]),
        ([], ["reviewed", "rejected"], ["pending", "reviewed"], ["has been reviewed"]),
    ],
)
def test_rejection_that_is_taken_back_was_never_told(  # noqa: PLR0917
    seeker, employer, application, before, after, shown, words
):
    decide(employer, application, *before, "rejected", *after)

    status, statuses, messages, emails = told(seeker, application)
    assert (status, statuses) == (shown[-1], shown)
    assert messages == [message(application, word) for word in words]
    assert "application_rejected" not in emails
    if after[-1] != "rejected":
        pass_time(120)
        tell_held_decisions(seconds=1)
        assert told(seeker, application) == (status, statuses, messages, emails)


def test_rejection_that_is_taken_back_after_its_hold_was_told(seeker, employer, application):
    decide(employer, application, "rejected")
    pass_time(61)

    # The task has not run.
    decide(employer, application, "reviewed")

    status, statuses, messages, emails = told(seeker, application)
    assert (status, statuses) == ("reviewed", ["pending", "rejected", "reviewed"])
    assert messages == [message(application, words) for words in ("has been reviewed", "was rejected")]
    assert emails == ["application_rejected"]


def test_seeker_withdraws_under_a_hold_and_the_rejection_is_never_told(seeker, employer, application):
    decide(employer, application, "rejected")

    assert seeker.delete(url(application)).status_code == 204

    after = told(seeker, application)
    assert after == ("withdrawn", ["pending", "withdrawn"], [message(application, "was withdrawn")], [])
    pass_time(120)
    tell_held_decisions(seconds=1)
    assert told(seeker, application) == after
    assert employer.get(url(application)).json()["status"] == "withdrawn"
    timeline = employer.get(f"{url(application)}timeline/").json()["results"]
    assert [(entry["from_status"], entry["to_status"]) for entry in timeline] == [
        (None, "pending"),
        ("pending", "rejected"),
        ("rejected", "withdrawn"),
    ]


def test_seeker_withdraws_after_the_hold_is_refused(seeker, employer, application):
    decide(employer, application, "rejected")
    pass_time(61)

    response = seeker.delete(url(application))

    assert response.status_code == 409
    assert response.json()["message"] == "This application is rejected; you cannot change that."


def test_letter_under_a_hold_can_be_changed_until_it_ends(seeker, employer, application):
    decide(employer, application, "rejected")
    assert seeker.patch(url(application), {"cover_letter": "Better."}, format="json").status_code == 200
    pass_time(61)
    assert seeker.patch(url(application), {"cover_letter": "Best."}, format="json").status_code == 409


# --- How long ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("site", "own", "is_held"), [(0, None, False), (30, None, True), (30, 0, False), (0, 30, True), (0, 4320, True)]
)
def test_hold_is_the_employers_own_else_that_of_the_site(settings, employer, application, site, own, is_held):  # noqa: PLR0917
    settings.DECISION_HOLD_MINUTES = site
    assert employer.put(SETTINGS, {"decision_hold_minutes": own}, format="json").json() == {
        "decision_hold_minutes": own
    }
    assert employer.get(SETTINGS).json() == {"decision_hold_minutes": own}

    decide(employer, application, "rejected")

    assert OutgoingEmail.objects.exists() is not is_held
    application.refresh_from_db()
    assert (application.told_status, bool(application.tell_at)) == (("pending", True) if is_held else ("", False))


def test_hold_of_an_erased_employer_is_that_of_the_site(settings, admin_user, application):
    settings.DECISION_HOLD_MINUTES = 5
    application.job.employer = None

    assert application.decision_hold == timedelta(minutes=5)


@pytest.mark.parametrize("value", [-1, 4321, "soon", 1.5, True, [], {}, ""])
def test_employer_sets_an_impossible_hold_is_refused(employer, value):
    response = employer.put(SETTINGS, {"decision_hold_minutes": value}, format="json")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["decision_hold_minutes"]


def test_employer_sets_nothing_is_refused(employer):
    assert employer.put(SETTINGS, {}, format="json").status_code == 400
    assert employer.patch(SETTINGS, {}, format="json").status_code == 405


def test_settings_are_no_part_of_the_public_profile(employer):
    assert "decision_hold_minutes" not in employer.get(f"/api/employers/{employer.user.pk}/").json()


def test_settings_write_no_other_column_of_the_profile(employer):
    with CaptureQueriesContext(connection) as captured:
        employer.put(SETTINGS, {"decision_hold_minutes": 5}, format="json")

    [update] = [query["sql"] for query in captured if query["sql"].startswith('UPDATE "accounts_employer"')]
    assert update.partition(" WHERE ")[0] == 'UPDATE "accounts_employer" SET "decision_hold_minutes" = 5'


def test_database_refuses_half_a_hold(db):
    application = ApplicationFactory()
    for values in ({"told_status": "pending"}, {"tell_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Application.objects.filter(pk=application.pk).update(**values)


# --- Two at once ------------------------------------------------------------------------------------------------------


@pytest.fixture
def due(client_for, settings):
    settings.DECISION_HOLD_MINUTES = 60
    applications = ApplicationFactory.create_batch(4)
    for application in applications:
        decide(client_for(application.job.employer.user), application, "rejected")
    pass_time(61)
    return applications


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_each_decision_once(due):
    at_once(*[partial(tell_held_decisions, seconds=5)] * 2)

    assert Notification.objects.count() == OutgoingEmail.objects.count() == len(due)
    assert not Application.objects.exclude(tell_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_decision_taken_back_while_it_is_told_is_told_once(due, client_for):
    clients = [client_for(application.job.employer.user) for application in due]

    at_once(
        partial(tell_held_decisions, seconds=5),
        *[partial(decide, client, application, "reviewed") for client, application in zip(clients, due, strict=True)],
    )

    for application in due:
        messages = Notification.objects.filter(user=application.job_seeker_id).order_by("created_at")
        assert [row.message for row in messages] == [
            message(application, words) for words in ("was rejected", "has been reviewed")
        ]
    assert OutgoingEmail.objects.filter(kind="application_rejected").count() == len(due)
