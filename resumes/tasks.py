"""Periodic tasks."""

from celery import shared_task

from resumes import orphans


@shared_task(name="resumes.sweep_resume_files")
def sweep_resume_files() -> None:
    """Delete files without a row, and log rows whose file is missing."""
    orphans.sweep_resume_files()
