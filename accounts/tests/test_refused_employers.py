"""Employers that job seekers block or mute."""

import pytest

from accounts.erasure import erase_account
from accounts.models import BlockedEmployer, MutedEmployer
from accounts.services import MAX_REFUSED_EMPLOYERS
from accounts.tests.factories import EmployerFactory
from anywork.testing.concurrency import at_once
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from notifications.models import Notification

LISTS = {
    "/api/blocked-employers/": (BlockedEmployer, "blocked_at"),
    "/api/muted-employers/": (MutedEmployer, "muted_at"),
}


@pytest.fixture(params=LISTS)
def url(request):
    return request.param


@pytest.fixture
def acme():
    return EmployerFactory(company_name="Acme")


def test_seeker_lists_adds_and_removes_an_employer(seeker, url, acme):
    model, since = LISTS[url]

    added = seeker.post(url, {"employer": acme.pk})

    assert added.status_code == 201
    assert added.json() == {
        "employer": str(acme.pk),
        "company_name": "Acme",
        since: model.objects.get().since.isoformat().replace("+00:00", "Z"),
    }
    assert list(added.json()) == ["employer", "company_name", since]
    assert seeker.get(url).json() == {"count": 1, "next": None, "previous": None, "results": [added.json()]}
    assert seeker.delete(f"{url}{acme.pk}/").status_code == 204
    assert seeker.delete(f"{url}{acme.pk}/").status_code == 404
    assert not model.objects.exists()


def test_seeker_adds_an_employer_twice_is_told_of_the_first(seeker, url, acme):
    seeker.post(url, {"employer": acme.pk})

    again = seeker.post(url, {"employer": acme.pk})

    assert again.status_code == 409
    assert again.json()["existing"] == {"employer": str(acme.pk)}


@pytest.mark.parametrize("employer", ["", None, "x", 7, "0b6e0f0d-3f3c-4a0e-9d7a-6f0d3f8f2a51"])
def test_seeker_adds_no_employer_is_refused(seeker, url, employer):
    response = seeker.post(url, {"employer": employer}, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, ["employer"])


@pytest.mark.django_db(transaction=True)
def test_the_list_is_limited_also_under_a_race(seeker, url):
    model, _ = LISTS[url]
    me = seeker.user.job_seeker
    employers = EmployerFactory.create_batch(MAX_REFUSED_EMPLOYERS + 1)
    model.objects.bulk_create(model(job_seeker=me, employer=employer) for employer in employers[:-2])

    codes = at_once(*[lambda one=one: seeker.post(url, {"employer": one.pk}).status_code for one in employers[-2:]])

    assert sorted(codes) == [201, 409]
    assert model.objects.count() == MAX_REFUSED_EMPLOYERS
    assert "200" in seeker.post(url, {"employer": EmployerFactory().pk}).json()["message"]


@pytest.mark.django_db(transaction=True)
def test_one_employer_is_added_once_also_under_a_race(seeker, url, acme):
    def add():
        return seeker.post(url, {"employer": acme.pk}).status_code

    assert sorted(at_once(*[add] * 3)) == [201, 409, 409]


def test_erased_employer_leaves_the_lists(seeker, url, acme):
    seeker.post(url, {"employer": acme.pk})

    erase_account(acme.user)

    assert seeker.get(url).json()["count"] == 0


@pytest.fixture
def applied(seeker, employer):
    return ApplicationFactory(job_seeker=seeker.user.job_seeker, job=JobFactory(employer=employer.user.employer))


def write(employer, seeker):
    return employer.post("/api/notifications/", {"user": seeker.user.pk, "message": "Hello"})


def test_blocked_employer_is_refused_as_a_stranger_is(seeker, employer, applied, client_for):
    seeker.post("/api/blocked-employers/", {"employer": employer.user.pk})

    refused, strange = write(employer, seeker), write(client_for(EmployerFactory().user), seeker)

    assert refused.status_code == 403
    assert {**refused.json(), "request_id": ""} == {**strange.json(), "request_id": ""}
    # Everything else is as it was.
    assert employer.get("/api/applications/").json()["count"] == 1
    seeker.delete(f"/api/blocked-employers/{employer.user.pk}/")
    assert write(employer, seeker).status_code == 201


def test_message_of_a_muted_employer_arrives_as_read(seeker, employer, applied):
    seeker.post("/api/muted-employers/", {"employer": employer.user.pk})

    sent = write(employer, seeker)

    assert (sent.status_code, sent.json()["is_read"]) == (201, False)
    assert Notification.objects.get(sender=employer.user).is_read
    assert seeker.get("/api/notifications/unread-count/").json() == {"unread_count": 0}
