"""This app's part of the export of an account."""

from accounts.export import Archive
from accounts.models import User
from jobs.models import Category, Job, Location


def export_jobs(user: User, archive: Archive) -> None:
    """Add the jobs that `user` posted, and the categories and locations that they created."""
    fields = ("title", "description", "salary_range", "job_type", "workplace", "posted_at", "expires_at", "is_active")
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
