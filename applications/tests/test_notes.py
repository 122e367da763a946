"""What employers write about applications, and that applicants get nothing of it."""

from functools import partial

import pytest

from accounts.erasure import erase_account
from anywork.testing.concurrency import at_once
from applications.models import Assessment, Note
from applications.tests.factories import ApplicationFactory, AssessmentFactory, NoteFactory
from jobs.tests.factories import JobFactory

URL = "/api/applications/"
SECRET = "smells-of-marmalade"


@pytest.fixture
def job(employer):
    return JobFactory(employer=employer.user.employer)


@pytest.fixture
def application(seeker, job):
    return ApplicationFactory(job_seeker=seeker.user.job_seeker, job=job)


def notes_of(application):
    return f"{URL}{application.pk}/notes/"


def assessment_of(application):
    return f"{URL}{application.pk}/assessment/"


# --- Notes ------------------------------------------------------------------------------------------------------------


def test_employer_writes_changes_and_deletes_a_note(employer, application):
    created = employer.post(notes_of(application), {"text": "Call her.\n\n=1+1"})

    assert created.status_code == 201
    note = created.json()
    assert list(note) == ["note_id", "text", "author", "created_at", "updated_at"]
    assert (note["text"], note["author"]) == ("Call her.\n\n=1+1", str(employer.user.pk))
    url = f"{notes_of(application)}{note['note_id']}/"
    assert employer.get(url).json() == note
    changed = employer.patch(url, {"text": "Called."}, headers={"if-match": created.headers["ETag"]}).json()
    assert changed == {**note, "text": "Called.", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > note["updated_at"]
    assert employer.patch(url, {"text": "x"}, headers={"if-match": created.headers["ETag"]}).status_code == 412
    assert employer.put(url, {"text": "Hired."}).json()["text"] == "Hired."
    assert employer.delete(url).status_code == 204
    assert employer.get(notes_of(application)).json()["results"] == []


@pytest.mark.parametrize("text", ["", "  ", "x" * 5_001, None, 7, "a\x00b", ["a"]])
def test_employer_writes_a_note_of_no_valid_text_is_refused(employer, application, text):
    response = employer.post(notes_of(application), {"text": text}, format="json")

    assert (response.status_code, list(response.json()["errors"])) == (400, ["text"])
    assert not Note.objects.exists()


def test_employer_writes_a_note_of_5000_letters(employer, application):
    assert employer.post(notes_of(application), {"text": "é" * 5_000}).status_code == 201


def test_notes_are_a_page_newest_first(employer, application):
    notes = NoteFactory.create_batch(3, application=application)
    NoteFactory(application__job=application.job)

    page = employer.get(notes_of(application), {"page_size": 2}).json()

    assert page["count"] == 3
    assert [row["note_id"] for row in page["results"]] == [str(notes[2].pk), str(notes[1].pk)]


def test_employer_does_not_change_the_note_of_another_author(employer, application, client_for, admin_user):
    note = NoteFactory(application=application, author=admin_user)
    url = f"{notes_of(application)}{note.pk}/"

    assert employer.get(url).status_code == 200
    assert employer.patch(url, {"text": "Mine"}).status_code == 403
    assert employer.delete(url).status_code == 403


@pytest.mark.parametrize("key", ["x", "0", "%00", "7380e23f-d34b-4e5a-aa99-0d4953ed3654"])
def test_unknown_application_or_note_is_a_404(employer, application, key):
    for url in (f"{URL}{key}/notes/", f"{URL}{key}/assessment/", f"{notes_of(application)}{key}/"):
        assert employer.get(url).status_code == 404, url
    assert employer.post(f"{URL}{key}/notes/", {}).status_code == 404


# --- Assessments ------------------------------------------------------------------------------------------------------


def test_employer_assesses_an_application(employer, application):
    url = assessment_of(application)
    nothing = employer.get(url)
    assert nothing.json() == {"rating": None, "tags": []}

    body = {"rating": 4, "tags": ["Python", " from  October ", "python", "Java"]}
    assessed = employer.put(url, body, format="json", headers={"if-match": nothing.headers["ETag"]})

    expected = {"rating": 4, "tags": ["Python", "from October", "Java"]}
    assert (assessed.status_code, assessed.json()) == (200, expected)
    read = employer.get(url)
    assert read.json() == expected
    assert employer.get(url, headers={"if-none-match": read.headers["ETag"]}).status_code == 304
    assert employer.put(url, {}, format="json", headers={"if-match": nothing.headers["ETag"]}).status_code == 412
    assert employer.get(f"{URL}{application.pk}/", {"expand": "assessment"}).json()["assessment"] == expected
    assert employer.put(url, {"tags": ["x"]}, format="json").json() == {"rating": None, "tags": ["x"]}
    assert employer.put(url, {"rating": 1}, format="json").json() == {"rating": 1, "tags": []}
    assert Assessment.objects.get().author == employer.user


def test_expansion_shows_rating_and_tags_or_none(employer, application):
    assessed = AssessmentFactory(application__job=application.job, rating=2)

    rows = employer.get(URL, {"expand": "assessment"}).json()["results"]

    shown = {row["application_id"]: row["assessment"] for row in rows}
    assert shown == {
        str(application.pk): {"rating": None, "tags": []},
        str(assessed.pk): {"rating": 2, "tags": ["Python"]},
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": 2.5}, "rating"),
        ({"rating": "good"}, "rating"),
        ({"rating": True}, "rating"),
        ({"rating": [1]}, "rating"),
        ({"rating": 10**15}, "rating"),
        ({"tags": "x"}, "tags"),
        ({"tags": None}, "tags"),
        ({"tags": ["x" * 41]}, "tags.0"),
        ({"tags": ["ok", ""]}, "tags.1"),
        ({"tags": ["a\nb"]}, "tags.0"),
        ({"tags": [7]}, "tags.0"),
        ({"tags": [str(number) for number in range(21)]}, "tags"),
    ],
)
def test_employer_assesses_by_a_bad_value_is_refused(employer, application, body, field):
    response = employer.put(assessment_of(application), body, format="json")

    assert response.status_code == 400
    assert field in response.json()["errors"]
    assert not Assessment.objects.exists()


def test_employer_gives_20_tags_of_40_letters(employer, application):
    tags = [f"{number:02}" + "é" * 38 for number in range(20)]

    assert employer.put(assessment_of(application), {"tags": tags}, format="json").json()["tags"] == tags


# --- Gone -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def written_about(application):
    NoteFactory(application=application, text=SECRET)
    AssessmentFactory(application=application, tags=[SECRET])
    NoteFactory()
    AssessmentFactory()
    return application


def left():
    return Note.objects.filter(text=SECRET).count(), Assessment.objects.filter(tags__contains=[SECRET]).count()


def test_withdrawal_deletes_what_was_written(seeker, employer, written_about):
    assert left() == (1, 1)

    assert seeker.delete(f"{URL}{written_about.pk}/").status_code == 204

    assert left() == (0, 0)
    assert employer.get(notes_of(written_about)).json()["count"] == 0
    assert employer.get(assessment_of(written_about)).json() == {"rating": None, "tags": []}
    for refused in (
        employer.post(notes_of(written_about), {"text": "Why?"}),
        employer.put(assessment_of(written_about), {"rating": 1}, format="json"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert (Note.objects.count(), Assessment.objects.count()) == (1, 1)


@pytest.mark.parametrize("status", ["pending", "accepted"])
def test_erasure_of_the_applicant_deletes_what_was_written(seeker, employer, written_about, status):
    employer.patch(f"{URL}{written_about.pk}/", {"status": status})

    erase_account(seeker.user)

    assert left() == (0, 0)
    assert employer.post(notes_of(written_about), {"text": "Who was it?"}).status_code == 409
    assert (Note.objects.count(), Assessment.objects.count()) == (1, 1)


def test_erasure_of_the_employer_deletes_what_it_wrote(seeker, employer, written_about):
    erase_account(employer.user)

    assert left() == (0, 0)
    assert seeker.get(f"{URL}{written_about.pk}/").status_code == 200
    assert (Note.objects.count(), Assessment.objects.count()) == (1, 1)


# --- Two at once ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_concurrent_assessments_leave_one_of_them(client_for):
    application = ApplicationFactory()
    bodies = [{"rating": number, "tags": [str(number)]} for number in range(1, 6)] * 2
    clients = [client_for(application.job.employer.user) for _ in bodies]

    responses = at_once(
        *(
            partial(client.put, assessment_of(application), body, format="json")
            for client, body in zip(clients, bodies, strict=True)
        )
    )

    assert [response.json() for response in responses] == bodies
    assessment = Assessment.objects.get()
    assert {"rating": assessment.rating, "tags": assessment.tags} in bodies


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("leave", ["withdraw", "erase"])
def test_what_is_written_during_a_withdrawal_does_not_remain(client_for, leave):
    for _ in range(5):
        application = ApplicationFactory()
        seeker = client_for(application.job_seeker.user)
        employers = [client_for(application.job.employer.user) for _ in range(4)]

        gone, *written = at_once(
            partial(seeker.delete, f"{URL}{application.pk}/")
            if leave == "withdraw"
            else partial(erase_account, seeker.user),
            *(partial(client.post, notes_of(application), {"text": SECRET}) for client in employers[:2]),
            *(
                partial(client.put, assessment_of(application), {"tags": [SECRET]}, format="json")
                for client in employers[2:]
            ),
        )

        assert gone is None or gone.status_code == 204
        assert {response.status_code for response in written} <= {200, 201, 409}
        assert left() == (0, 0)


# --- The applicant learns nothing -------------------------------------------------------------------------------------


def test_applicant_learns_nothing_of_what_was_written(seeker, written_about):
    ApplicationFactory.create_batch(2, job_seeker=seeker.user.job_seeker)
    detail = f"{URL}{written_about.pk}/"
    plain = {path: seeker.get(path) for path in (URL, detail, f"{URL}counts/")}

    for params in ({"rating_min": "5"}, {"rating_min": "x"}, {"tag": SECRET}, {"tag": "other"}, {"tag": ["a"] * 60}):
        # Unknown parameters, for a job seeker.
        for path, expected in plain.items():
            response = seeker.get(path, params)
            body, expected_body = response.json(), expected.json()
            assert response.status_code == 200
            assert without_links(body) == without_links(expected_body)
    for ordering in ("rating", "-rating", "applied_at,rating"):
        response = seeker.get(URL, {"ordering": ordering})
        assert (response.status_code, list(response.json()["errors"])) == (400, ["ordering"])
    for path in (URL, detail):
        assert seeker.get(path, {"expand": "assessment"}).status_code == 400
    for path in (notes_of(written_about), assessment_of(written_about), f"{URL}export/"):
        assert seeker.get(path).status_code == 403


def without_links(body):
    """Return the body without links, which expire: no two are the same."""
    rows = body.get("results", [body])
    return [{**row, "resume_details": None, "links": None} for row in rows]


def test_tag_of_the_applicants_row_does_not_change_with_what_is_written(seeker, employer, application):
    tag = seeker.get(f"{URL}{application.pk}/").headers["ETag"].partition("-")[0]
    version = seeker.get(f"{URL}{application.pk}/").json()

    employer.post(notes_of(application), {"text": SECRET})
    employer.put(assessment_of(application), {"rating": 5, "tags": [SECRET]}, format="json")

    after = seeker.get(f"{URL}{application.pk}/")
    assert after.headers["ETag"].partition("-")[0] == tag
    assert without_links(after.json()) == without_links(version)
    for path in (URL, "/api/notifications/", "/api/auth/me/", f"/api/jobs/{application.job_id}/"):
        assert SECRET not in seeker.get(path).content.decode()
