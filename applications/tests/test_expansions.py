import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers

from anywork.api.expanding import Expansion
from applications import expansions
from applications.models import Application
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory

URL = "/api/applications/"


def lengths_of_letters(application_ids, caller):
    letters = Application.objects.filter(pk__in=application_ids).exclude(cover_letter="")
    return {key: len(letter) for key, letter in letters.values_list("pk", "cover_letter")}


def readers(application_ids, caller):
    return dict.fromkeys(application_ids, caller.email)


@pytest.fixture
def job(employer, monkeypatch):
    """A job; meanwhile applications have two expansions."""
    length = Expansion("letter_length", serializers.IntegerField(), lengths_of_letters)
    reader = Expansion("reader", serializers.EmailField(), readers)
    monkeypatch.setattr(expansions, "FOR_APPLICANTS", {"reader": reader})
    monkeypatch.setattr(expansions, "EXPANSIONS", {"reader": reader, "length": length})
    return JobFactory(employer=employer.user.employer)


@pytest.fixture
def application(seeker, job):
    return ApplicationFactory(job_seeker=seeker.user.job_seeker, job=job, cover_letter="Hello")


@pytest.mark.parametrize("expand", [["length,reader"], ["length", "reader"]])
def test_expanded_values_follow_the_documented_body(employer, application, expand):
    plain = employer.get(f"{URL}{application.pk}/").json()
    ApplicationFactory(job=application.job, cover_letter="")

    one = employer.get(f"{URL}{application.pk}/", {"expand": expand}).json()
    page = employer.get(URL, {"expand": expand}).json()["results"]

    del plain["resume_details"], one["resume_details"]
    assert list(one.items()) == [*plain.items(), ("letter_length", 5), ("reader", employer.user.email)]
    assert [(row["letter_length"], row["reader"]) for row in page] == [
        (None, employer.user.email),
        (5, employer.user.email),
    ]


@pytest.mark.parametrize(
    ("actor", "names", "message"),
    [
        ("employer", "reader,tags", "tags: not one of reader, length."),
        ("seeker", "length,tags", "length, tags: not one of reader."),
        ("admin", "b,a", "a, b: not one of reader, length."),
    ],
)
def test_caller_expands_what_it_may_not_know_is_refused(request, application, actor, names, message):
    for path in (URL, f"{URL}{application.pk}/"):
        response = request.getfixturevalue(actor).get(path, {"expand": names})

        assert response.status_code == 400
        assert response.json()["errors"] == {"expand": [message]}


def test_applicant_expands_what_is_for_applicants(seeker, application):
    assert seeker.get(URL, {"expand": "reader"}).json()["results"][0]["reader"] == seeker.user.email


def test_expanded_values_change_the_tag_but_not_what_if_match_compares(employer, application):
    url = f"{URL}{application.pk}/"
    tags = [employer.get(url, {"expand": name})["ETag"].strip('"').split("-") for name in ("", "length")]

    assert tags[0][0] == tags[1][0]
    assert tags[0][1] != tags[1][1]
    expanded = f'"{"-".join(tags[1])}"'
    assert employer.get(url, {"expand": "length"}, headers={"if-none-match": expanded}).status_code == 304
    assert employer.patch(url, {}, format="json", headers={"if-match": expanded}).status_code == 200


def test_an_expansion_takes_one_query_more(employer, application):
    def count(path, **params):
        with CaptureQueriesContext(connection) as captured:
            assert employer.get(path, params).status_code == 200
        return len(captured)

    for path in (URL, f"{URL}{application.pk}/"):
        assert count(path, expand="length") == count(path) + 1
    few = count(URL, expand="length")
    ApplicationFactory.create_batch(5, job=application.job)
    assert count(URL, expand="length") == few
