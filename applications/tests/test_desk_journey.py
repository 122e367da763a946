"""A day at the desk of an employer, over HTTP: two seekers apply, another employer and an anonymous look on."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.tests.factories import EmployerFactory, JobSeekerFactory
from applications.closings import tell_applicants
from applications.services import tell_held_decisions
from applications.tests.test_holds import pass_time
from jobs.life import publish_due_jobs
from jobs.models import Job
from jobs.tests.factories import CategoryFactory, LocationFactory
from notifications.models import Notification, OutgoingEmail
from resumes.tests.factories import ResumeFactory

QUESTIONS = [
    {"text": "Years in a kitchen?", "kind": "number", "required": True, "knock_out": {"minimum": 2}},
    {"text": "Nights, too?", "kind": "yes_no", "required": True},
    {"text": "Why us?", "kind": "text", "required": False},
]
LATER, MUCH_LATER = "2098-12-31", "2099-12-31"
UNKNOWN = "7380e23f-d34b-4e5a-aa99-0d4953ed3654"


class Person:
    """Sends requests, each of which is to have a status."""

    def __init__(self, client):
        self.client = client
        self.user = getattr(client, "user", None)

    def send(self, method, path, body=None, *, status=200):
        values = {} if method == "get" else {"format": "json"}
        response = getattr(self.client, method)(f"/api/{path}", body, **values)
        assert response.status_code == status, (method, path, response.content)
        return response.json() if response.content else None

    def get(self, path, status=200, **params):
        return self.send("get", path, params, status=status)

    def rows(self, path, **params):
        return self.get(path, **params)["results"]

    def timeline(self, key):
        entries = self.rows(f"applications/{key}/timeline/")
        return [(entry["kind"], entry["to_status"], entry["actor"], entry["reason"]) for entry in entries]

    def told(self):
        """Return the messages of the notifications, oldest first."""
        rows = Notification.objects.filter(user=self.user).order_by("created_at")
        listed = {row["message"] for row in self.rows("notifications/")}
        assert listed == {row.shown_message for row in rows}
        return [row.shown_message for row in rows]

    def mailed(self):
        """Return the kinds of the emails, oldest first."""
        return [mail.kind for mail in OutgoingEmail.objects.filter(recipient=self.user).order_by("created_at")]


class Desk:
    """The people of the day, the job and the applications."""

    def __init__(self, client_for, anonymous, admin):
        def employer(name):
            return Person(client_for(EmployerFactory(company_name=name).user))

        def seeker(first_name, **names):
            profile = JobSeekerFactory(first_name=first_name, user__email=f"{first_name.lower()}@mail.example", **names)
            return Person(client_for(profile.user))

        self.employer, self.bystander = employer("Palm Grove Hotels"), employer("Seaside Inn")
        self.ada, self.ben = seeker("Ada", last_name="Okafor"), seeker("Ben", last_name="=1+1")
        self.anonymous, self.admin = Person(anonymous), Person(admin)
        self.job = self.questions = self.of_ada = self.of_ben = None

    def refuse(self, method, path, body=None, *, seeker=404, bystander=404):
        """Check that those whom the row is not of get nothing of it."""
        self.anonymous.send(method, path, body, status=401)
        self.ada.send(method, path, body, status=seeker)
        self.bystander.send(method, path, body, status=bystander)

    def state(self):
        return self.employer.get(f"employer/jobs/{self.job}/")["state"]


@pytest.fixture
def desk(db, client_for, anonymous, admin):
    return Desk(client_for, anonymous, admin)


def test_a_day_at_the_desk(desk):
    the_job_is_prepared_and_published(desk)
    both_seekers_apply(desk)
    the_posting_stays_what_was_applied_to(desk)
    the_employer_works_through_the_list(desk)
    the_employer_writes_what_no_seeker_reads(desk)
    a_rejection_is_held_then_told_with_its_reason(desk)
    a_rejection_is_taken_back_and_was_never_told(desk)
    the_list_is_exported(desk)
    several_are_decided_at_once(desk)
    the_job_is_paused_extended_and_closed(desk)
    the_job_opens_again_and_tells_nothing(desk)
    ben_withdraws(desk)


def the_job_is_prepared_and_published(desk):
    posting = {
        "title": "Sous Chef",
        "description": "Run the kitchen.",
        "location": LocationFactory(city="Accra", state="", country="Ghana").pk,
        "category": CategoryFactory().pk,
        "salary_range": "GHS 6,500 per month",
        "job_type": "full-time",
        "expires_at": LATER,
    }
    job = desk.employer.send("post", "jobs/", {**posting, "is_active": False}, status=201)
    desk.job = job["job_id"]
    path = f"jobs/{desk.job}/"
    assert desk.state() == "draft"
    # For the others it does not exist.
    for person in (desk.anonymous, desk.ada, desk.bystander):
        person.get(path, status=404)
    desk.refuse("post", f"{path}publish/")
    desk.refuse("get", f"employer/{path}questions/", seeker=403)
    assert desk.admin.get(path)["job_id"] == desk.job

    asked = desk.employer.send("put", f"{path}questions/", QUESTIONS)["results"]
    assert [question["knock_out"] for question in asked] == [{"minimum": 2}, None, None]
    desk.questions = [question["question_id"] for question in asked]

    # At a time that comes; the beat comes twice.
    at = (timezone.now() + timedelta(hours=1)).isoformat()
    published = desk.employer.send("post", f"{path}publish/", {"publish_at": at})
    assert list(published) == list(job)
    assert desk.state() == "scheduled"
    assert [row["job_id"] for row in desk.employer.rows("employer/jobs/", state=["draft", "scheduled"])] == [desk.job]
    publish_due_jobs()
    desk.ada.get(path, status=404)
    Job.objects.filter(pk=desk.job).update(publish_at=timezone.now())
    publish_due_jobs()
    publish_due_jobs()
    opened = desk.anonymous.get(path)
    assert (opened["is_active"], opened["posted_at"] > job["posted_at"]) == (True, True)
    counts = {"draft": 0, "scheduled": 0, "open": 1, "paused": 0, "closed": 0, "expired": 0}
    assert desk.employer.get("employer/jobs/counts/") == counts
    # The public reads the questions without what passes.
    public = desk.anonymous.rows(f"{path}questions/")
    assert [(row["text"], row["kind"], "knock_out" in row) for row in public] == [
        (question["text"], question["kind"], False) for question in QUESTIONS
    ]
    desk.bystander.send("put", f"{path}questions/", [], status=403)


def both_seekers_apply(desk):
    years, nights, why = desk.questions

    def apply(person, answers, status=201):
        resume = ResumeFactory(job_seeker=person.user.job_seeker).pk
        body = {"job": desk.job, "resume": resume, "cover_letter": "I cook.", "answers": answers}
        return person.send("post", "applications/", body, status=status)

    problems = apply(desk.ada, {nights: "yes", UNKNOWN: 1}, status=400)["errors"]
    assert problems == {
        f"answers.{UNKNOWN}": ["This job has no such question."],
        f"answers.{years}": ["This question needs an answer."],
        f"answers.{nights}": ["Answer with true or false."],
    }
    desk.of_ada = apply(desk.ada, {years: 7, nights: True, why: "The sea."})["application_id"]
    desk.of_ben = apply(desk.ben, {years: 1, nights: False})["application_id"]

    shown = desk.employer.get(f"applications/{desk.of_ben}/", expand="answers,screening")
    assert shown["answers"] == {years: 1, nights: False}
    assert shown["screening"] == {"passed": False, "questions": {years: False}}
    assert desk.ada.get(f"applications/{desk.of_ada}/", expand="answers")["answers"][why] == "The sea."
    desk.ada.get(f"applications/{desk.of_ada}/", status=400, expand="screening")
    # Both have read the questions.
    desk.employer.send("put", f"jobs/{desk.job}/questions/", [], status=409)
    assert desk.ada.mailed() == desk.ben.mailed() == ["application_received"]
    assert len(desk.employer.told()) == 2


def the_posting_stays_what_was_applied_to(desk):
    desk.employer.send("patch", f"jobs/{desk.job}/", {"title": "Head Chef", "description": "Run two kitchens."})

    for person in (desk.ada, desk.employer, desk.admin):
        posting = person.get(f"applications/{desk.of_ada}/posting/")
        assert (posting["title"], posting["description"]) == ("Sous Chef", "Run the kitchen.")
        assert (posting["company_name"], posting["place"]) == ("Palm Grove Hotels", "Accra, Ghana")
    assert posting["salary_details"]["currency"] == "GHS"
    desk.refuse("get", f"applications/{desk.of_ben}/posting/")


def the_employer_works_through_the_list(desk):
    def found(person, **params):
        counts = person.get("applications/counts/", **params)
        keys = [row["application_id"] for row in person.rows("applications/", **params)]
        assert sum(counts.values()) == len(keys)
        return keys

    assert found(desk.employer) == [desk.of_ben, desk.of_ada]
    assert found(desk.employer, search="okafor chef") == found(desk.employer, search="ada@mail") == [desk.of_ada]
    assert found(desk.employer, applied_before="2020-01-01") == []
    assert found(desk.employer, job=UNKNOWN) == []
    assert found(desk.bystander, job=desk.job) == found(desk.bystander, search="okafor") == []
    desk.employer.get("applications/", status=400, applied_after="yesterday")
    desk.anonymous.get("applications/counts/", status=401)

    [job] = desk.employer.rows("employer/jobs/", search="chef")
    pending = {"pending": 2, "reviewed": 0, "accepted": 0, "rejected": 0, "withdrawn": 0}
    # The administrator saw the draft, the anonymous the open job.
    assert job["counts"] == {"applications": pending, "views": 2}
    assert desk.bystander.rows("employer/jobs/", search="chef") == []


def the_employer_writes_what_no_seeker_reads(desk):
    notes, assessment = (f"applications/{desk.of_ada}/{name}/" for name in ("notes", "assessment"))
    note = desk.employer.send("post", notes, {"text": "Knows fish."}, status=201)
    desk.employer.send("patch", f"{notes}{note['note_id']}/", {"text": "Knows fish well."})
    opinion = {"rating": 5, "tags": ["fish", "nights"]}
    assert desk.employer.send("put", assessment, opinion) == opinion

    assert [row["text"] for row in desk.admin.rows(notes)] == ["Knows fish well."]
    assert (
        desk.employer.rows("applications/", expand="assessment", tag="fish", rating_min=5)[0]["assessment"] == opinion
    )
    rated = [row["application_id"] for row in desk.employer.rows("applications/", ordering="-rating")]
    assert rated == [desk.of_ada, desk.of_ben]
    for path in (notes, f"{notes}{note['note_id']}/", assessment):
        desk.refuse("get", path, seeker=403)
    desk.refuse("post", notes, {"text": "Mine."}, seeker=403)
    desk.refuse("put", assessment, opinion, seeker=403)
    desk.ada.get("applications/", status=400, expand="assessment")
    desk.ada.get("applications/", status=400, ordering="rating")
    assert [row["application_id"] for row in desk.ada.rows("applications/", rating_min=1, tag="x")] == [desk.of_ada]


def a_rejection_is_held_then_told_with_its_reason(desk):
    path = f"applications/{desk.of_ada}/"
    assert desk.employer.send("put", "employer/settings/", {"decision_hold_minutes": 60}) == {
        "decision_hold_minutes": 60
    }
    desk.ada.get("employer/settings/", status=403)
    resume = desk.employer.client.get(desk.employer.get(path)["resume_details"]["file_url"])
    assert resume.getvalue().startswith(b"%PDF")
    desk.employer.send("patch", path, {"status": "reviewed"})
    refused = desk.employer.send("patch", path, {"status": "accepted", "reason": "skills"}, status=400)
    assert list(refused["errors"]) == ["reason"]
    desk.refuse("patch", path, {"status": "rejected"}, seeker=403)
    desk.employer.send("patch", path, {"status": "rejected", "reason": "position_filled"})

    until_then = [
        ("applied", "pending", "applicant", None),
        ("resume_opened", None, "employer", None),
        ("status", "reviewed", "employer", None),
    ]
    rejected = ("status", "rejected", "employer", "position_filled")
    reviewed = "Your application for “Head Chef” has been reviewed."
    tell_held_decisions(seconds=1)
    assert desk.employer.timeline(desk.of_ada) == [*until_then, rejected]
    assert desk.ada.timeline(desk.of_ada) == until_then
    assert desk.ada.get(path)["status"] == "reviewed"
    assert desk.ada.told() == [reviewed]
    told_at = desk.employer.get(path, expand="told_at")["told_at"]
    assert timedelta(minutes=58) < datetime.fromisoformat(told_at) - datetime.now(UTC) <= timedelta(minutes=60)
    # The employer decides to share the reason.
    desk.employer.send("patch", path, {"status": "rejected", "reason_shared": True})

    pass_time(61)
    assert desk.ada.get(path)["status"] == "rejected"
    assert rejected in desk.ada.timeline(desk.of_ada)
    tell_held_decisions(seconds=1)
    tell_held_decisions(seconds=1)
    in_words = "Your application for “Head Chef” was rejected: the position has been filled."
    assert desk.ada.told() == [reviewed, in_words]
    assert desk.ada.mailed() == ["application_received", "application_rejected"]
    assert "The reason: the position has been filled." in OutgoingEmail.objects.get(kind="application_rejected").text
    desk.anonymous.get(f"{path}timeline/", status=401)
    desk.bystander.get(f"{path}timeline/", status=404)
    desk.ben.get(f"{path}timeline/", status=404)


def a_rejection_is_taken_back_and_was_never_told(desk):
    path = f"applications/{desk.of_ben}/"
    desk.employer.send("patch", path, {"status": "rejected", "reason": "experience", "reason_shared": True})
    desk.ben.send("patch", path, {"cover_letter": "I cook well."})
    desk.employer.send("patch", path, {"status": "reviewed"})

    kinds = [(kind, status) for kind, status, *_ in desk.ben.timeline(desk.of_ben)]
    assert kinds == [("applied", "pending"), ("letter_changed", None), ("status", "reviewed")]
    statuses = [status for _, status, *_ in desk.employer.timeline(desk.of_ben)]
    assert statuses == ["pending", "rejected", None, "reviewed"]
    pass_time(61)
    tell_held_decisions(seconds=1)
    assert desk.ben.told() == ["Your application for “Head Chef” has been reviewed."]
    assert desk.ben.mailed() == ["application_received"]


def the_list_is_exported(desk):
    def export(**params):
        response = desk.employer.client.get("/api/applications/export/", params)
        assert (response.status_code, response.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
        return response.getvalue().decode()

    rows = {
        row["first_name"]: row for row in csv.DictReader(io.StringIO(export(job=desk.job), newline=""), strict=True)
    }
    assert set(rows) == {"Ada", "Ben"}
    # A formula is a text.
    assert (rows["Ben"]["last_name"], rows["Ben"]["status"], rows["Ben"]["rating"]) == ("'=1+1", "reviewed", "")
    assert (rows["Ada"]["email"], rows["Ada"]["rating"], rows["Ada"]["tags"]) == (
        *("ada@mail.example", "5", "fish; nights"),
    )
    assert rows["Ben"]["cover_letter"] == "I cook well."
    assert export(excel="1", status="rejected").startswith("\ufeffapplication_id,")
    desk.anonymous.get("applications/export/", status=401)
    desk.ada.get("applications/export/", status=403)
    lines = desk.bystander.client.get("/api/applications/export/").getvalue().decode().splitlines()
    assert len(lines) == 1


def several_are_decided_at_once(desk):
    body = {"ids": [desk.of_ada, desk.of_ben, UNKNOWN], "status": "pending"}
    results = desk.employer.send("post", "applications/bulk-status/", body)["results"]
    assert [(row["application_id"], row["outcome"]) for row in results] == [
        (desk.of_ada, "illegal"),
        (desk.of_ben, "changed"),
        (UNKNOWN, "not_found"),
    ]
    assert results[0]["message"] == "This application is rejected; it can become reviewed or accepted."
    results = desk.bystander.send("post", "applications/bulk-status/", body)["results"]
    assert {row["outcome"] for row in results} == {"not_found"}
    desk.anonymous.send("post", "applications/bulk-status/", body, status=401)
    desk.ada.send("post", "applications/bulk-status/", body, status=403)
    assert desk.ben.told()[-1] == "Your application for “Head Chef” is pending again."


def the_job_is_paused_extended_and_closed(desk):
    path = f"jobs/{desk.job}/"
    # It is open: they see it, but it is not theirs.
    desk.refuse("post", f"{path}pause/", seeker=403, bystander=403)
    desk.refuse("get", f"{path}history/", seeker=403, bystander=403)
    desk.employer.send("post", f"employer/{path}pause/")
    assert desk.state() == "paused"
    desk.anonymous.get(path, status=404)
    refused = desk.employer.send("post", f"{path}publish/", status=409)
    assert refused["code"] == "illegal_state"
    assert refused["message"] == "This job is paused. Possible now: resume, close, extend, duplicate."
    desk.employer.send("patch", path, {"is_active": True})
    assert desk.employer.send("post", f"{path}extend/", {"expires_at": MUCH_LATER})["expires_at"].startswith(MUCH_LATER)

    mails = desk.ada.mailed()
    # The administrator may close it, and that tells nothing.
    told = desk.ben.told()
    desk.admin.send("post", f"{path}close/", {"reason": "cancelled"})
    tell_applicants(seconds=5)
    assert desk.employer.rows(f"{path}history/")[0]["actor"] == "administrator"
    assert desk.ben.told() == told
    desk.employer.send("post", f"{path}relist/", {"expires_at": MUCH_LATER})

    desk.employer.send("post", f"{path}close/", {"reason": "filled"})
    tell_applicants(seconds=5)
    tell_applicants(seconds=5)
    assert desk.state() == "closed"
    closed = "The job “Head Chef” was closed, because the position is filled. This is no decision on your application."
    assert desk.ben.told().count(closed) == 1
    assert desk.ben.mailed() == ["application_received", "job_closed"]
    assert desk.ben.timeline(desk.of_ben)[-1] == ("job_closed", None, "employer", None)
    assert desk.ben.get(f"applications/{desk.of_ben}/")["status"] == "pending"
    # Ada was decided before.
    assert closed not in desk.ada.told()
    assert desk.ada.mailed() == mails


def the_job_opens_again_and_tells_nothing(desk):
    path = f"jobs/{desk.job}/"
    told = (desk.ada.told(), desk.ben.told(), OutgoingEmail.objects.count())
    assert desk.employer.send("patch", path, {"is_active": True}, status=409)["code"] == "illegal_state"
    desk.refuse("post", f"{path}relist/", {"expires_at": MUCH_LATER})
    desk.employer.send("post", f"{path}relist/", {"expires_at": MUCH_LATER})
    tell_applicants(seconds=5)
    assert desk.state() == "open"
    assert told == (desk.ada.told(), desk.ben.told(), OutgoingEmail.objects.count())
    copy = desk.employer.send("post", f"{path}duplicate/", status=201)
    assert desk.employer.get(f"employer/jobs/{copy['job_id']}/")["state"] == "draft"

    history = desk.employer.rows(f"{path}history/")
    assert history == desk.admin.rows(f"{path}history/")
    assert [row["changes"]["state"] for row in reversed(history) if "state" in row["changes"]] == [
        ["draft", "scheduled"],
        ["scheduled", "open"],
        ["open", "paused"],
        ["paused", "open"],
        ["open", "closed"],
        ["closed", "open"],
        ["open", "closed"],
        ["closed", "open"],
    ]
    [changed] = [row["changes"] for row in history if "title" in row["changes"]]
    assert changed == {"title": ["Sous Chef", "Head Chef"], "description": "changed"}


def ben_withdraws(desk):
    path = f"applications/{desk.of_ben}/"
    desk.employer.send("post", f"{path}notes/", {"text": "Too young."}, status=201)
    desk.employer.send("put", f"{path}assessment/", {"rating": 1, "tags": []})
    desk.ben.send("delete", path, status=204)

    assert desk.employer.rows(f"{path}notes/") == []
    assert desk.employer.get(f"{path}assessment/") == {"rating": None, "tags": []}
    desk.employer.send("post", f"{path}notes/", {"text": "Why?"}, status=409)
    assert desk.ben.timeline(desk.of_ben)[-1] == ("withdrawn", "withdrawn", "applicant", None)
    counts = desk.employer.get("applications/counts/")
    assert {status for status, number in counts.items() if number} == {"rejected", "withdrawn"}
