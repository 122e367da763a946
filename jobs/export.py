"""This app's part of the export of an account."""

from accounts.export import Archive
from accounts.models import User
from jobs.models import Category, Job, JobChange, Location
from jobs.saving.models import SavedJob, SavedSearch


def export_jobs(user: User, archive: Archive) -> None:
    """Add what `user` posted, with the history of jobs, and what `user` saved."""
    salary = ("salary_range", "salary_paid_minimum", "salary_paid_maximum", "salary_currency", "salary_period")
    dates = ("posted_at", "expires_at")
    state = ("is_active", "state", "publish_at", "closed_reason")
    fields = ("title", "description", *salary, "salary_source", "job_type", "workplace", "skill_list", *dates, *state)
    archive.add_json(
        "jobs.json",
        list(
            Job.objects.owned_by(user)
            .with_state()
            .with_skills()
            .values("job_id", *fields, "category__name", "location__city", "location__state", "location__country")
        ),
    )
    changes = JobChange.objects.filter(job__employer=user.pk)
    archive.add_json("job_changes.json", list(changes.values("job_id", "at", "actor", "changes")))
    saved = SavedJob.objects.visible_to(user)
    archive.add_json("saved_jobs.json", list(saved.values("saved_job_id", "job_id", "job__title", "saved_at")))
    searches = SavedSearch.objects.visible_to(user)
    archive.add_json(
        "saved_searches.json",
        list(searches.values("saved_search_id", "name", "query", "frequency", "created_at", "alert_at")),
    )
    for name, rows in (("categories", Category.objects), ("locations", Location.objects)):
        archive.add_json(f"{name}.json", list(rows.filter(created_by=user).defer("typed").values()))
