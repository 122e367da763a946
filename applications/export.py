"""Export of a job seeker's applications."""

from typing import Any

from accounts.export import Archive
from accounts.models import User
from applications.models import Application


def export_applications(user: User, archive: Archive) -> None:
    """Add the applications of `user` with their history."""
    applications = (
        Application.objects.filter(job_seeker=user.pk)
        .select_related("job__employer")
        .prefetch_related("status_changes")
    )
    archive.add_json("applications.json", [_as_dict(application) for application in applications])


def _as_dict(application: Application) -> dict[str, Any]:
    return {
        "application_id": application.pk,
        "job_id": application.job_id,
        "job_title": application.job.title,
        "company_name": application.job.company_name,
        "resume_id": application.resume_id,
        "cover_letter": application.cover_letter,
        "status": application.status,
        "applied_at": application.applied_at,
        "history": [{"at": change.at, "status": change.to_status} for change in application.status_changes.all()],
    }
