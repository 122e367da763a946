from datetime import timedelta

import pytest
from django.utils import timezone

from applications.choices import Reason
from applications.models import Application, StatusChange
from applications.services import tell_held_decisions
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from notifications.models import Notification, OutgoingEmail
from notifications.receivers import REASON_IN_WORDS


@pytest.fixture
def application(seeker, employer):
    return ApplicationFactory(job_seeker=seeker.user.job_seeker, job=JobFactory(employer=employer.user.employer))


def url(application):
    return f"/api/applications/{application.pk}/"


def decide(client, application, status, **reason):
    return client.patch(url(application), {"status": status, **reason}, format="json")


def reasons(client, application):
    timeline = client.get(f"{url(application)}timeline/").json()["results"]
    return [entry["reason"] for entry in timeline if entry["kind"] == "status"]


def mail_of(application):
    return OutgoingEmail.objects.get(application=application, kind="application_rejected")


@pytest.mark.parametrize("reason", Reason.values)
def test_shared_reason_stands_in_timeline_notification_and_mail(seeker, employer, application, reason):
    assert decide(employer, application, "rejected", reason=reason, reason_shared=True).status_code == 200

    words = REASON_IN_WORDS.get(reason, "")
    assert (words == "") is (reason == "other")
    assert reasons(seeker, application) == reasons(employer, application) == [reason]
    message = Notification.objects.get(user=seeker.user).message
    assert message == f"Your application for “{application.job.title}” was rejected{words and ': '}{words}."
    mail = mail_of(application)
    for text in (mail.text, mail.html):
        assert ("The reason:" in text) is (reason != "other")
        assert words in text


@pytest.mark.parametrize("sharing", [{}, {"reason_shared": False}])
def test_reason_is_not_shared_unless_the_employer_says_so(seeker, employer, application, sharing):
    decide(employer, application, "rejected", reason="skills", **sharing)

    assert reasons(employer, application) == ["skills"]
    assert reasons(seeker, application) == [None]
    assert Notification.objects.get(user=seeker.user).message.endswith(" was rejected.")
    assert "reason:" not in mail_of(application).text


@pytest.mark.parametrize("status", ["pending", "reviewed", "accepted", None])
@pytest.mark.parametrize("field", ["reason", "reason_shared"])
def test_reason_with_another_status_is_refused(employer, application, status, field):
    body = {field: "skills" if field == "reason" else False, **({"status": status} if status else {})}

    response = employer.patch(url(application), body, format="json")

    assert response.status_code == 400
    assert response.json()["errors"] == {field: ["Only a rejection has a reason."]}
    assert not StatusChange.objects.exists()


@pytest.mark.parametrize("value", ["tired", 1, None, ["skills"], {}])
def test_unknown_reason_is_refused(employer, application, value):
    response = decide(employer, application, "rejected", reason=value)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["reason"]


def test_seeker_gives_a_reason_is_refused(seeker, application):
    assert decide(seeker, application, "withdrawn", reason="salary").status_code == 400
    assert decide(seeker, application, "rejected", reason="salary").status_code == 403


def test_rejected_again_changes_the_reason_and_tells_nothing_again(seeker, employer, application):
    decide(employer, application, "rejected")

    steps: list[tuple[dict[str, object], str | None]] = [
        ({"reason": "skills"}, None),
        ({"reason_shared": True}, "skills"),
        ({"reason": "location"}, "location"),
        ({}, "location"),
        ({"reason": ""}, None),
        ({"reason": "other", "reason_shared": False}, None),
    ]
    for body, shown in steps:
        assert decide(employer, application, "rejected", **body).status_code == 200
        assert reasons(seeker, application) == [shown]

    assert reasons(employer, application) == ["other"]
    assert StatusChange.objects.count() == Notification.objects.count() == OutgoingEmail.objects.count() == 1


def test_leaving_rejected_drops_reason_and_sharing(seeker, employer, application):
    decide(employer, application, "rejected", reason="skills", reason_shared=True)
    decide(employer, application, "reviewed")
    assert reasons(employer, application) == reasons(seeker, application) == [None, None]

    decide(employer, application, "rejected")
    assert reasons(employer, application) == [None] * 3
    assert set(StatusChange.objects.values_list("reason", "reason_shared")) == {("", False)}


def test_reason_under_a_hold_is_told_as_it_is_at_the_end(settings, seeker, employer, application):
    settings.DECISION_HOLD_MINUTES = 60
    decide(employer, application, "rejected", reason="skills", reason_shared=True)
    decide(employer, application, "rejected", reason="experience")
    assert reasons(seeker, application) == []

    past = timezone.now() - timedelta(seconds=1)
    Application.objects.update(tell_at=past)
    StatusChange.objects.update(tell_at=past)
    tell_held_decisions(seconds=1)

    assert reasons(seeker, application) == ["experience"]
    assert REASON_IN_WORDS["experience"] in Notification.objects.get().message
    assert REASON_IN_WORDS["experience"] in mail_of(application).text


def test_reason_is_dropped_when_the_seeker_withdraws_under_a_hold(settings, seeker, employer, application):
    settings.DECISION_HOLD_MINUTES = 60
    decide(employer, application, "rejected", reason="skills", reason_shared=True)

    assert seeker.delete(url(application)).status_code == 204

    assert reasons(employer, application) == [None]
    assert "skills" not in seeker.get(f"{url(application)}timeline/").content.decode()
