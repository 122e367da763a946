"""Demo data of the first `make run`: `python -m anywork.local.demo` fills an empty database, and leaves others alone.

The texts are in demo.toml. Times are relative to now; everything else is the same every time.
"""

import os
import random
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User
    from applications.models import Question
    from jobs.models import Category, Job, Location

PASSWORD = "demo-password-42"  # noqa: S105 - of accounts that exist on the developer's machine only
ADMIN = "admin@example.com"
DATA: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

# Days until a job expires, in turn; None for a job that its employer closed or paused.
EXPIRES_IN = (1, 30, 45, 21, None, None, -2, 14, 3)
# Status changes of an application, in turn; every status occurs.
DECISIONS = ((), ("reviewed",), ("accepted",), ("reviewed", "rejected"), ("withdrawn",), ("reviewed", "accepted"))
# Of rejections, in turn: the reason, and whether the applicant gets to know it.
REASONS = (("experience", True), ("skills", False), ("position_filled", True), ("", False))
APPLICATIONS_EACH = 4
SAVED_EACH = 5
TIME_ZONES = ("Africa/Lagos", "Africa/Nairobi", "Europe/Berlin", "America/Toronto")
WEEKEND = (5, 6)

# Accounts that the demo data of older versions have, too.
ACCOUNTS: list[tuple[str, str, str]] = [
    (ADMIN, PASSWORD, "administrator"),
    ("hiring@lagoon.example.com", PASSWORD, "employer, Lagoon Software"),
    ("ada@example.com", PASSWORD, "job seeker; all other accounts in the admin site have the same password"),
]


def load() -> None:
    """Fill the database in one transaction, unless it has users already."""
    from django.contrib import admin
    from django.db import transaction
    from django.utils import timezone

    from accounts.models import User
    from anywork.figures import record_figures

    if User.objects.exists():
        return
    with transaction.atomic():
        now = timezone.now()
        User.objects.create_superuser(ADMIN, PASSWORD)
        employers, seekers = _users(now)
        jobs = _jobs(employers, now)
        _skills(jobs)
        _questions(jobs)
        _applications(seekers, {user.pk: user for user in employers}, jobs, now)
        _refuse(seekers[0], muted=employers[0], blocked=employers[2])
        _save(seekers, jobs, now)
        _hold_a_rejection(employers[0])
        _close(jobs, now)
        _analytics(jobs, now)
        record_figures(admin.site)


def _users(now: datetime) -> "tuple[list[User], list[User]]":
    from django.contrib.auth.hashers import make_password

    from accounts.models import Employer, JobSeeker, Skill, User

    password = make_password(PASSWORD)  # Hashed once: it is slow by design.
    companies, people = DATA["companies"], DATA["seekers"]
    users = User.objects.bulk_create(
        User(email=row["email"], role=role, password=password, email_verified_at=now)
        for role, rows in (("employer", companies), ("job_seeker", people))
        for row in rows
    )
    User.objects.update(created_at=now - timedelta(days=60))
    employers, seekers = users[: len(companies)], users[len(companies) :]
    Employer.objects.bulk_create(
        Employer(
            user=user,
            company_name=row["name"],
            company_description=row["about"],
            website=f"https://www.{row['email'].rpartition('@')[2]}",
        )
        for user, row in zip(employers, companies, strict=True)
    )
    JobSeeker.objects.bulk_create(
        JobSeeker(user=user, first_name=row["name"][0], last_name=row["name"][1], phone_number=f"080 444 555 6{n:02}")
        for n, (user, row) in enumerate(zip(seekers, people, strict=True))
    )
    Skill.objects.bulk_create(
        Skill(user=user, name=name) for user, row in zip(seekers, people, strict=True) for name in row["skills"]
    )
    for user, row in zip(seekers, people, strict=True):
        _store_resume(user, row)
    return employers, seekers


def _store_resume(user: "User", row: dict[str, Any]) -> None:
    from django.core.files.base import ContentFile

    from anywork.local.pdf import make_pdf
    from resumes.services import store_resume

    name = " ".join(row["name"])
    page = make_pdf(name, user.email, "", row["looks_for"], "", "Skills", *(f"- {skill}" for skill in row["skills"]))
    store_resume(job_seeker=user.job_seeker, upload=ContentFile(page, name=f"{name}.pdf"))


def _jobs(employers: "list[User]", now: datetime) -> "list[Job]":
    """Return the jobs, company by company; _close() closes some of them later."""
    from jobs.models import Job

    categories, locations = _categories(), _locations()
    rows = [
        (user, company, row)
        for user, company in zip(employers, DATA["companies"], strict=True)
        for row in company["jobs"]
    ]
    jobs = []
    for number, (user, company, (title, category, kind, city, pay, duty)) in enumerate(rows):
        job = Job(
            employer=user.employer,
            category=categories[category],
            location=locations[city],
            title=title,
            description=f"{company['about']}\n\n{duty} {DATA['categories'][category][1]}\n\n"
            f"You join a small team in {city}, decide a lot yourself, and are trained for what you do not know yet.",
            salary_range=pay,
            job_type=kind,
            # Mixed, or one company would fill the first page.
            posted_at=now - timedelta(days=4 + number * 17 % len(rows) * 30 / len(rows), minutes=37 * number),
            expires_at=_midnight(now + timedelta(days=max(_expires_in(number) or 30, 1))),
        )
        job.derive()
        jobs.append(job)
    return Job.objects.bulk_create(jobs)


def _skills(jobs: "list[Job]") -> None:
    from jobs.models import JobSkill

    JobSkill.objects.bulk_create(
        JobSkill(job=job, name=name, importance=importance)
        for job in jobs
        for importance, names in DATA["skills"].get(job.category.name, {}).items()
        for name in names
    )


def _questions(jobs: "list[Job]") -> None:
    from applications.models import Question

    Question.objects.bulk_create(
        Question(job=job, position=position, **{name: value for name, value in row.items() if name != "answers"})
        for job in jobs
        for position, row in enumerate(DATA["questions"].get(job.category.name, ()))
    )


def _answer(question: "Question", number: int) -> Any:
    answers = DATA["questions"][question.job.category.name][question.position]["answers"]
    return answers[number % len(answers)]


def _expires_in(number: int) -> int | None:
    return EXPIRES_IN[number % len(EXPIRES_IN)]


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _categories() -> "dict[str, Category]":
    from jobs.models import Category

    rows = (Category(name=name, description=description) for name, (description, _) in DATA["categories"].items())
    return {row.name: row for row in Category.objects.bulk_create(rows)}


def _locations() -> "dict[str, Location]":
    from jobs.models import Location

    return {
        city: Location.objects.create(city=city, state=state, country=country)
        for city, (state, country) in DATA["locations"].items()
    }


def _applications(
    seekers: "list[User]", employers: "dict[UUID | None, User]", jobs: "list[Job]", now: datetime
) -> None:
    """Let each job seeker apply to jobs of one category, and the employers decide."""
    from django.utils import timezone

    from applications.services import add_note, assess, change_status, submit_application
    from notifications.models import Notification

    count = 0
    for index, (seeker, row) in enumerate(zip(seekers, DATA["seekers"], strict=True)):
        wanted = [(number, job) for number, job in enumerate(jobs) if job.category.name == row["looks_for"]]
        for number, job in (wanted[index % len(wanted) :] + wanted)[: min(APPLICATIONS_EACH, len(wanted))]:
            decisions = DECISIONS[count % len(DECISIONS)]
            count += 1
            until = _ended_at(number, now)
            pause = (until - job.posted_at) / (len(decisions) + 2)
            started = timezone.now()
            application = submit_application(
                user=seeker,
                job_id=job.pk,
                resume_id=seeker.job_seeker.resumes.get().pk,
                cover_letter=f"I would like to work as {job.title} with you: my strengths are "
                f"{', '.join(row['skills'])}. I can start next month.",
                answers={str(question.pk): _answer(question, count) for question in job.questions.all()},
            )
            _backdate(job.posted_at + pause, since=started)
            for step, status in enumerate(decisions, 2):
                started = timezone.now()
                actor = seeker if status == "withdrawn" else employers[job.employer_id]
                reason: dict[str, Any] = {}
                if status == "rejected":
                    reason["reason"], reason["reason_shared"] = REASONS[index % len(REASONS)]
                change_status(application_id=application.pk, actor=actor, status=status, **reason)
                _backdate(job.posted_at + step * pause, since=started)
            if decisions == ("reviewed",):
                about: dict[str, Any] = {"application_id": application.pk, "author": employers[job.employer_id]}
                assess(**about, rating=3 + count % 3, tags=row["skills"][:1])
                add_note(**about, text="Invite for an interview.")
    Notification.objects.filter(created_at__lt=now - timedelta(days=7)).update(is_read=True)


def _refuse(seeker: "User", *, muted: "User", blocked: "User") -> None:
    """Let a job seeker revoke a rejected application, and mute and block employers."""
    from accounts.models import BlockedEmployer, MutedEmployer
    from accounts.services import refuse_employer
    from applications.models import Application
    from applications.services import revoke_application

    rejected = Application.objects.get(job_seeker=seeker.pk, status="rejected")
    revoke_application(application_id=rejected.pk, actor=seeker)
    refuse_employer(MutedEmployer, user_id=seeker.pk, employer=muted.employer)
    refuse_employer(BlockedEmployer, user_id=seeker.pk, employer=blocked.employer)


def _save(seekers: "list[User]", jobs: "list[Job]", now: datetime) -> None:
    """Let each job seeker save some jobs, of which some are closed later, and a search; the first gets its email."""
    from jobs.saving.models import Frequency, SavedJob, SavedSearch
    from notifications.alerts import write_alerts

    SavedJob.objects.bulk_create(
        SavedJob(job_seeker=seeker.job_seeker, job=job, saved_at=job.posted_at + timedelta(hours=1 + index))
        for index, seeker in enumerate(seekers)
        for job in jobs[index % 4 :: 4][:SAVED_EACH]
    )
    for index, (seeker, row) in enumerate(zip(seekers, DATA["seekers"], strict=True)):
        seeker.time_zone = TIME_ZONES[index % len(TIME_ZONES)]
        seeker.save(update_fields=["time_zone"])
        search = SavedSearch(
            job_seeker=seeker.job_seeker,
            name=f"Jobs in {row['looks_for']}",
            query=urlencode({"category": row["looks_for"].lower()}),
            frequency=(Frequency.DAILY, Frequency.WEEKLY)[index % 2],
            created_at=now - timedelta(days=20),
        )
        search.told_until = search.created_at
        search.plan(now)
        search.alert_at = search.alert_at if index else now
        search.save()
    write_alerts(seconds=10)


def _hold_a_rejection(user: "User") -> None:
    """Let an employer reject an applicant who is told of it in three days."""
    from accounts.models import Employer
    from applications.models import Application
    from applications.services import change_status

    employer = Employer.objects.filter(pk=user.pk)
    employer.update(decision_hold_minutes=3 * 24 * 60)
    application = Application.objects.filter(job__employer=user.pk, status="reviewed").earliest("applied_at")
    change_status(application_id=application.pk, actor=user, status="rejected", reason="salary", reason_shared=True)
    # The rejections of those who try it are told at once.
    employer.update(decision_hold_minutes=None)


def _ended_at(number: int, now: datetime) -> datetime:
    """Return the time of the last event of the job with this number."""
    is_over = (_expires_in(number) or -1) < 0
    return now - timedelta(days=3) if is_over else now


def _backdate(moment: datetime, *, since: datetime) -> None:
    """Set the time of rows that a service wrote since `since` to `moment`."""
    from applications.models import Application, StatusChange
    from notifications.models import Notification

    for model, field in ((Application, "applied_at"), (StatusChange, "at"), (Notification, "created_at")):
        model.objects.filter(**{f"{field}__gte": since}).update(**{field: moment})


def _close(jobs: "list[Job]", now: datetime) -> None:
    """Let some jobs be closed, paused or expired, and add a draft and a scheduled one."""
    from jobs import life
    from jobs.models import JobActor

    by_employer: Any = {"actor": JobActor.EMPLOYER}
    life.duplicate(jobs[0], **by_employer)
    life.publish(life.duplicate(jobs[1], **by_employer), publish_at=now + timedelta(days=2), **by_employer)
    for number, job in enumerate(jobs):
        days = _expires_in(number)
        if days is None and number % 2:
            life.close(job, reason="filled", **by_employer)
        elif days is None:
            life.pause(job, **by_employer)
        elif days < 0:
            job.expires_at = _midnight(now + timedelta(days=days))
            job.save(update_fields=["expires_at"])


def _analytics(jobs: "list[Job]", now: datetime) -> None:
    """Write the daily counters of each job: few views on weekends, fewer each week."""
    from analytics.models import Analytics
    from applications.models import Application

    rng = random.Random(42)  # noqa: S311 - the same data everywhere
    applied: dict[Any, int] = {}
    for job_id, moment in Application.objects.values_list("job_id", "applied_at"):
        applied[job_id, moment.date()] = applied.get((job_id, moment.date()), 0) + 1
    Analytics.objects.all().delete()
    rows = []
    for number, job in enumerate(jobs):
        days = (_ended_at(number, now).date() - job.posted_at.date()).days
        for age in range(days + 1):
            day = job.posted_at.date() + timedelta(days=age)
            applications = applied.get((job.pk, day), 0)
            others = rng.randrange(4, 30) // (3 if day.weekday() in WEEKEND else 1) // (1 + age // 7)
            rows.append(Analytics(job=job, date=day, views=others + applications, applications=applications))
    Analytics.objects.bulk_create(rows)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywork.settings")
    import django

    django.setup()
    load()
