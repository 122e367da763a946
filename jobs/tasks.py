"""What beat has done every few seconds."""

from celery import shared_task

from jobs import services

# Less than from one time to the next, for mails wait for the same workers.
_SECONDS = 10


@shared_task(name="jobs.reindex_renamed_jobs")
def reindex_renamed_jobs() -> None:
    """Let new names reach the words that many jobs are found by."""
    services.reindex_renamed_jobs(seconds=_SECONDS)
