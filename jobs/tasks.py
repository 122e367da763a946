"""Periodic tasks."""

from celery import shared_task

from jobs import services
from jobs.idempotency import forget_keys
from jobs.models import Job
from jobs.searching import gathering

# Less than its interval: the same workers send mail.
_MAX_SECONDS = 10


@shared_task(name="jobs.reindex_renamed_jobs")
def reindex_renamed_jobs() -> None:
    """Reindex jobs whose company, category or location has a new name."""
    services.reindex_renamed_jobs(seconds=_MAX_SECONDS)


@shared_task(name="jobs.recalculate_salaries")
def recalculate_salaries() -> None:
    """Derive the salaries of all jobs again, if a rate or the rules by which texts are read have changed."""
    services.recalculate_salaries(seconds=_MAX_SECONDS)


@shared_task(name="jobs.forget_idempotency_keys")
def forget_idempotency_keys() -> None:
    """Forget the idempotency keys of jobs that were posted more than a day ago."""
    forget_keys(Job.objects.all())


@shared_task(name="jobs.gather_words")
def gather_words() -> None:
    """Gather the words of descriptions, by which mistyped searches are corrected."""
    gathering.gather_words()
