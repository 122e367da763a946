"""Demo data for the first `make run`: `python -m anywork.local.demo` fills an empty database, and leaves others alone.

People and companies are invented; example.com can receive no mail (RFC 2606).
"""

import os
import random
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import User
    from jobs.models import Category, Job, Location

PASSWORD = "demo-password-42"  # noqa: S105 - for data that exists on one's own machine only
ADMIN = "admin@example.com"

EMPLOYERS = (
    ("hiring@lagoon.example.com", "Lagoon Software", "We build payment software for small shops across Africa."),
    ("jobs@nordlicht.example.com", "Nordlicht Energie", "Wind and solar parks, planned and run by people who care."),
    ("people@maple.example.com", "Maple Health", "Clinics and the software that keeps their waiting rooms short."),
)
SEEKERS = (
    ("ada@example.com", "Ada", "Okafor", ("Python", "Django", "PostgreSQL")),
    ("ben@example.com", "Ben", "Carson", ("Customer support", "English", "Yoruba")),
    ("chidi@example.com", "Chidi", "Eze", ("TypeScript", "React")),
    ("dana@example.com", "Dana", "Weber", ("Electrical engineering", "AutoCAD")),
    ("emil@example.com", "Emil", "Lindqvist", ("Data analysis", "R")),
    ("fatima@example.com", "Fatima", "Bello", ("Accounting", "Excel")),
    ("grace@example.com", "Grace", "Tremblay", ("Nursing", "French")),
    ("hiro@example.com", "Hiro", "Tanaka", ("Kubernetes", "Go", "Linux")),
    ("ines@example.com", "Inês", "Costa", ("Product design", "Figma")),
    ("jon@example.com", "Jon", "Berg", ("Sales", "Negotiation")),
)
LOCATIONS = (
    ("Lagos", "Lagos", "Nigeria"),
    ("Abeokuta", "Ogun", "Nigeria"),
    ("Nairobi", "", "Kenya"),
    ("Hamburg", "Hamburg", "Germany"),
    ("Berlin", "Berlin", "Germany"),
    ("Malmö", "Skåne", "Sweden"),
    ("Toronto", "Ontario", "Canada"),
    ("Montréal", "Québec", "Canada"),
)
# Category: its description and titles to choose from.
CATEGORIES = {
    "Software Development": (
        "Building and running software",
        ("Backend Engineer (Python)", "Frontend Engineer", "Site Reliability Engineer", "Mobile Developer"),
    ),
    "Data": ("Making sense of numbers", ("Data Analyst", "Data Engineer", "Machine Learning Engineer")),
    "Engineering": ("Building things that one can touch", ("Wind Park Planner", "Electrical Engineer", "Technician")),
    "Health": ("Looking after people", ("Registered Nurse", "Clinic Manager", "Physiotherapist")),
    "Sales and Support": ("Talking to customers", ("Account Manager", "Customer Support Agent", "Sales Trainee")),
    "Finance": ("Keeping the books", ("Accountant", "Payroll Specialist", "Financial Controller")),
}
SALARIES = ("$80,000 - $100,000", "€52,000 - €64,000", "₦450,000 monthly", "CA$38/hour", "Negotiable", "")
JOBS = 60
# How an employer answered, over and over: every state occurs.
ANSWERS = ((), ("reviewed",), ("accepted",), ("reviewed", "rejected"), ("rejected",), ("withdrawn",))
APPLICATIONS_EACH = 3

ACCOUNTS: list[tuple[str, str, str]] = [
    (ADMIN, PASSWORD, "administrator"),
    *((email, PASSWORD, f"employer, {company}") for email, company, _ in EMPLOYERS),
    (SEEKERS[0][0], PASSWORD, "job seeker; nine more in the admin site, same password"),
]


def load() -> None:
    """Fill the database, all or nothing, unless somebody is in it already."""
    from django.db import transaction

    from accounts.models import User

    if User.objects.exists():
        return
    with transaction.atomic():
        User.objects.create_superuser(ADMIN, PASSWORD)
        jobs = _jobs([_employer(*row) for row in EMPLOYERS])
        for number, row in enumerate(SEEKERS):
            seeker = _seeker(*row)
            for place in range(APPLICATIONS_EACH):
                turn = number * APPLICATIONS_EACH + place
                _application(seeker, jobs[turn * 7 % len(jobs)], ANSWERS[turn % len(ANSWERS)])


def _employer(email: str, company: str, description: str) -> "User":
    from accounts.models import Employer
    from accounts.services import register_user

    user = register_user(email=email, password=PASSWORD, role="employer", company_name=company)
    website = f"https://www.{email.rpartition('@')[2]}"
    Employer.objects.filter(pk=user.pk).update(company_description=description, website=website)
    return user


def _seeker(email: str, first_name: str, last_name: str, skills: tuple[str, ...]) -> "User":
    from django.core.files.base import ContentFile

    from accounts.models import Skill
    from accounts.services import register_user
    from anywork.testing.pdf import make_pdf
    from resumes.services import store_resume

    user = register_user(
        email=email,
        password=PASSWORD,
        role="job_seeker",
        first_name=first_name,
        last_name=last_name,
        phone_number="080 444 555 666",
    )
    Skill.objects.bulk_create(Skill(user=user, name=name) for name in skills)
    page = make_pdf(f"{first_name} {last_name}", email, "", "Skills", *(f"- {name}" for name in skills))
    store_resume(job_seeker=user.job_seeker, upload=ContentFile(page, name=f"{first_name} {last_name}.pdf"))
    return user


def _jobs(employers: "list[User]") -> "list[Job]":
    """Return open jobs, newest last; besides them, every employer gets a closed and an expired one."""
    from django.utils import timezone

    from jobs.models import Job

    chance = random.Random(42)  # noqa: S311 - the same demo everywhere
    categories, locations = _categories(), _locations()
    now, jobs = timezone.now(), []
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(JOBS):
        name = list(CATEGORIES)[number % len(CATEGORIES)]
        employer = employers[number % len(employers)]
        title = chance.choice(CATEGORIES[name][1])
        is_closed, is_expired = number < len(employers), len(employers) <= number < 2 * len(employers)
        job = Job.objects.create(
            employer=employer.employer,
            category=categories[name],
            location=chance.choice(locations),
            title=title,
            description=f"{employer.employer.company_name} is looking for a colleague: {title}.\n\n"
            f"You work in a small team, decide a lot yourself, and are trained for what you do not know yet.",
            salary_range=chance.choice(SALARIES),
            job_type=chance.choice(Job.Type.values),
            posted_at=now - timedelta(hours=6 * (JOBS - number)),
            expires_at=midnight + timedelta(days=-2 if is_expired else 14 + number),
            is_active=not is_closed,
        )
        if job.is_open:
            jobs.append(job)
    return jobs


def _categories() -> "dict[str, Category]":
    from jobs.models import Category

    rows = (Category(name=name, description=description) for name, (description, _) in CATEGORIES.items())
    return {row.name: row for row in Category.objects.bulk_create(rows)}


def _locations() -> "list[Location]":
    from jobs.models import Location

    return [Location.objects.create(city=city, state=state, country=land) for city, state, land in LOCATIONS]


def _application(seeker: "User", job: "Job", answers: tuple[str, ...]) -> None:
    from accounts.models import User
    from applications.services import change_status, submit_application

    application = submit_application(
        user=seeker,
        job_id=job.pk,
        resume_id=seeker.job_seeker.resumes.get().pk,
        cover_letter=f"I would like to work as {job.title} with you, and can start next month.",
    )
    for status in answers:
        actor = seeker if status == "withdrawn" else User.objects.get(pk=job.employer_id)
        change_status(application_id=application.pk, actor=actor, status=status)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywork.settings")
    import django

    django.setup()
    load()
