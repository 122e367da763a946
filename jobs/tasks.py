"""Periodic tasks."""

from celery import shared_task

from jobs import services

# Less than its interval: the same workers send mail.
_MAX_SECONDS = 10


@shared_task(name="jobs.reindex_renamed_jobs")
def reindex_renamed_jobs() -> None:
    """Reindex jobs whose company, category or location has a new name."""
    services.reindex_renamed_jobs(seconds=_MAX_SECONDS)
