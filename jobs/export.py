"""This app's part of the export of an account."""

from accounts.export import Archive
from accounts.models import User
from jobs.models import Category, Job, Location


def export_jobs(user: User, archive: Archive) -> None:
    """Add the jobs that `user` posted, and the categories and locations that they created."""
    salary = ("salary_range", "salary_paid_minimum", "salary_paid_maximum", "salary_currency", "salary_period")
    dates = ("posted_at", "expires_at")
    fields = ("title", "description", *salary, "salary_source", "job_type", "workplace", *dates, "is_active")
    archive.add_json(
        "jobs.json",
        list(
            Job.objects.owned_by(user).values(
                "job_id", *fields, "category__name", "location__city", "location__state", "location__country"
            )
        ),
    )
    for name, rows in (("categories", Category.objects), ("locations", Location.objects)):
        archive.add_json(f"{name}.json", list(rows.filter(created_by=user).defer("typed").values()))
