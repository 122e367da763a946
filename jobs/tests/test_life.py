"""States of jobs, the actions that change them, their history, and what applicants are told."""

import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.services import block_account, unblock_account
from anywork.testing.concurrency import at_once
from applications.models import Application, Question
from applications.tests.factories import ApplicationFactory, QuestionFactory
from jobs.life import ACTIONS, publish_due_jobs
from jobs.models import Job, JobChange
from jobs.querysets import JobState
from jobs.tests.factories import NO_SKILLS, CategoryFactory, JobFactory, LocationFactory

URL, OWN = "/api/jobs/", "/api/employer/jobs/"
KEYS = [
    *("job_id", "title", "description", "salary_range", "job_type", "posted_at", "expires_at", "is_active"),
    *("employer", "location", "category"),
]
TRAITS: dict[str, dict[str, object]] = {
    JobState.DRAFT: {"draft": True},
    JobState.SCHEDULED: {"scheduled": True},
    JobState.OPEN: {},
    JobState.PAUSED: {"is_active": False},
    JobState.CLOSED: {"closed": True},
    JobState.EXPIRED: {"expired": True},
}
BODIES = {"close": {"reason": "filled"}, "extend": {"expires_at": "2999-12-31"}, "relist": {"expires_at": "2999-12-31"}}
AFTER = {"publish": "open", "pause": "paused", "resume": "open", "close": "closed", "extend": None, "relist": "open"}


def state_of(job):
    return Job.objects.with_state().get(pk=job.pk).state


@pytest.fixture
def posting(db):
    location, category = LocationFactory(), CategoryFactory()
    body = {"title": "Cook", "description": "We cook.", "job_type": "contract", "expires_at": "2999-12-31"}
    return {**body, "location": str(location.pk), "category": str(category.pk)}


@pytest.fixture
def mine(employer):
    """Make a job of the employer, in a state, posted long ago."""

    def make(state="open", **values):
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        return JobFactory(employer=employer.user.employer, posted_at=long_ago, **TRAITS[state], **values)

    return make


@pytest.mark.parametrize("state", JobState)
def test_python_and_sql_agree_on_the_state(db, state):
    job = JobFactory(**TRAITS[state])

    assert (job.state_now, state_of(job)) == (state, state)
    assert [other for other in JobState if Job.objects.in_states([other]).exists()] == [state]


@pytest.mark.parametrize("state", ["paused", "scheduled"])
def test_inactive_job_expires(db, state):
    past = timezone.now() - timedelta(days=3)
    job = JobFactory(**TRAITS[state], expires_at=past)

    assert (job.state_now, state_of(job)) == ("expired", "expired")


@pytest.mark.parametrize("url", [URL, OWN])
@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_in_every_state(employer, mine, url, state, action):
    job = mine(state)

    response = employer.post(f"{url}{job.pk}/{action}/", BODIES.get(action, {}))

    if state not in ACTIONS[action]:
        assert (response.status_code, response.json()["code"]) == (409, "illegal_state")
        possible = [name for name, states in ACTIONS.items() if state in states]
        assert response.json()["message"] == f"This job is {state}. Possible now: {', '.join(possible)}."
        assert state_of(job) == state
        assert not JobChange.objects.exists()
        return
    body = response.json()
    assert list(body) == KEYS
    if action == "duplicate":
        assert (response.status_code, body["is_active"]) == (201, False)
        copy = Job.objects.get(pk=body["job_id"])
        assert copy.pk != job.pk
        assert (copy.state_now, copy.title, copy.posted_at > job.posted_at) == ("draft", job.title, True)
        assert copy.salary == job.salary
        assert state_of(job) == state
        return
    after = AFTER[action] or state
    assert (response.status_code, body["is_active"]) == (200, after == "open")
    assert state_of(job) == after
    is_posted_again = Job.objects.get(pk=job.pk).posted_at > job.posted_at
    assert is_posted_again is (action in {"publish", "relist"})
    assert response.headers["ETag"] == employer.get(f"{URL}{job.pk}/").headers["ETag"]


def test_duplicate_has_the_questions_and_neither_applications_nor_history(employer, mine):
    job = mine()
    QuestionFactory(job=job, text="Why?", kind="text", required=False)
    asked = QuestionFactory(job=job, kind="choices", choices=["A", "B"], knock_out=["A"])
    ApplicationFactory(job=job)
    employer.post(f"{URL}{job.pk}/pause/")

    copy = employer.post(f"{URL}{job.pk}/duplicate/").json()["job_id"]

    was, now = (employer.get(f"{OWN}{key}/questions/").json()["results"] for key in (job.pk, copy))
    assert [{**row, "question_id": ""} for row in now] == [{**row, "question_id": ""} for row in was]
    assert not {row["question_id"] for row in now} & {row["question_id"] for row in was}
    assert (now[1]["knock_out"], Question.objects.filter(pk=asked.pk).exists()) == (["A"], True)
    assert not Application.objects.filter(job=copy).exists()
    assert employer.get(f"{URL}{copy}/history/").json()["results"] == []
    # Those of the copy can change: it has no application.
    assert employer.put(f"{URL}{copy}/questions/", [], format="json").status_code == 200
    assert Question.objects.filter(job=job).count() == 2


class TestPublishing:
    def test_employer_posts_a_draft_and_publishes_it(self, employer, posting, anonymous):
        job_id = employer.post(URL, {**posting, "is_active": False}).json()["job_id"]
        assert employer.get(f"{OWN}{job_id}/").json()["state"] == "draft"
        assert anonymous.get(f"{URL}{job_id}/").status_code == 404

        response = employer.post(f"{URL}{job_id}/publish/")

        assert response.json()["is_active"] is True
        assert anonymous.get(f"{URL}{job_id}/").status_code == 200

    def test_employer_schedules_a_job_and_it_is_published_once(self, employer, posting, anonymous):
        at = (timezone.now() + timedelta(hours=1)).isoformat()
        job_id = employer.post(URL, {**posting, "publish_at": at}).json()["job_id"]
        publish_due_jobs()
        shown = employer.get(f"{OWN}{job_id}/").json()
        assert (shown["state"], shown["is_active"]) == ("scheduled", False)
        assert datetime.fromisoformat(shown["publish_at"]) == datetime.fromisoformat(at)
        assert anonymous.get(f"{URL}{job_id}/").status_code == 404

        Job.objects.update(publish_at=timezone.now())
        publish_due_jobs()
        posted_at = anonymous.get(f"{URL}{job_id}/").json()["posted_at"]
        publish_due_jobs()

        assert anonymous.get(f"{URL}{job_id}/").json()["posted_at"] == posted_at
        assert [change.changes["state"] for change in JobChange.objects.all()] == [["scheduled", "open"]]

    def test_employer_schedules_reschedules_and_publishes(self, employer, mine):
        job = mine("draft")
        url = f"{URL}{job.pk}/publish/"

        for at in ("2029-01-31T08:00:00Z", "2029-02-28T08:00:00Z"):
            Job.objects.update(expires_at="2030-01-01T00:00:00Z", closes_at="2030-01-02T00:00:00Z")
            assert employer.post(url, {"publish_at": at}).json()["is_active"] is False
            assert employer.get(f"{OWN}{job.pk}/").json()["publish_at"] == at
        assert employer.post(url).json()["is_active"] is True
        assert Job.objects.get().publish_at is None

    @pytest.mark.parametrize("at", ["2020-01-01T08:00:00Z", "2999-01-01", "tomorrow", 5, "0001-01-01", "9999-12-31"])
    def test_bad_time_to_publish(self, employer, mine, posting, at):
        posting = {**posting, "expires_at": "2990-01-01"}
        job = mine("draft")

        for response in (
            employer.post(f"{URL}{job.pk}/publish/", {"publish_at": at}),
            employer.post(URL, {**posting, "publish_at": at}),
        ):
            assert (response.status_code, list(response.json()["errors"])) == (400, ["publish_at"]), response.content
        assert (Job.objects.count(), state_of(job)) == (1, "draft")

    @pytest.mark.parametrize("way", ["action", "patch"])
    def test_draft_that_would_be_expired_is_not_published(self, employer, mine, way):
        job = mine("draft", expires_at=timezone.now() - timedelta(days=3))
        body = {"is_active": True}
        url = f"{URL}{job.pk}/"

        response = employer.post(f"{url}publish/") if way == "action" else employer.patch(url, body)

        assert (response.status_code, list(response.json()["errors"])) == (400, ["expires_at"])
        assert state_of(job) == "draft"
        assert employer.patch(url, {**body, "expires_at": "2999-12-31"}).json()["is_active"] is True

    def test_scheduled_job_of_a_blocked_employer_waits(self, mine, employer):
        job = mine("scheduled")
        draft = mine("draft")
        Job.objects.filter(pk=job.pk).update(publish_at=timezone.now())
        block_account(user=employer.user)
        publish_due_jobs()
        assert state_of(job) == "scheduled"

        unblock_account(user=employer.user)
        assert (state_of(job), state_of(draft)) == ("scheduled", "draft")
        publish_due_jobs()
        assert state_of(job) == "open"

    def test_scheduled_job_that_is_expired_is_not_published(self, mine):
        job = mine("scheduled", expires_at=timezone.now() - timedelta(days=3))
        Job.objects.update(publish_at=timezone.now() - timedelta(days=4))

        publish_due_jobs()

        assert state_of(job) == "expired"


class TestIsActive:
    @pytest.mark.parametrize("method", ["patch", "put"])
    @pytest.mark.parametrize(
        ("state", "is_active", "after"),
        [
            *((state, None, state) for state in JobState),
            ("draft", False, "draft"),
            ("draft", True, "open"),
            ("scheduled", False, "scheduled"),
            ("scheduled", True, "open"),
            ("open", False, "paused"),
            ("open", True, "open"),
            ("paused", False, "paused"),
            ("paused", True, "open"),
            ("closed", False, "closed"),
            ("closed", True, None),
            ("expired", True, "expired"),
            ("expired", False, "expired"),
        ],
    )
    def test_change_of_is_active(self, employer, mine, method, state, is_active, after):  # noqa: PLR0917 - a table
        job = mine(state)
        names = ("title", "description", "job_type")
        body = {name: getattr(job, name) for name in names} if method == "put" else {}
        if method == "put":
            body.update(location=str(job.location_id), category=str(job.category_id))
            body["expires_at"] = job.expires_at.isoformat()
        body.update({} if is_active is None else {"is_active": is_active})

        response = getattr(employer, method)(f"{URL}{job.pk}/", body)

        if after is None:
            assert (response.status_code, response.json()["code"]) == (409, "illegal_state")
            return
        assert response.status_code == 200, response.content
        assert state_of(job) == after
        published = state in {"draft", "scheduled"} and is_active
        assert (Job.objects.get(pk=job.pk).posted_at > job.posted_at) is bool(published)

    def test_if_match_knows_of_the_state(self, employer, mine):
        job = mine("draft")
        tag = employer.get(f"{URL}{job.pk}/").headers["ETag"]
        employer.post(f"{URL}{job.pk}/publish/", {"publish_at": (timezone.now() + timedelta(hours=1)).isoformat()})

        response = employer.post(f"{URL}{job.pk}/publish/", HTTP_IF_MATCH=tag)

        assert (response.status_code, state_of(job)) == (412, "scheduled")


class TestDates:
    def test_extending_needs_a_later_date(self, employer, mine):
        job = mine(expires_at=datetime(2990, 1, 1, tzinfo=UTC))

        for at in ("2990-01-01", "2990-01-01T23:00:00Z", "2989-01-01", "2020-01-01", None):
            response = employer.post(f"{URL}{job.pk}/extend/", {"expires_at": at})
            assert (response.status_code, list(response.json()["errors"])) == (400, ["expires_at"]), at
        assert employer.post(f"{URL}{job.pk}/extend/", {"expires_at": "2990-01-02"}).status_code == 200
        assert f"{Job.objects.get().closes_at:%Y-%m-%d}" == "2990-01-03"

    @pytest.mark.parametrize("body", [{}, {"reason": "boring"}, {"reason": None}])
    def test_closing_needs_a_reason(self, employer, mine, body):
        response = employer.post(f"{URL}{mine().pk}/close/", body)

        assert (response.status_code, list(response.json()["errors"])) == (400, ["reason"])


class TestOwnLists:
    def test_employer_lists_and_counts_by_state(self, employer, mine):
        place = {"location": LocationFactory(), "category": CategoryFactory()}
        jobs = {str(state): mine(state, **place) for state in JobState}
        mine("paused", **place)
        JobFactory()

        for query, states in (
            ("state=draft", ["draft"]),
            ("state=open&state=expired", ["open", "expired"]),
            ("state=scheduled,CLOSED", ["scheduled", "closed"]),
            ("state[]=closed", ["closed"]),
        ):
            rows = employer.get(f"{OWN}?{query}").json()["results"]
            assert {row["job_id"] for row in rows} == {str(jobs[state].pk) for state in states}, query
            assert {row["state"] for row in rows} == set(states)
        assert employer.get(f"{OWN}counts/").json() == {**dict.fromkeys(JobState.values, 1), "paused": 2}
        assert employer.get(f"{OWN}?state=new").json()["errors"].keys() == {"state"}

    @pytest.mark.django_db(transaction=True)
    def test_list_knows_when_a_paused_job_expires(self, employer, mine):
        job = mine("paused", expires_at=timezone.now() + timedelta(seconds=2))
        before = employer.get(f"{OWN}?state=paused")
        while timezone.now() <= job.closes_at + timedelta(milliseconds=100):
            time.sleep(0.1)

        after = employer.get(f"{OWN}?state=paused", HTTP_IF_NONE_MATCH=before.headers["ETag"])

        assert (before.json()["count"], after.status_code, after.json()["count"]) == (1, 200, 0)
        assert state_of(job) == "expired"


class TestHistory:
    def test_employer_and_administrator_change_a_job(self, employer, admin, mine):
        job = mine(title="Cook", description="We cook.")
        url = f"{URL}{job.pk}/"
        place = LocationFactory()
        employer.patch(url, {"title": "Chef", "description": "Secret sauce.", "location": str(place.pk)})
        employer.patch(url, {"title": "Chef"})
        admin.patch(url, {"salary": {"minimum": 10, "currency": "EUR", "period": "hour"}})
        admin.post(f"{url}close/", {"reason": "cancelled"})

        history = employer.get(f"{url}history/").json()

        assert history["count"] == 3
        closed, paid, edited = history["results"]
        assert list(edited) == ["at", "actor", "changes"]
        assert (edited["actor"], edited["changes"]) == (
            "employer",
            {"title": ["Cook", "Chef"], "description": "changed", "location": [str(job.location_id), str(place.pk)]},
        )
        euros = {"minimum": 10, "maximum": None, "currency": "EUR", "period": "hour"}
        assert (paid["actor"], paid["changes"]) == ("administrator", {"salary": [None, euros]})
        assert closed["changes"] == {"state": ["open", "closed"], "closed_reason": ["", "cancelled"]}
        assert admin.get(f"{url}history/").json()["results"] == history["results"]
        assert "sauce" not in str(list(JobChange.objects.values()))

    def test_history_takes_as_many_queries_for_many_changes(self, employer, mine, django_assert_num_queries):
        job = mine()
        JobChange.objects.create(job=job, actor="employer", changes={"title": ["a", "b"]})
        with django_assert_num_queries(3):
            employer.get(f"{URL}{job.pk}/history/")
        JobChange.objects.bulk_create(JobChange(job=job, actor="employer", changes={}) for _ in range(9))
        with django_assert_num_queries(3):
            assert employer.get(f"{URL}{job.pk}/history/").json()["count"] == 10

    def test_administrator_changes_it_in_the_admin_site(self, admin_client, mine):
        job = mine("draft", title="Cook")
        names = ("title", "description", "salary_range", "job_type", "workplace")
        form = {**{name: getattr(job, name) for name in names}, **NO_SKILLS, "title": "Chef"}
        form.update(location=str(job.location_id), category=str(job.category_id))
        form.update(expires_at_0=f"{job.expires_at:%Y-%m-%d}", expires_at_1=f"{job.expires_at:%H:%M:%S.%f}")

        response = admin_client.post(f"/admin/jobs/job/{job.pk}/change/", form)

        assert response.status_code == 302, response.content
        [change] = JobChange.objects.all()
        assert (change.actor, change.changes) == ("administrator", {"title": ["Cook", "Chef"]})
        assert state_of(job) == "draft"


class TestConstraints:
    @pytest.mark.parametrize(
        "values",
        [
            {"inactive_state": "scheduled"},
            {"publish_at": datetime(2999, 1, 1, tzinfo=UTC)},
            {"inactive_state": "open"},
            {"closed_reason": "boredom"},
        ],
    )
    def test_database_refuses_it(self, db, values):
        job = JobFactory()

        with pytest.raises(IntegrityError), transaction.atomic():
            Job.objects.filter(pk=job.pk).update(**values)

    def test_job_that_former_code_deactivates_or_posts_is_paused(self, db):
        job = JobFactory()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE jobs_job SET is_active = false")

        assert state_of(job) == "paused"


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_beats_publish_once(self, mine):
        for _ in range(5):
            job = mine("scheduled")
            Job.objects.filter(pk=job.pk).update(publish_at=timezone.now())

            at_once(publish_due_jobs, publish_due_jobs)

            assert [change.changes["state"] for change in job.changes.all()] == [["scheduled", "open"]]

    def test_of_two_actions_one_is_refused(self, employer, mine):
        for _ in range(5):
            url = f"{URL}{mine().pk}/"
            responses = at_once(
                partial(employer.post, f"{url}close/", {"reason": "filled"}),
                partial(employer.post, f"{url}close/", {"reason": "cancelled"}),
            )
            assert sorted(response.status_code for response in responses) == [200, 409]

    def test_publishing_while_the_employer_is_blocked(self, employer, mine):
        for _ in range(5):
            job = mine("scheduled")
            Job.objects.filter(pk=job.pk).update(publish_at=timezone.now())
            at_once(publish_due_jobs, partial(block_account, user=employer.user))
            assert not Job.objects.open().exists()
            unblock_account(user=employer.user)

    @pytest.mark.parametrize("start", ["scheduled", "draft"])
    def test_publishing_and_scheduling_end_in_one_of_them(self, employer, mine, start):
        later = (timezone.now() + timedelta(days=2)).isoformat()
        for _ in range(5):
            job = mine(start)
            if start == "scheduled":
                Job.objects.filter(pk=job.pk).update(publish_at=timezone.now())
            now, scheduled, *_ = at_once(
                partial(employer.patch, f"{URL}{job.pk}/", {"is_active": True}),
                partial(employer.post, f"{URL}{job.pk}/publish/", {"publish_at": later}),
                publish_due_jobs,
            )
            assert now.status_code == 200
            assert scheduled.status_code in {200, 409}
            # The PATCH opens what was scheduled before it, and an open job cannot be scheduled.
            job.refresh_from_db()
            assert (job.is_active, job.publish_at, job.inactive_state) == (True, None, "paused")
            opened = [change for change in job.changes.all() if change.changes.get("state", [""])[-1] == "open"]
            assert len(opened) == 1

    def test_relisting_and_closing_end_in_one_of_them(self, employer, mine):
        for _ in range(5):
            job = mine("closed", closed_reason="filled")
            url = f"{URL}{job.pk}/"
            relisted, closed = at_once(
                partial(employer.post, f"{url}relist/", BODIES["relist"]),
                partial(employer.post, f"{url}close/", {"reason": "cancelled"}),
            )
            assert relisted.status_code == 200
            job.refresh_from_db()
            assert (closed.status_code, job.is_active, job.closed_reason) in {
                (200, False, "cancelled"),
                (409, True, ""),
            }
