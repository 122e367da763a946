"""What beat has done once a day."""

from celery import shared_task

from resumes import orphans


@shared_task(name="resumes.sweep_resume_files")
def sweep_resume_files() -> None:
    """Remove files that no row knows, and tell of rows whose file is gone."""
    orphans.sweep_resume_files()
