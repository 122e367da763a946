import uuid
from datetime import timedelta

import pytest

from accounts.erasure import erase_account
from accounts.models import Employer
from accounts.services import block_account
from accounts.tests.factories import JobSeekerFactory, UserFactory
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from notifications.models import Notification
from notifications.tests.factories import NotificationFactory

URL = "/api/notifications/"
MESSAGE = "Your application has been reviewed."


def send(client, user_id, **body):
    body = {"user": str(user_id), "message": MESSAGE, "is_read": False, **body}
    return client.post(URL, body, format="json")


@pytest.fixture
def inbox(seeker):
    """Two unread notifications and one that is read, and one of another user."""
    NotificationFactory()
    return [NotificationFactory(user=seeker.user, is_read=is_read) for is_read in (False, True, False)]


def test_list_is_newest_first_and_only_the_callers_own(seeker, inbox):
    body = seeker.get(URL).json()

    assert [row["notification_id"] for row in body["results"]] == [str(row.pk) for row in reversed(inbox)]


@pytest.mark.parametrize(("value", "expected"), [("true", [1]), ("false", [2, 0]), ("", [2, 1, 0])])
def test_list_by_is_read(seeker, inbox, value, expected):
    body = seeker.get(URL, {"is_read": value}).json()

    assert [row["notification_id"] for row in body["results"]] == [str(inbox[index].pk) for index in expected]


def test_list_with_a_bad_parameter_is_refused(seeker, inbox):
    response = seeker.get(URL, {"is_read": "perhaps"})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["is_read"]


def test_user_polls_what_is_new_in_one_query(seeker, inbox, django_assert_num_queries):
    newest = inbox[2].created_at
    with django_assert_num_queries(2):
        # The session is the other one.
        response = seeker.get(URL, {"created_after": (newest - timedelta(microseconds=1)).isoformat()})
    assert [row["notification_id"] for row in response.json()["results"]] == [str(inbox[2].pk)]
    nothing = seeker.get(URL, {"created_after": newest.isoformat()})
    assert (nothing.json()["count"], nothing.json()["results"]) == (0, [])

    known = {"HTTP_IF_NONE_MATCH": nothing["ETag"]}
    unchanged = seeker.get(URL, {"created_after": newest.isoformat()}, **known)
    assert (unchanged.status_code, unchanged.content) == (304, b"")

    latest = NotificationFactory(user=seeker.user)
    changed = seeker.get(URL, {"created_after": newest.isoformat()}, **known)
    assert [row["notification_id"] for row in changed.json()["results"]] == [str(latest.pk)]


def test_list_of_several_pages_counts_all(seeker, inbox, django_assert_num_queries):
    with django_assert_num_queries(3):
        first = seeker.get(URL, {"page_size": 2}).json()
    assert (first["count"], len(first["results"]), first["next"] is None) == (3, 2, False)
    second = seeker.get(URL, {"page_size": 2, "page": 2}).json()
    assert (second["count"], len(second["results"]), second["next"]) == (3, 1, None)
    assert seeker.get(URL, {"page_size": 3}).json()["next"] is None


def test_user_counts_unread_notifications(seeker, inbox):
    response = seeker.get(f"{URL}unread-count/")

    assert response.status_code == 200
    assert response.json() == {"unread_count": 2}


def test_user_marks_all_as_read(seeker, inbox):
    response = seeker.post(f"{URL}mark-all-read/")

    assert response.status_code == 200
    assert response.json() == {"updated": 2}
    assert seeker.get(f"{URL}unread-count/").json() == {"unread_count": 0}
    assert seeker.post(f"{URL}mark-all-read/").json() == {"updated": 0}
    # That of another user is unchanged.
    assert Notification.objects.get(is_read=False).user != seeker.user


@pytest.mark.parametrize(("before", "after"), [(False, True), (True, False)])
def test_user_marks_one_as_read_and_unread(seeker, before, after):
    row = NotificationFactory(user=seeker.user, is_read=before)

    response = seeker.patch(f"{URL}{row.pk}/", {"is_read": after}, format="json")

    assert response.status_code == 200
    assert response.json()["is_read"] is after
    row.refresh_from_db()
    assert row.is_read is after


def test_user_changes_nothing_but_is_read(seeker, inbox):
    row = inbox[0]
    other = UserFactory()
    body = {"message": "Changed.", "user": str(other.pk), "created_at": "2020-01-01T00:00:00Z", "is_read": True}

    response = seeker.patch(f"{URL}{row.pk}/", body, format="json")

    assert response.status_code == 200
    stored = Notification.objects.get(pk=row.pk)
    assert (stored.message, stored.user, stored.created_at, stored.is_read) == (
        row.message,
        seeker.user,
        row.created_at,
        True,
    )


@pytest.mark.parametrize("value", [None, "perhaps", [], 7])
def test_user_sends_an_invalid_is_read_is_refused(seeker, inbox, value):
    response = seeker.patch(f"{URL}{inbox[0].pk}/", {"is_read": value}, format="json")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["is_read"]


def test_user_deletes_one(seeker, inbox):
    assert seeker.delete(f"{URL}{inbox[0].pk}/").status_code == 204

    assert not Notification.objects.filter(pk=inbox[0].pk).exists()
    assert Notification.objects.count() == 3


# --- Sending ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", ["seeker", "employer", "undecided", "admin"])
def test_user_notifies_itself(request, actor):
    client = request.getfixturevalue(actor)

    response = send(client, client.user.pk)

    assert response.status_code == 201
    row = Notification.objects.get()
    assert list(response.json().items()) == [
        ("notification_id", str(row.pk)),
        ("message", MESSAGE),
        ("is_read", False),
        ("created_at", row.created_at.isoformat().replace("+00:00", "Z")),
        ("user", str(client.user.pk)),
    ]


@pytest.mark.parametrize(("company", "prefix"), [("Microsoft", "Microsoft"), ("", "An employer")])
def test_applicant_reads_the_company_name(employer, client_for, company, prefix):
    Employer.objects.update(company_name=company)
    application = ApplicationFactory(job=JobFactory(employer=employer.user.employer))

    response = send(employer, application.job_seeker_id)

    assert (response.status_code, response.json()["message"]) == (201, MESSAGE)
    row = Notification.objects.get()
    assert row.message == MESSAGE
    applicant = client_for(application.job_seeker.user)
    shown = f"{prefix}: {MESSAGE}"
    assert [found["message"] for found in applicant.get(URL).json()["results"]] == [shown]
    read = applicant.get(f"{URL}{row.pk}/")
    assert read.json()["message"] == shown
    assert applicant.patch(f"{URL}{row.pk}/", {"is_read": True}, HTTP_IF_MATCH=read["ETag"]).json()["message"] == shown


@pytest.mark.parametrize("url", ["http://evil.example", "See WWW.evil.example", "ftp://x"])
def test_employer_sends_an_applicant_no_link(employer, url):
    application = ApplicationFactory(job=JobFactory(employer=employer.user.employer))

    response = employer.post(URL, {"user": str(application.job_seeker_id), "message": url})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["message"])
    assert not Notification.objects.exists()
    assert employer.post(URL, {"user": str(employer.user.pk), "message": url}).status_code == 201


def test_blocked_applicant_is_not_notified(employer):
    application = ApplicationFactory(job=JobFactory(employer=employer.user.employer))
    block_account(user=application.job_seeker.user)

    response = send(employer, application.job_seeker_id)

    assert (response.status_code, list(response.json()["errors"])) == (400, ["user"])
    assert not Notification.objects.exists()


def test_message_outlives_the_account_of_its_sender_without_the_name(employer, client_for):
    application = ApplicationFactory(job=JobFactory(employer=employer.user.employer))
    send(employer, application.job_seeker_id)

    erase_account(employer.user)

    applicant = client_for(application.job_seeker.user)
    assert [row["message"] for row in applicant.get(URL).json()["results"]] == [f"An employer: {MESSAGE}"]


def test_employer_notifies_a_withdrawn_applicant_is_forbidden(employer):
    application = ApplicationFactory(job=JobFactory(employer=employer.user.employer), status="withdrawn")

    assert send(employer, application.job_seeker_id).status_code == 403
    assert not Notification.objects.exists()


@pytest.mark.parametrize("actor", ["seeker", "employer", "undecided"])
def test_user_notifies_another_or_an_unknown_user_gets_the_same_refusal(request, actor):
    client = request.getfixturevalue(actor)

    stranger = send(client, JobSeekerFactory().pk)
    nobody = send(client, uuid.uuid4())

    assert stranger.status_code == nobody.status_code == 403
    # The response does not tell whether the user exists.
    assert stranger.json()["message"] == nobody.json()["message"]
    assert not Notification.objects.exists()


def test_admin_notifies_any_user(admin):
    user = UserFactory()

    assert send(admin, user.pk).status_code == 201
    assert Notification.objects.get().user == user


def test_admin_notifies_an_unknown_user_is_refused(admin):
    response = send(admin, uuid.uuid4())

    assert response.status_code == 400
    assert response.json()["errors"] == {"user": ["There is no such user."]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"user": None}, "user"),
        ({"user": "abc"}, "user"),
        ({"message": ""}, "message"),
        ({"message": "  "}, "message"),
        ({"message": None}, "message"),
        ({"message": "x" * 1_001}, "message"),
        ({"is_read": "perhaps"}, "is_read"),
    ],
)
def test_user_sends_a_malformed_message_is_refused(seeker, body, field):
    response = send(seeker, seeker.user.pk, **body)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert not Notification.objects.exists()


def test_user_sends_the_longest_message_without_saying_is_read(seeker):
    response = seeker.post(URL, {"user": str(seeker.user.pk), "message": "x" * 1_000}, format="json")

    assert response.status_code == 201
    assert response.json()["is_read"] is False
