"""Alerts of saved searches, and reminders of saved jobs."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import BlockedEmployer, User
from accounts.tests.factories import EmployerFactory, JobSeekerFactory
from anywork.testing.concurrency import at_once
from jobs import life
from jobs.models import Job, JobActor
from jobs.saving.models import SavedJob, SavedSearch, SearchRun
from jobs.saving.reminders import remind_of_closing_jobs
from jobs.saving.runs import run_once_a_day
from jobs.tests.factories import JobFactory, SavedJobFactory, SavedSearchFactory
from notifications import alerts
from notifications.alerts import forget_alerts, write_alerts
from notifications.mail.delivery import deliver_next
from notifications.mail.outbox import blank_old_bodies, delete_emails_of
from notifications.models import Notification, OutgoingEmail, ToldJob
from notifications.preferences import change_preferences

pytestmark = pytest.mark.django_db

EIGHT = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
VERIFIED = {"user__email_verified_at": EIGHT}


def set_clock(monkeypatch: pytest.MonkeyPatch, now: Callable[[], datetime]) -> None:
    """Let this process read the time from `now`, also where models have it as a default."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.default is timezone.now:
                monkeypatch.setattr(field, "_get_default", now)
    monkeypatch.setattr(timezone, "now", now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time of this process, which a test sets; that of the database stays."""
    clock = [EIGHT - timedelta(hours=23)]
    set_clock(monkeypatch, lambda: clock[0])
    return clock


@pytest.fixture
def search(clock: list[datetime]) -> SavedSearch:
    """A search that was saved yesterday at nine, with its first alert at eight."""
    search: SavedSearch = SavedSearchFactory(
        query="search=engineer", name="Engineers", job_seeker=JobSeekerFactory(first_name="Ada", **VERIFIED)
    )
    assert search.alert_at == EIGHT
    clock[0] = EIGHT
    return search


def post(hours_ago: float = 3, **values: Any) -> Job:
    job: Job = JobFactory(posted_at=timezone.now() - timedelta(hours=hours_ago), **values)
    return job


def write() -> None:
    write_alerts(seconds=60)


def told(email: OutgoingEmail) -> list[str]:
    return re.findall(r"^- (.*)$", email.text, re.MULTILINE)


class TestAlert:
    def test_names_the_new_jobs_and_opens_their_list(self, search, settings):
        settings.FRONTEND_URL = "https://www.example.org"
        job = post(title="Python engineer", employer__company_name="Roses", salary_range="$1", location__city="Lagos")
        post(title="Cook", description="Meals")

        write()

        email = OutgoingEmail.objects.get()
        assert (email.recipient, email.to) == (search.job_seeker.user, search.job_seeker.user.email)
        assert email.subject == "1 new job for “Engineers”"
        assert told(email) == ["Python engineer"]
        assert "Hello Ada," in email.text
        assert "Roses · Lagos, Ogun, Nigeria · $1" in email.text
        for text in (email.text, email.html.replace("&amp;", "&")):
            assert f"/jobs/{job.pk}" in text
            posted_after = (EIGHT - timedelta(hours=23)).strftime("%Y-%m-%dT%H%%3A%M%%3A%SZ")
            assert f"https://www.example.org/jobs?search=engineer&posted_after={posted_after}" in text
            assert text.count("/mail/unsubscribe/?token=") == 2
            assert "more" not in text.replace("See the list", "")
        assert [(row.saved_search, row.job) for row in ToldJob.objects.all()] == [(search, job)]

    def test_list_that_it_opens_has_what_it_tells(self, search, anonymous):
        jobs = {str(post(title=f"Engineer {number}", hours_ago=number).pk) for number in range(1, 8)}
        post(title="Engineer of old", hours_ago=30)

        write()

        query = re.search(r"/jobs\?(\S+)", OutgoingEmail.objects.get().text)
        assert query
        listed = anonymous.get(f"/api/jobs/?{query[1]}").json()["results"]
        assert {row["job_id"] for row in listed} == jobs

    def test_list_that_it_opens_begins_no_earlier_than_the_query(self, search, anonymous):
        begin = EIGHT - timedelta(hours=5)
        stamp = begin.isoformat().replace("+", "%2B")
        SavedSearch.objects.update(query=f"search=engineer&posted_after={stamp}")
        post(title="Engineer of old", hours_ago=6)
        job = post(title="Engineer")

        write()

        query = re.search(r"/jobs\?(\S+)", OutgoingEmail.objects.get().text)
        assert query
        listed = anonymous.get(f"/api/jobs/?{query[1]}").json()["results"]
        assert [row["job_id"] for row in listed] == [str(job.pk)]

    def test_names_three_of_a_company_and_twenty_in_all_and_counts_the_others(self, search):
        busy = EmployerFactory()
        for number in range(5):
            post(title=f"Engineer at busy {number}", employer=busy, hours_ago=1)
        for number in range(25):
            post(title=f"Engineer {number}", hours_ago=2)

        write()

        email = OutgoingEmail.objects.get()
        titles = told(email)
        assert (len(titles), sum("busy" in title for title in titles)) == (20, 3)
        assert "+ 10 more" in email.text
        assert "+ 10 more" in email.html
        assert email.subject.startswith("30 new jobs")
        assert ToldJob.objects.count() == 20

    def test_counts_what_a_run_did_not_keep(self, search, clock):
        write()
        clock[0] += timedelta(hours=1)
        busy = EmployerFactory()
        for number in range(30):
            post(title=f"Engineer {number}", employer=busy, hours_ago=0)
        clock[0] = EIGHT + timedelta(days=1)

        write()

        assert "+ 27 more" in OutgoingEmail.objects.get().text
        assert len(SearchRun.objects.latest("day").jobs) == 10

    @pytest.mark.parametrize("hours_ago", [23.5, 30])
    def test_names_no_job_from_before_the_search_was_saved(self, search, hours_ago):
        # Another one has asked for longer, so that the run finds it.
        SavedSearch.objects.filter(pk=SavedSearchFactory().pk).update(told_until=EIGHT - timedelta(days=3))
        post(title="Engineer", hours_ago=hours_ago)

        write()

        assert SearchRun.objects.get().total == 1
        assert not OutgoingEmail.objects.filter(recipient=search.job_seeker.user).exists()

    def test_is_not_sent_without_news(self, search):
        write()

        search.refresh_from_db()
        assert not OutgoingEmail.objects.exists()
        assert search.alert_at == EIGHT + timedelta(days=1)

    def test_names_no_job_that_has_closed_since_the_run(self, search):
        job, other = post(title="Engineer"), post(title="Engineer too")
        alerts._run(search, EIGHT)
        life.close(job, actor=JobActor.EMPLOYER, reason="filled")

        write()

        assert told(OutgoingEmail.objects.get()) == [other.title]

    def test_names_no_job_of_a_blocked_employer(self, search):
        post(title="Engineer")
        blocked: Any = post(title="Engineer").employer
        BlockedEmployer.objects.create(job_seeker=search.job_seeker, employer=blocked)
        write()
        assert OutgoingEmail.objects.get().subject.startswith("1 new job ")

    def test_names_no_job_a_second_time_after_it_is_relisted(self, search, clock):
        job = post(title="Engineer")
        write()
        clock[0] += timedelta(hours=2)
        life.close(job, actor=JobActor.EMPLOYER, reason="filled")
        life.relist(job, actor=JobActor.EMPLOYER, expires_at=EIGHT + timedelta(days=20))
        clock[0] = EIGHT + timedelta(days=1)

        write()

        assert job.pk in SearchRun.objects.latest("day").jobs
        assert OutgoingEmail.objects.count() == 1

    def test_comes_once_in_seven_days_if_it_is_weekly(self, clock):
        search = SavedSearchFactory(frequency="weekly", job_seeker=JobSeekerFactory(**VERIFIED))
        SavedSearchFactory()
        days = []
        for day in range(15):
            clock[0] = EIGHT + timedelta(days=day)
            post(title=f"Engineer {day}")
            write()
            if email := OutgoingEmail.objects.filter(saved_search_id=search.pk, created_at=clock[0]).first():
                days.append((day, told(email)))

        assert [day for day, _ in days] == [6, 13]
        assert days[1][1] == [f"Engineer {day}" for day in range(13, 6, -1)]

    def test_comes_at_the_hour_of_the_job_seeker(self, clock):
        zones = {"Asia/Tokyo": 0, "Africa/Lagos": 8, "America/Los_Angeles": 20}
        for zone, hour in zones.items():
            SavedSearchFactory(job_seeker=JobSeekerFactory(user__time_zone=zone, user__alert_hour=hour, **VERIFIED))
        post(title="Engineer", hours_ago=-1)
        sent: dict[str, datetime] = {}
        for _ in range(48):
            clock[0] += timedelta(hours=1)
            post(title="Engineer", hours_ago=0.1)
            write()
            written = OutgoingEmail.objects.filter(created_at=clock[0])
            for zone in written.values_list("recipient__time_zone", flat=True):
                sent.setdefault(zone, clock[0])
        local = {zone: at.astimezone(ZoneInfo(zone)).hour for zone, at in sent.items()}
        assert local == zones

    def test_equal_queries_are_run_once(self, clock):
        SavedSearchFactory.create_batch(5, query="search=engineer")
        SavedSearchFactory(query="search=cook")
        clock[0] = EIGHT
        post(title="Engineer")

        write()

        assert (SearchRun.objects.count(), OutgoingEmail.objects.count()) == (2, 5)

    def test_of_a_failing_query_waits_and_the_others_are_sent(self, search, clock, monkeypatch):
        other = SavedSearchFactory(query="search=cook")
        SavedSearch.objects.update(alert_at=EIGHT, told_until=EIGHT - timedelta(hours=23))
        post(title="Engineer")
        post(title="Cook")
        run = run_once_a_day

        def fail(failing: SavedSearch) -> None:
            if failing.query == "search=engineer":
                raise DatabaseError
            run(failing)

        monkeypatch.setattr(alerts, "run_once_a_day", fail)
        write()
        assert [email.saved_search_id for email in OutgoingEmail.objects.all()] == [other.pk]

        monkeypatch.setattr(alerts, "run_once_a_day", run)
        clock[0] += timedelta(hours=1)
        write()
        assert OutgoingEmail.objects.filter(saved_search_id=search.pk).count() == 1

    def test_due_for_more_than_a_day_is_dropped_and_its_jobs_are_told_with_the_next(self, search, clock):
        clock[0] = EIGHT + timedelta(hours=30)
        job = post(title="Engineer", hours_ago=40)

        write()
        assert not OutgoingEmail.objects.exists()
        search.refresh_from_db()
        assert search.alert_at == EIGHT + timedelta(days=2)

        clock[0] = EIGHT + timedelta(days=2)
        write()
        assert told(OutgoingEmail.objects.get()) == [job.title]

    def test_to_an_unverified_address_says_nothing_that_its_user_wrote(self, clock):
        SavedSearchFactory(name="Cheap pills", job_seeker=JobSeekerFactory(first_name="Buy"))
        clock[0] = EIGHT
        post(title="Engineer")

        write()

        email = OutgoingEmail.objects.get()
        assert email.subject == "1 new job for your saved search"
        assert not re.search("Cheap|Buy", email.text + email.html)
        assert email.text.startswith("Hello,")

    def test_isolates_and_escapes_what_others_wrote(self, search):
        post(title="<b>Engineer</b> {total}", employer__company_name="A & B")
        write()
        html = OutgoingEmail.objects.get().html
        assert "<bdi>&lt;b&gt;Engineer&lt;/b&gt; {total}</bdi>" in html
        assert "<bdi>A &amp; B</bdi>" in html
        # Else the dots of English sentences are on the left in a client that reads from right to left.
        assert '<table role="presentation" dir="ltr"' in html


class TestSending:
    @pytest.fixture
    def email(self, search: SavedSearch, smtp: Any) -> OutgoingEmail:
        post(title="Engineer")
        write()
        return OutgoingEmail.objects.get()

    def test_mail_client_unsubscribes_from_one_search_with_one_click(self, email, search, smtp, anonymous):
        other = SavedSearchFactory(job_seeker=search.job_seeker)
        assert deliver_next()
        [message] = smtp.messages
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        path = message["List-Unsubscribe"].strip("<>").partition("/mail/")[2]

        assert "one saved search" in anonymous.get(f"/mail/{path}").content.decode()
        assert SavedSearch.objects.get(pk=search.pk).frequency == "daily"
        response = anonymous.post(f"/mail/{path}", {"List-Unsubscribe": "One-Click"})

        assert response.status_code == 200
        frequencies = dict(SavedSearch.objects.values_list("pk", "frequency"))
        assert frequencies == {search.pk: "off", other.pk: "daily"}

    def test_reader_unsubscribes_from_all_or_from_one_by_links_in_the_body(self, email, search, clock, anonymous):
        of_search, of_all = re.findall(r"/mail/unsubscribe/\?token=\S+", email.text)
        anonymous.post(of_all)
        post(title="Engineer", hours_ago=-3)
        clock[0] = EIGHT + timedelta(days=1)
        write()
        assert OutgoingEmail.objects.count() == 1
        assert SavedSearch.objects.get().frequency == "daily"

        SavedSearch.objects.get().delete()
        assert anonymous.post(of_search).status_code == 200

    @pytest.mark.parametrize("change", ["off", "delete", "preference"])
    def test_queued_alert_that_was_switched_off_is_skipped(self, email, search, smtp, change):
        if change == "off":
            SavedSearch.objects.update(frequency="off")
        elif change == "delete":
            search.delete()
        else:
            change_preferences(user=search.job_seeker.user, choices={"job_alert": {"email": False}})

        assert deliver_next()

        email.refresh_from_db()
        assert (email.state, email.text, smtp.messages) == ("skipped", "", [])

    @pytest.mark.parametrize(("hours", "state"), [(23.9, "sent"), (24, "skipped")])
    def test_alert_not_sent_within_a_day_is_dropped(self, email, smtp, clock, hours, state):
        clock[0] += timedelta(hours=hours)
        assert deliver_next()
        email.refresh_from_db()
        assert email.state == state

    def test_other_emails_are_not_dropped(self, email, smtp, clock):
        OutgoingEmail.objects.update(kind="job_closed", saved_search_id=None)
        clock[0] += timedelta(hours=30)
        assert deliver_next()
        email.refresh_from_db()
        assert email.state == "sent"

    def test_alerts_of_a_restored_backup_are_held(self, search, clock, smtp):
        late = SavedSearchFactory()
        SavedSearch.objects.filter(pk=late.pk).update(alert_at=EIGHT - timedelta(days=2))
        SavedSearch.objects.update(told_until=EIGHT - timedelta(days=3))
        post(title="Engineer")
        soon = JobFactory(expires_at=EIGHT + timedelta(days=2))
        SavedJobFactory(job=soon, saved_at=EIGHT - timedelta(days=9))

        call_command("hold_outgoing_email", verbosity=0)

        states = {(email.kind, email.state) for email in OutgoingEmail.objects.all()}
        assert states == {("job_alert", "held"), ("saved_job_closing", "held")}
        assert OutgoingEmail.objects.count() == 3
        write()
        remind_of_closing_jobs(seconds=9)
        assert not deliver_next()
        assert OutgoingEmail.objects.count() == 3

    def test_row_of_a_sent_alert_is_deleted_after_a_while(self, email, clock, settings):
        assert deliver_next()
        clock[0] += timedelta(days=settings.MAIL_BODY_DAYS, seconds=1)
        blank_old_bodies(until=0)
        assert not OutgoingEmail.objects.exists()

    def test_sent_alert_that_names_an_employer_is_deleted_with_the_account(self, email):
        delete_emails_of(EmployerFactory().user)
        assert deliver_next()
        assert OutgoingEmail.objects.count() == 1
        delete_emails_of(Job.objects.get().employer.user)
        assert not OutgoingEmail.objects.exists()


def test_runs_and_old_entries_of_the_ledger_are_forgotten(search, clock):
    post(title="Engineer")
    write()
    clock[0] += timedelta(days=14)
    forget_alerts(until=0)
    assert (SearchRun.objects.count(), ToldJob.objects.count()) == (1, 1)
    clock[0] += timedelta(days=2)
    forget_alerts(until=0)
    assert (SearchRun.objects.count(), ToldJob.objects.count()) == (0, 1)
    clock[0] += timedelta(days=360)
    forget_alerts(until=0)
    assert ToldJob.objects.count() == 0


def test_alerts_take_as_many_queries_for_many_jobs_as_for_one(search, clock, django_assert_max_num_queries):
    for _ in range(15):
        post(title="Engineer")
    with django_assert_max_num_queries(26):
        write()
    assert len(told(OutgoingEmail.objects.get())) == 15


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_each_alert_once(clock):
    SavedSearchFactory.create_batch(30, query="search=engineer")
    clock[0] = EIGHT
    post(title="Engineer")

    at_once(*[partial(write_alerts, seconds=60, batch_size=7)] * 3)
    write()

    assert OutgoingEmail.objects.count() == 30 == ToldJob.objects.count()
    assert set(SavedSearch.objects.values_list("alert_at", flat=True)) == {EIGHT + timedelta(days=1)}


@pytest.mark.django_db(transaction=True)
def test_user_whose_account_is_being_erased_is_left_out_and_nothing_waits(clock):
    seeker = SavedSearchFactory(query="search=engineer").job_seeker
    clock[0] = EIGHT
    soon = post(title="Engineer", expires_at=EIGHT + timedelta(days=2))
    SavedJobFactory(job=soon, job_seeker=seeker, saved_at=EIGHT - timedelta(days=9))

    with transaction.atomic():
        User.objects.select_for_update().get(pk=seeker.pk)
        at_once(write, partial(remind_of_closing_jobs, seconds=9))
        assert not OutgoingEmail.objects.exists()

    write()
    remind_of_closing_jobs(seconds=9)
    assert {email.kind for email in OutgoingEmail.objects.all()} == {"job_alert", "saved_job_closing"}


class TestReminder:
    @pytest.fixture
    def saved(self) -> SavedJob:
        saved: SavedJob = SavedJobFactory(
            job=JobFactory(title="Gardener", employer__company_name="Roses", expires_at=EIGHT + timedelta(days=2)),
            job_seeker=JobSeekerFactory(first_name="Ada", user__time_zone="Asia/Tokyo", **VERIFIED),
            saved_at=EIGHT - timedelta(days=9),
        )
        return saved

    def test_comes_once_in_the_app_and_by_email(self, saved):
        closes = saved.job.closes_at + timedelta(hours=9) - timedelta(minutes=1)
        in_words = f"{closes.day} {closes:%B %Y}, 16:59 (Asia/Tokyo)"

        for _ in range(2):
            remind_of_closing_jobs(seconds=9)

        email = OutgoingEmail.objects.get()
        assert email.subject == "Gardener closes soon"
        for text in (email.text, email.html):
            assert in_words in text
            assert f"/jobs/{saved.job.pk}" in text
        notification = Notification.objects.get()
        assert notification.message == f"The job “Gardener”, which you saved, closes soon: {in_words}."
        assert notification.user == saved.job_seeker.user

    def test_comes_not_again_after_the_job_is_extended(self, saved, clock):
        clock[0] = EIGHT
        remind_of_closing_jobs(seconds=9)
        SavedJob.objects.update(reminded_at=None)
        remind_of_closing_jobs(seconds=9)
        assert (OutgoingEmail.objects.count(), Notification.objects.count()) == (1, 1)

    def test_comes_by_preference(self, saved):
        choices = {"saved_job_closing": {"email": False, "in_app": False}}
        change_preferences(user=saved.job_seeker.user, choices=choices)
        remind_of_closing_jobs(seconds=9)
        assert not OutgoingEmail.objects.exists()
        assert not Notification.objects.exists()
        assert SavedJob.objects.get().reminded_at

    def test_of_many_comes_in_batches(self):
        job = JobFactory(expires_at=EIGHT + timedelta(days=2))
        SavedJobFactory.create_batch(5, job=job, saved_at=EIGHT - timedelta(days=9))
        remind_of_closing_jobs(seconds=9, batch_size=2)
        assert OutgoingEmail.objects.count() == 5

    @pytest.mark.django_db(transaction=True)
    def test_of_two_workers_at_once_is_one(self):
        job = JobFactory(expires_at=EIGHT + timedelta(days=2))
        SavedJobFactory.create_batch(10, job=job, saved_at=EIGHT - timedelta(days=9))
        at_once(*[partial(remind_of_closing_jobs, seconds=9, batch_size=3)] * 3)
        remind_of_closing_jobs(seconds=9)
        assert OutgoingEmail.objects.count() == 10


def test_nothing_is_left_of_a_deleted_search(search):
    post(title="Engineer")
    write()
    User.objects.get(pk=search.job_seeker.pk).delete()
    assert not SavedSearch.objects.exists()
    assert not ToldJob.objects.exists()
    assert not OutgoingEmail.objects.exists()
