"""Conditional requests: what a client has not seen, it neither overwrites nor is sent again."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Employer
from anywork.tests.world import World, fingerprint
from applications.models import Application
from jobs.models import Job
from jobs.signals import job_viewed
from notifications.models import Notification
from resumes.tests.factories import ResumeFactory

# Callers who change a field, and callers who read the row.
DETAILS = {
    "/api/jobseekers/{applicant}/": ("applicant", {"first_name": "Bo"}),
    "/api/employers/{employer}/": ("employer", {"website": "https://example.org"}),
    "/api/categories/{category}/": ("admin", {"description": "Other"}),
    "/api/locations/{location}/": ("admin", {"state": "Other"}),
    "/api/jobs/{open}/": ("employer", {"title": "Other"}),
    "/api/employer/jobs/{open}/": ("employer", {"title": "Other"}),
    "/api/applications/{application}/": ("applicant", {"cover_letter": "Other"}),
    "/api/notifications/{employer_notification}/": ("employer", {"is_read": True}),
    "/api/skills/{skill}/": ("applicant", {"name": "Other"}),
}
READ_ONLY = {"/api/resumes/{resume}/": "applicant", "/api/analytics/{views}/": "employer"}
STALE = '"0123456789abcdef"'


def assert_precondition_failed(response: Any) -> None:
    assert response.status_code == 412, response.content
    body = response.json()
    assert list(body) == ["status", "code", "message", "errors", "request_id"]
    assert body["code"] == "precondition_failed"
    assert "Read it again" in body["message"]


@pytest.mark.parametrize("path", [*DETAILS, *READ_ONLY])
class TestReading:
    def test_caller_reads_a_row_again_and_is_told_that_it_is_the_same(self, world: World, path: str) -> None:
        caller = DETAILS[path][0] if path in DETAILS else READ_ONLY[path]
        client, url = world.client(caller), world.fill(path)
        tag = client.get(url).headers["ETag"]

        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = client.get(url, HTTP_IF_NONE_MATCH=known)
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag), known
            assert "Content-Length" not in again.headers
        for other in (STALE, "", "nonsense", tag.strip('"')):
            assert client.get(url, HTTP_IF_NONE_MATCH=other).status_code == 200, other

    def test_caller_reads_a_row_by_head_and_gets_its_tag(self, world: World, path: str) -> None:
        caller = DETAILS[path][0] if path in DETAILS else READ_ONLY[path]
        client, url = world.client(caller), world.fill(path)

        assert client.head(url).headers["ETag"] == client.get(url).headers["ETag"]


@pytest.mark.parametrize("path", DETAILS)
class TestChanging:
    def test_caller_changes_what_it_has_seen(self, world: World, path: str) -> None:
        caller, change = DETAILS[path]
        client, url = world.client(caller), world.fill(path)
        tag = client.get(url).headers["ETag"]

        response = client.patch(url, change, HTTP_IF_MATCH=f'"other", {tag}')

        assert response.status_code == 200, response.content
        assert client.get(url).headers["ETag"] != tag
        assert client.get(url, HTTP_IF_NONE_MATCH=tag).status_code == 200

    def test_caller_changes_twice_by_the_tag_of_the_first_change(self, world: World, path: str) -> None:
        caller, change = DETAILS[path]
        client, url = world.client(caller), world.fill(path)

        first = client.patch(url, change)

        assert client.patch(url, change, HTTP_IF_MATCH=first.headers["ETag"]).status_code == 200

    def test_caller_does_not_change_what_it_has_not_seen(self, world: World, path: str) -> None:
        caller, change = DETAILS[path]
        client, url = world.client(caller), world.fill(path)
        seen = client.get(url).headers["ETag"]

        # A weak tag is not strong enough for a change: RFC 9110, 13.1.1.
        for tag in (STALE, f"W/{seen}", f'{STALE}, "other"'):
            assert_precondition_failed(client.patch(url, change, HTTP_IF_MATCH=tag))
        assert fingerprint() == world.fingerprint

    def test_caller_changes_whatever_is_there(self, world: World, path: str) -> None:
        caller, change = DETAILS[path]

        response = world.client(caller).patch(world.fill(path), change, HTTP_IF_MATCH="*")

        assert response.status_code == 200, response.content

    @pytest.mark.parametrize("header", ["", "nonsense", "0123456789abcdef"])
    def test_caller_sends_no_tag_and_is_told_how_one_looks(self, world: World, path: str, header: str) -> None:
        caller, change = DETAILS[path]

        response = world.client(caller).patch(world.fill(path), change, HTTP_IF_MATCH=header)

        assert response.status_code == 400
        assert "double quotes" in response.json()["message"]
        assert fingerprint() == world.fingerprint

    @pytest.mark.parametrize("header", [STALE, "nonsense"])
    def test_caller_reads_as_without_a_condition_on_changes(self, world: World, path: str, header: str) -> None:
        client, url = world.client(DETAILS[path][0]), world.fill(path)

        assert client.get(url, HTTP_IF_MATCH=header).json() == client.get(url).json()


def test_stranger_learns_nothing_by_tags(world: World) -> None:
    client = world.client("rival")

    responses = [
        client.patch(world.fill("/api/jobs/{hidden}/"), {"title": "Mine"}, HTTP_IF_MATCH=STALE),
        client.patch(world.fill("/api/jobs/{open}/"), {"title": "Mine"}, HTTP_IF_MATCH=STALE),
        client.delete(world.fill("/api/jobs/{open}/"), HTTP_IF_MATCH=STALE),
    ]

    assert [response.status_code for response in responses] == [404, 403, 403]


class TestTagsOfAJob:
    READ = ("/api/jobs/{open}/", "/api/jobs/{open}/?expand=employer,location,category", "/api/employer/jobs/{open}/")

    @pytest.mark.parametrize("read", READ)
    @pytest.mark.parametrize("write", ["/api/jobs/{open}/", "/api/employer/jobs/{open}/"])
    def test_tag_of_any_page_of_a_job_guards_its_change_at_any_other(self, world: World, read: str, write: str) -> None:
        client = world.client("employer")
        tag = client.get(world.fill(read)).headers["ETag"]

        assert client.patch(world.fill(write), {"title": "One"}, HTTP_IF_MATCH=tag).status_code == 200
        assert_precondition_failed(client.patch(world.fill(write), {"title": "Two"}, HTTP_IF_MATCH=tag))
        assert Job.objects.get(pk=world.key("open")).title == "One"

    SALARY = {"minimum": 50_000.5, "maximum": 60_000, "currency": "EUR", "period": "year"}
    SKILL = {"name": "Python", "importance": "useful"}
    # Fields that a plain response does not show.
    UNSHOWN = (
        {"workplace": "hybrid"},
        {"salary": SALARY},
        {"salary": {**SALARY, "period": "month"}},
        {"skills": [SKILL]},
    )

    @pytest.mark.parametrize("change", UNSHOWN, ids=str)
    @pytest.mark.parametrize("read", READ)
    def test_change_of_what_few_pages_show_is_a_conflict(self, world: World, read: str, change: dict[str, Any]) -> None:
        client, url = world.client("employer"), world.fill("/api/jobs/{open}/")
        tag = client.get(world.fill(read)).headers["ETag"]

        changed = client.patch(url, change, HTTP_IF_MATCH=tag)

        assert changed.status_code == 200
        assert client.get(url).headers["ETag"] == changed.headers["ETag"] != tag
        assert_precondition_failed(client.patch(url, {"title": "Two"}, HTTP_IF_MATCH=tag))

    def test_stated_salary_that_is_forgotten_is_a_conflict(self, world: World) -> None:
        client, url = world.client("employer"), world.fill("/api/jobs/{open}/")
        tag = client.patch(url, {"salary": self.SALARY}).headers["ETag"]

        assert client.patch(url, {"salary": None}, HTTP_IF_MATCH=tag).status_code == 200
        assert_precondition_failed(client.patch(url, {"salary": self.SALARY}, HTTP_IF_MATCH=tag))

    def test_change_of_what_is_shown_beside_a_job_is_seen_but_no_conflict(self, world: World) -> None:
        client = world.client("employer")
        plain, expanded = self.READ[:2]
        tags = {path: client.get(world.fill(path)).headers["ETag"] for path in (plain, expanded)}
        Employer.objects.filter(pk=world.rows["employer"].pk).update(company_name="Other Ltd")

        assert client.get(world.fill(plain), HTTP_IF_NONE_MATCH=tags[plain]).status_code == 304
        assert client.get(world.fill(expanded), HTTP_IF_NONE_MATCH=tags[expanded]).status_code == 200
        changed = client.patch(world.fill(plain), {"title": "Other"}, HTTP_IF_MATCH=tags[expanded])
        assert changed.status_code == 200

    def test_put_and_delete_are_guarded_too(self, world: World) -> None:
        client, url = world.client("employer"), world.fill("/api/jobs/{hidden}/")
        body = {**client.get(url).json(), "title": "Other", "expires_at": "2999-12-12"}

        assert_precondition_failed(client.put(url, body, HTTP_IF_MATCH=STALE))
        assert_precondition_failed(client.delete(url, HTTP_IF_MATCH=STALE))
        assert fingerprint() == world.fingerprint
        assert client.put(url, body, HTTP_IF_MATCH=client.get(url).headers["ETag"]).status_code == 200
        assert client.delete(url, HTTP_IF_MATCH=client.get(url).headers["ETag"]).status_code == 204

    def test_job_that_is_posted_tells_its_tag(self, world: World) -> None:
        client = world.client("employer")
        body = {**client.get(world.fill("/api/jobs/{open}/")).json(), "expires_at": "2999-12-12"}

        posted = client.post("/api/jobs/", body)

        url = f"/api/jobs/{posted.json()['job_id']}/"
        assert client.patch(url, {"title": "Other"}, HTTP_IF_MATCH=posted.headers["ETag"]).status_code == 200

    def test_visitor_who_has_the_page_is_counted_at_the_cost_of_finding_it(self, world: World, anonymous) -> None:
        url = world.fill("/api/jobs/{open}/")
        viewed: list[Any] = []
        job_viewed.connect(lambda job, **_: viewed.append(job.pk), weak=False, dispatch_uid="test")
        try:
            with CaptureQueriesContext(connection) as first:
                tag = anonymous.get(url).headers["ETag"]
            with CaptureQueriesContext(connection) as again:
                response = anonymous.get(url, HTTP_IF_NONE_MATCH=tag)
        finally:
            job_viewed.disconnect(dispatch_uid="test")

        assert response.status_code == 304
        assert [str(key) for key in viewed] == [world.key("open")] * 2
        assert len(again) == len(first)

    def test_browser_is_told_to_ask_again(self, world: World, anonymous) -> None:
        url = world.fill("/api/jobs/{open}/")
        response = anonymous.get(url)

        assert response.headers["Cache-Control"] == "no-cache"
        again = anonymous.get(url, HTTP_IF_NONE_MATCH=response.headers["ETag"])
        assert again.headers["Cache-Control"] == "no-cache"
        assert "Authorization" in again.headers["Vary"]
        assert world.client("employer").get(url).headers["Cache-Control"] == "no-store"


def test_links_to_files_make_no_conflict(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.client("applicant")
    paths = [world.fill("/api/resumes/{spare_resume}/"), world.fill("/api/applications/{application}/")]
    tags = [client.get(path).headers["ETag"] for path in paths]

    monkeypatch.setattr("resumes.signed_links.time.time", lambda: 4_000_000_000.0)

    for path, tag in zip(paths, tags, strict=True):
        assert client.get(path, HTTP_IF_NONE_MATCH=tag).status_code == 200, "another link"
    assert client.delete(paths[0], HTTP_IF_MATCH=tags[0]).status_code == 204
    assert client.patch(paths[1], {"cover_letter": "Other"}, HTTP_IF_MATCH=tags[1]).status_code == 200


def test_employer_decides_on_what_it_has_read(world: World) -> None:
    url = world.fill("/api/applications/{application}/")
    employer, applicant = world.client("employer"), world.client("applicant")
    read = employer.get(url).headers["ETag"]
    applicant.patch(url, {"cover_letter": "I can start on Monday."})

    assert_precondition_failed(employer.patch(url, {"status": "accepted"}, HTTP_IF_MATCH=read))
    assert Application.objects.get(pk=world.key("application")).status == "pending"
    again = employer.get(url).headers["ETag"]
    assert employer.patch(url, {"status": "accepted"}, HTTP_IF_MATCH=again).status_code == 200


def test_change_that_fails_at_its_end_leaves_nothing(world: World) -> None:
    """The letter is taken, the move is not: neither is stored, and no notification is sent."""
    client, url = world.client("applicant"), world.fill("/api/applications/{application}/")

    response = client.patch(url, {"cover_letter": "Other", "status": "accepted"})

    assert response.status_code == 403
    assert fingerprint() == world.fingerprint
    assert Notification.objects.count() == len([name for name in world.rows if name.endswith("_notification")])


def test_resume_whose_deletion_is_refused_keeps_its_file(world: World) -> None:
    client, resume = world.client("seeker"), ResumeFactory(job_seeker=world.rows["seeker"])

    assert_precondition_failed(client.delete(f"/api/resumes/{resume.pk}/", HTTP_IF_MATCH=STALE))

    assert resume.file.storage.exists(resume.file.name)


@pytest.mark.parametrize("path", ["/api/jobs/?page=0", "/api/jobs/?salary_min=x", "/api/categories/?page_size=0"])
def test_any_tag_is_no_answer_to_bad_parameters(anonymous, db, path):
    assert anonymous.get(path, HTTP_IF_NONE_MATCH="*").status_code in {400, 404}
    for _ in range(2):
        assert anonymous.get("/api/jobs/", HTTP_IF_NONE_MATCH="*").status_code == 304
