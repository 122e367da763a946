"""Reminders of saved jobs that close soon."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from jobs.batches import repeat
from jobs.saving.models import SavedJob
from jobs.signals import saved_job_closing

BATCH_SIZE = 100


def remind_of_closing_jobs(*, seconds: float, batch_size: int = BATCH_SIZE) -> None:
    """Remind job seekers of the saved jobs that close soon, each once, for about `seconds`."""
    repeat(partial(_remind_batch, batch_size), seconds=seconds)


@transaction.atomic
def _remind_batch(batch_size: int) -> bool:
    """Remind of some jobs; return False if no more are left that another worker has not locked."""
    soon = SavedJob.objects.closing_soon().order_by("pk").select_related("job__employer", "job_seeker__user")
    # With the accounts: else an erasure, which locks these first, and an email to its user wait for each other.
    locked = soon.select_for_update(of=("self", "job_seeker__user"), no_key=True, skip_locked=True)
    batch = list(locked[:batch_size])
    for saved_job in batch:
        saved_job_closing.send(sender=SavedJob, saved_job=saved_job)
    SavedJob.objects.filter(pk__in=[saved.pk for saved in batch]).update(reminded_at=timezone.now())
    return len(batch) == batch_size
