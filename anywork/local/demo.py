"""Demo data of the first `make run`: `python -m anywork.local.demo` fills an empty database, and leaves others alone.

The texts are in demo.toml. Times are relative to now; everything else is the same every time.
"""

import os
import random
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User
    from jobs.models import Category, Job, Location

PASSWORD = "demo-password-42"  # noqa: S105 - of accounts that exist on the developer's machine only
ADMIN = "admin@example.com"
DATA: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

# Days until a job expires, in turn; None for a job that its employer closed.
EXPIRES_IN = (1, 30, 45, 21, None, 60, 3, 14, -2)
# Status changes of an application, in turn; every status occurs.
DECISIONS = ((), ("reviewed",), ("accepted",), ("reviewed", "rejected"), ("withdrawn",), ("reviewed", "accepted"))
APPLICATIONS_EACH = 4
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
        _applications(seekers, {user.pk: user for user in employers}, jobs, now)
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

    from applications.services import change_status, submit_application
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
            )
            _backdate(job.posted_at + pause, since=started)
            for step, status in enumerate(decisions, 2):
                started = timezone.now()
                actor = seeker if status == "withdrawn" else employers[job.employer_id]
                change_status(application_id=application.pk, actor=actor, status=status)
                _backdate(job.posted_at + step * pause, since=started)
    Notification.objects.filter(created_at__lt=now - timedelta(days=7)).update(is_read=True)


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
    for number, job in enumerate(jobs):
        days = _expires_in(number)
        if days is None:
            job.is_active = False
            job.save(update_fields=["is_active"])
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
