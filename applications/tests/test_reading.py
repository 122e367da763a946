import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from applications.choices import Status
from applications.models import Application
from applications.services import anonymise_applications
from applications.tests.factories import ApplicationFactory
from applications.views import _listed_to
from jobs.models import Job
from jobs.tests.factories import JobFactory

URL = "/api/applications/"
PLAIN_KEYS = ["application_id", "cover_letter", "status", "applied_at", "job_seeker", "job", "resume"]


@pytest.fixture
def job(employer):
    return JobFactory(employer=employer.user.employer)


@pytest.fixture
def application(seeker, job):
    return ApplicationFactory(job_seeker=seeker.user.job_seeker, job=job)


def follow(client, absolute_url):
    parts = urlsplit(absolute_url)
    return client.get(f"{parts.path}?{parts.query}")


@pytest.mark.parametrize("actor", ["seeker", "employer", "admin"])
def test_get_shows_applicant_job_and_file(request, application, actor):
    client = request.getfixturevalue(actor)

    one = client.get(f"{URL}{application.pk}/").json()

    listed = client.get(URL).json()["results"][0]
    assert list(one) == list(listed) == [*PLAIN_KEYS, "job_seeker_details", "resume_details", "job_details"]
    seeker = application.job_seeker
    assert list(one["job_seeker_details"].items()) == [
        ("first_name", "Ben"),
        ("last_name", seeker.last_name),
        ("full_name", f"Ben {seeker.last_name}"),
        ("phone_number", "080444555666"),
        ("email", seeker.user.email),
    ]
    assert list(one["resume_details"]) == ["resume_id", "file_url", "file_name", "uploaded_at"]
    assert one["resume_details"]["resume_id"] == str(application.resume_id)
    assert one["resume_details"]["file_name"] == "resume.pdf"
    assert one["job_details"] == {
        "title": application.job.title,
        "company_name": application.job.employer.company_name,
    }


def test_signed_file_url_opens_without_a_token(employer, anonymous, application):
    url = employer.get(f"{URL}{application.pk}/").json()["resume_details"]["file_url"]

    response = follow(anonymous, url)

    assert response.status_code == 200
    with application.resume.file.open() as file:
        assert b"".join(response.streaming_content) == file.read()


def test_file_that_its_owner_removed_still_opens_for_the_employer(seeker, employer, anonymous, application):
    assert seeker.delete(f"/api/resumes/{application.resume_id}/").status_code == 204

    details = employer.get(f"{URL}{application.pk}/").json()["resume_details"]

    response = follow(anonymous, details["file_url"])
    assert response.status_code == 200
    response.close()


def test_employer_sees_of_a_withdrawn_application_neither_letter_contact_nor_file(seeker, employer, application):
    seeker.delete(f"{URL}{application.pk}/")

    one = employer.get(f"{URL}{application.pk}/").json()

    assert one == employer.get(URL).json()["results"][0]
    assert one["status"] == "withdrawn"
    assert one["cover_letter"] == ""
    assert one["resume_details"] is None
    assert one["job_seeker_details"]["full_name"] == application.job_seeker.full_name
    assert (one["job_seeker_details"]["phone_number"], one["job_seeker_details"]["email"]) == ("", "")


def test_seeker_still_sees_all_of_what_it_withdrew(seeker, application):
    seeker.delete(f"{URL}{application.pk}/")

    one = seeker.get(f"{URL}{application.pk}/").json()

    assert one["cover_letter"] == application.cover_letter
    assert one["job_seeker_details"]["email"] == seeker.user.email
    assert one["resume_details"]["resume_id"] == str(application.resume_id)


def test_response_to_a_patch_has_the_plain_keys_and_the_letter(employer, application):
    body = employer.patch(f"{URL}{application.pk}/", {"status": "reviewed"}, format="json").json()

    assert list(body) == PLAIN_KEYS
    assert body["cover_letter"] == application.cover_letter


def test_response_to_a_patch_of_a_withdrawn_application_shows_the_employer_no_letter(seeker, employer, application):
    seeker.delete(f"{URL}{application.pk}/")

    response = employer.patch(f"{URL}{application.pk}/", {}, format="json")

    assert response.status_code == 200
    assert list(response.json()) == PLAIN_KEYS
    assert response.json()["cover_letter"] == ""


# --- The list, which is made of rows and not of instances ------------------------------------------------------------

ALL_ACTORS = ("seeker", "employer", "admin")


def stays(application):
    pass


def gets_status(status):
    def change(application):
        Application.objects.filter(pk=application.pk).update(status=status)

    change.__name__ = str(status)
    return change


def loses_its_resume(application):
    Application.objects.filter(pk=application.pk).update(resume=None)


def loses_its_letter(application):
    Application.objects.filter(pk=application.pk).update(cover_letter="")


def loses_its_employer(application):
    Job.objects.filter(pk=application.job_id).update(employer=None, is_active=False)


def loses_its_applicant_undecided(application):
    anonymise_applications(user=application.job_seeker.user)


def loses_its_applicant_decided(application):
    gets_status("accepted")(application)
    anonymise_applications(user=application.job_seeker.user)


def has_applicant_named(first_name, last_name):
    def rename(application):
        seeker = application.job_seeker
        seeker.first_name, seeker.last_name = first_name, last_name
        seeker.phone_number = ""
        seeker.save()

    rename.__name__ = f"is_of {first_name!r} {last_name!r}"
    return rename


STATES = [
    *((gets_status(status), ALL_ACTORS) for status in Status),
    (loses_its_resume, ALL_ACTORS),
    (loses_its_letter, ALL_ACTORS),
    (loses_its_employer, ("seeker", "admin")),
    (loses_its_applicant_undecided, ("employer", "admin")),
    (loses_its_applicant_decided, ("employer", "admin")),
    *((has_applicant_named(*names), ALL_ACTORS) for names in [("", ""), ("Bo", ""), ("", "Li"), ("\u00a0Zoë", "“Q” ")]),
]


@pytest.mark.parametrize(
    ("actor", "happens"),
    [pytest.param(actor, happens, id=f"{actor}-{happens.__name__}") for happens, actors in STATES for actor in actors],
)
def test_row_of_the_list_equals_the_response_to_get_byte_by_byte(request, monkeypatch, application, actor, happens):
    client = request.getfixturevalue(actor)
    # Otherwise the links of the two responses may be of different minutes.
    monkeypatch.setattr("resumes.signed_links._signer.timestamp", lambda: "1vcXyz")
    happens(application)

    one, page = client.get(f"{URL}{application.pk}/"), client.get(URL)

    assert page.json() == {"count": 1, "next": None, "previous": None, "results": [one.json()]}
    assert one.content in page.content


def test_list_with_indentation_says_the_same(employer, application):
    plain, indented = employer.get(URL), employer.get(URL, headers={"accept": "application/json; indent=4"})

    assert indented.content != plain.content
    assert indented.json() == plain.json()


def test_page_of_a_list_shows_its_own_rows(employer, applications):
    page = employer.get(URL, {"page": 2, "page_size": 3}).json()

    assert page["count"] == 4
    assert [row["application_id"] for row in page["results"]] == [str(applications[0].pk)]


@pytest.mark.parametrize("actor", ["seeker", "employer", "admin", "anonymous"])
def test_list_has_what_the_user_may_see(request, application, actor):
    ApplicationFactory()
    user = getattr(request.getfixturevalue(actor), "user", AnonymousUser())

    listed = {row["pk"] for row in _listed_to(user).values("pk")}

    assert listed == set(Application.objects.visible_to(user).values_list("pk", flat=True))
    assert len(listed) == {"admin": 2, "anonymous": 0}.get(actor, 1)


@pytest.mark.parametrize("actor", ["seeker", "employer"])
@pytest.mark.parametrize("page", [1, 2])
def test_list_takes_two_statements(request, application, job, actor, page):
    ApplicationFactory(job_seeker=application.job_seeker, job__employer=job.employer)
    client = request.getfixturevalue(actor)
    with CaptureQueriesContext(connection) as captured:
        body = client.get(URL, {"page": page, "page_size": 1}).json()

    # Of the caller, and of the page.
    assert len(captured) == 2
    assert body["count"] == 2
    assert len(body["results"]) == 1


def test_list_is_counted_without_joins_and_read_without_hidden_columns(seeker, application):
    with CaptureQueriesContext(connection) as captured:
        seeker.get(URL)

    page = captured.captured_queries[-1]["sql"]
    count = re.search(r"\(SELECT COUNT.*?\) AS ", page)
    assert count
    assert "JOIN" not in count[0]
    for column in ("password", "description", "checksum", "website"):
        assert f'"{column}"' not in page


def test_list_is_compiled_without_the_time_of_the_first_request(seeker, application):
    seeker.get(URL)
    Application.objects.update(status="rejected", told_status="pending", tell_at=timezone.now())

    assert seeker.get(URL).json()["results"][0]["status"] == "rejected"


def test_page_beyond_the_last_does_not_exist(seeker, application):
    assert seeker.get(URL, {"page": 2}).status_code == 404
    application.delete()
    assert seeker.get(URL, {"page": 2}).status_code == 404
    assert seeker.get(URL).json() == {"count": 0, "next": None, "previous": None, "results": []}


# --- Filters ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def applications(employer):
    """Four applications to two jobs, oldest first."""
    jobs = [JobFactory(employer=employer.user.employer) for _ in range(2)]
    start = timezone.now() - timedelta(days=1)
    return [
        ApplicationFactory(job=jobs[number % 2], status=status, applied_at=start + timedelta(minutes=number))
        for number, status in enumerate(["pending", "reviewed", "accepted", "rejected"])
    ]


def found(client, applications, **params):
    response = client.get(URL, params)
    assert response.status_code == 200, response.json()
    order = [str(application.pk) for application in applications]
    return [order.index(row["application_id"]) for row in response.json()["results"]]


def test_list_is_newest_first(employer, applications):
    assert found(employer, applications) == [3, 2, 1, 0]


def test_list_by_job(employer, applications):
    assert found(employer, applications, job=str(applications[0].job_id)) == [2, 0]


def test_list_by_applicant(employer, applications):
    assert found(employer, applications, job_seeker=str(applications[1].job_seeker_id)) == [1]


def test_list_by_one_status(employer, applications):
    assert found(employer, applications, status="accepted") == [2]


def test_list_by_several_statuses(employer, applications):
    assert found(employer, applications, status=["pending", "rejected"]) == [3, 0]
    assert found(employer, applications, status="Pending,rejected") == [3, 0]
    assert found(employer, applications, **{"status[]": ["pending", "rejected"]}) == [3, 0]


def test_list_by_several_parameters_needs_all_of_them(employer, applications):
    assert found(employer, applications, job=str(applications[0].job_id), status=["pending", "rejected"]) == [0]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [("applied_at", [0, 1, 2, 3]), ("-applied_at", [3, 2, 1, 0]), ("status", [2, 0, 3, 1]), ("-status", [1, 3, 0, 2])],
)
def test_list_in_the_order_asked_for(employer, applications, ordering, expected):
    assert found(employer, applications, ordering=ordering) == expected


@pytest.mark.parametrize("name", ["job", "job_seeker", "status", "ordering"])
def test_list_with_an_empty_parameter_is_not_filtered(employer, applications, name):
    assert found(employer, applications, **{name: ""}) == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("name", "value"), [("job", "abc"), ("job_seeker", "1"), ("status", "unknown"), ("ordering", "cover_letter")]
)
def test_list_with_a_bad_parameter_is_refused(employer, name, value):
    response = employer.get(URL, {name: value})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]


def test_list_with_an_unknown_parameter_is_not_filtered(employer, applications):
    assert found(employer, applications, colour="blue") == [3, 2, 1, 0]
