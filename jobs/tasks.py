"""Periodic tasks."""

from celery import shared_task

from anywork.api.batches import SWEEP_SECONDS
from jobs import batches, life
from jobs.idempotency import forget_keys
from jobs.models import Job
from jobs.saving import reminders
from jobs.searching import gathering


@shared_task(name="jobs.reindex_renamed_jobs")
def reindex_renamed_jobs() -> None:
    """Reindex jobs whose company, category or location has a new name."""
    batches.reindex_renamed_jobs(seconds=SWEEP_SECONDS)


@shared_task(name="jobs.recalculate_salaries")
def recalculate_salaries() -> None:
    """Derive the salaries of all jobs again, if a rate or the rules by which texts are read have changed."""
    batches.recalculate_salaries(seconds=SWEEP_SECONDS)


@shared_task(name="jobs.publish_due_jobs")
def publish_due_jobs() -> None:
    """Publish the scheduled jobs that are due."""
    life.publish_due_jobs()


@shared_task(name="jobs.remind_of_closing_jobs")
def remind_of_closing_jobs() -> None:
    """Remind job seekers of saved jobs that close soon."""
    reminders.remind_of_closing_jobs(seconds=SWEEP_SECONDS)


@shared_task(name="jobs.forget_idempotency_keys")
def forget_idempotency_keys() -> None:
    """Forget the idempotency keys of jobs that were posted more than a day ago."""
    forget_keys(Job.objects.all())


@shared_task(name="jobs.gather_words")
def gather_words() -> None:
    """Gather the words of descriptions, by which mistyped searches are corrected."""
    gathering.gather_words()
