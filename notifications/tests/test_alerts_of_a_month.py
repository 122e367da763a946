"""Thirty days of alerts and reminders under a clock that the test sets, in this process and in the database."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from django.utils import timezone

from accounts.tests.factories import EmployerFactory, JobSeekerFactory
from anywork.testing.concurrency import at_once
from jobs import life
from jobs.models import Category, Job, JobActor
from jobs.saving.models import SavedJob, SavedSearch, SearchRun
from jobs.saving.reminders import remind_of_closing_jobs
from jobs.searching.versions import VersionedCache
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory, SavedJobFactory, SavedSearchFactory
from notifications.alerts import write_alerts
from notifications.models import OutgoingEmail, ToldJob
from notifications.tests.test_alerts import set_clock

DAYS = 30
START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
QUERIES = ("", "search=engineer", "search=cook&category=kitchen", "category=kitchen", "workplace=remote")
TIMES = (("UTC", 8), ("Asia/Tokyo", 7), ("America/New_York", 18))
BY_EMPLOYER: dict[str, Any] = {"actor": JobActor.EMPLOYER}

_CLOCK = """
    CREATE SCHEMA clock;
    CREATE TABLE clock.present (at timestamptz);
    INSERT INTO clock.present VALUES (now());
    CREATE FUNCTION clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
        AS 'SELECT at FROM clock.present';
"""


class Clock:
    """The time, of which the database has a copy in place of its own."""

    def __init__(self) -> None:
        self.now = START

    def set(self, now: datetime) -> None:
        self.now = now
        with connection.cursor() as cursor:
            cursor.execute("UPDATE clock.present SET at = %s", [now])

    def read(self) -> datetime:
        return self.now


@pytest.fixture
def clock(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    with connection.cursor() as cursor:
        cursor.execute(_CLOCK)

    def read_it(connection: Any, **kwargs: Any) -> None:
        with connection.cursor() as cursor:
            # The functions of PostgreSQL come first unless the path names them later.
            cursor.execute("SET search_path = clock, pg_catalog, public")

    connection_created.connect(read_it)
    read_it(connection)
    clock.set(START)
    set_clock(monkeypatch, clock.read)
    yield clock
    connection_created.disconnect(read_it)
    with connection.cursor() as cursor:
        cursor.execute("RESET search_path")
        cursor.execute("DROP SCHEMA clock CASCADE")


class CrashError(Exception):
    """A worker that is killed."""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_each_promised_mail_is_written_once(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: C901, PLR0912, PLR0915
    chance = random.Random(16)  # noqa: S311 - the same run every time
    kitchen, office = CategoryFactory(name="Kitchen"), CategoryFactory(name="Office")
    # Enough that a day's run keeps all: of more than ten jobs of a company it would count those that close meanwhile.
    place, companies = LocationFactory(), EmployerFactory.create_batch(12)
    seekers = [
        JobSeekerFactory(user__time_zone=zone, user__alert_hour=hour, user__email_verified_at=START)
        for zone, hour in (*TIMES, TIMES[0])
    ]

    def post(**values: Any) -> Job:
        job: Job = JobFactory(
            **{
                "title": chance.choice(["Engineer", "Cook", "Cleaner"]),
                "description": "With us.",
                "category": chance.choice([kitchen, office]),
                "workplace": chance.choice(["onsite", "remote"]),
                "employer": chance.choice(companies),
                "location": place,
                "expires_at": clock.now + timedelta(days=chance.randint(2, 20)),
                "posted_at": clock.now,
                **values,
            }
        )
        return job

    def beat(act: Callable[[], object]) -> None:
        at_once(act, act)

    def live_list(search: SavedSearch, since: datetime, until: datetime) -> set[Any]:
        """What the list finds now of the jobs posted in a time, by means of its own."""
        keys = Job.objects.open().filter(posted_at__gt=since, posted_at__lte=until)
        wanted = {
            "": bool,
            "search=engineer": lambda job: "Engineer" in job.title,
            "search=cook&category=kitchen": lambda job: "Cook" in job.title and job.category.name == "Kitchen",
            "category=kitchen": lambda job: job.category.name == "Kitchen",
            "workplace=remote": lambda job: job.workplace == "remote",
        }[search.query]
        return {job.pk for job in keys.select_related("category") if wanted(job)}

    # What each search has to be told: the model of the test, beside what is written.
    promised: dict[tuple[Any, str], set[Any]] = {}
    told: dict[Any, set[Any]] = {}
    runs: dict[tuple[str, Any], tuple[datetime, datetime, set[Any]]] = {}
    searches: list[SavedSearch] = []
    crashes = iter((9, 10, 11))
    to_remind: set[Any] = set()

    for hour in range(0, DAYS * 24, 2):
        clock.set(START + timedelta(hours=hour))
        if hour == 6:
            for number, seeker in enumerate(seekers):
                for query in QUERIES[: 3 + number % 3]:
                    frequency = "weekly" if number == 3 else "daily"
                    searches.append(SavedSearchFactory(job_seeker=seeker, query=query, frequency=frequency))
            for search in searches:
                told[search.pk] = set()
        # The world moves.
        for _ in range(chance.randint(0, 4)):
            job = post()
            if chance.random() < 0.3:
                SavedJobFactory(job_seeker=chance.choice(seekers), job=job, saved_at=clock.now)
        open_jobs = Job.objects.open().order_by("posted_at", "pk")
        if chance.random() < 0.5 and (number_of_jobs := open_jobs.count()):
            job = open_jobs[chance.randrange(number_of_jobs)]
            match chance.choice(["close", "edit", "move", "relist"]):
                case "close":
                    life.close(job, reason="filled", **BY_EMPLOYER)
                case "edit":
                    job.title = chance.choice(["Engineer", "Cook"])
                    job.save()
                case "move":
                    job.category = chance.choice([kitchen, office])
                    job.save()
                case "relist":
                    life.close(job, reason="filled", **BY_EMPLOYER)
                    life.relist(job, expires_at=clock.now + timedelta(days=9), **BY_EMPLOYER)
        if hour % 200 == 100:
            # The name that the searches have is that of the other one for a day.
            Category.objects.filter(pk=kitchen.pk).update(name="Canteen")
        if hour % 200 == 124:
            Category.objects.filter(pk=kitchen.pk).update(name="Kitchen")
        VersionedCache.clear_all()

        # What is promised at this hour.
        clock.set(clock.now + timedelta(minutes=5))
        due = list(SavedSearch.objects.due(clock.now))
        for search in due:
            day = clock.now.date()
            if (search.query, day) not in runs:
                equal = list(SavedSearch.objects.filter(query=search.query))
                since = max(
                    [min(row.told_until for row in equal)]
                    + [until for (query, _), (_, until, _) in runs.items() if query == search.query]
                )
                until = clock.now - timedelta(minutes=2)
                runs[search.query, day] = (since, until, live_list(search, since, until))
            news = {
                key
                for (query, _), (_, until, keys) in runs.items()
                if query == search.query and until > search.told_until
                for key in keys
            }
            still_open = set(
                Job.objects.open().filter(pk__in=news, posted_at__gt=search.told_until).values_list("pk", flat=True)
            )
            if still_open - told[search.pk]:
                promised[search.pk, f"{search.alert_at:%Y-%m-%dT%H:%M}"] = still_open - told[search.pk]
        soon = set(SavedJob.objects.closing_soon().values_list("pk", flat=True))

        # Two beats, and now and then a worker that dies in the middle of a batch.
        if due and hour // 24 in (9, 10, 11) and next(crashes, None):
            create, calls = ToldJob.objects.bulk_create, iter([True, False])

            def die(*args: Any, create: Any = create, calls: Any = calls) -> Any:
                if next(calls, True):
                    return create(*args)
                raise CrashError

            monkeypatch.setattr(ToldJob.objects, "bulk_create", die)
            with pytest.raises(CrashError):
                write_alerts(seconds=60)
            monkeypatch.setattr(ToldJob.objects, "bulk_create", create)
        if due:
            beat(partial(write_alerts, seconds=60, batch_size=4))
            write_alerts(seconds=60)
        if soon:
            beat(partial(remind_of_closing_jobs, seconds=60, batch_size=2))
            to_remind |= soon
        for row in ToldJob.objects.filter(told_at=clock.now):
            assert row.job_id not in told[row.saved_search_id]
            told[row.saved_search_id].add(row.job_id)

    emails = OutgoingEmail.objects.filter(kind="job_alert")
    written = {(row.saved_search_id, row.dedup_key.partition(":")[2].partition(":")[2]): row for row in emails}
    assert len(written) == emails.count() > 200
    assert written.keys() == promised.keys()
    for key, jobs in promised.items():
        titles = re.findall(r"^- ", written[key].text, re.MULTILINE)
        more = re.search(r"^\+ (\d+) more", written[key].text, re.MULTILINE)
        assert len(titles) + int(more[1] if more else 0) == len(jobs), key
        assert written[key].subject.split()[0] == str(len(jobs))
    twice = Counter(ToldJob.objects.values_list("saved_search", "job"))
    assert set(twice.values()) == {1}
    reminders = OutgoingEmail.objects.filter(kind="saved_job_closing")
    assert {row.dedup_key.partition(":")[2] for row in reminders} == {str(key) for key in to_remind}
    assert reminders.count() == len(to_remind) > 10
    weekly = SavedSearch.objects.filter(frequency="weekly").first()
    assert weekly
    assert emails.filter(saved_search_id=weekly.pk).count() == DAYS // 7
    assert SearchRun.objects.count() == len(runs)
    assert timezone.now() == clock.now
