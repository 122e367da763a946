"""What becomes of a job that its owner deletes, and of jobs whose company, category or place has a new name."""

import time

from django.db import connection, transaction
from django.db.models import ProtectedError
from django.shortcuts import get_object_or_404

from accounts.models import User
from jobs.models import Job, Renaming

# So many jobs are written anew by one statement, far within the time that it may take.
_REINDEXED_TOGETHER = 500


def delete_or_close_job(job: Job) -> None:
    """Delete a job; one that has applications is closed instead, so that none is lost.

    Raises:
        Http404: another request has deleted it at the same moment.
    """
    try:
        with transaction.atomic():
            # Applying locks the same row: an application either is seen here or finds the job gone.
            get_object_or_404(Job.objects.select_for_update(), pk=job.pk).delete()
    except ProtectedError:
        job.is_active = False
        job.save(update_fields=["is_active"])


def detach_jobs(user: User) -> None:
    """Take an employer out of its jobs: those without applications are deleted, the others stay, closed."""
    jobs = Job.objects.owned_by(user)
    for job in jobs:
        delete_or_close_job(job)
    # Applicants keep the title and what the job was filed under; the rest is the employer's own words.
    jobs.update(employer=None, description="")
    for renaming in Renaming.objects.filter(relation=Renaming.Relation.EMPLOYER, renamed=user.pk):
        _finish_renaming(renaming)


def reindex_renamed_jobs(*, seconds: float) -> None:
    """Let new names reach the words that many jobs are found by, as far as that goes in about so many seconds."""
    until = time.monotonic() + seconds
    while _reindex_some() and time.monotonic() < until:
        pass


@transaction.atomic
def _reindex_some() -> bool:
    """Return whether there was something to do that nobody else is at."""
    renaming = Renaming.objects.select_for_update(skip_locked=True).order_by("pk").first()
    if renaming is None:
        return False
    jobs = Job.objects.filter(**{renaming.relation: renaming.renamed}).order_by("pk")
    if renaming.reached:
        jobs = jobs.filter(pk__gt=renaming.reached)
    keys = list(jobs.values_list("pk", flat=True)[:_REINDEXED_TOGETHER])
    if keys:
        # The trigger that keeps it writes it anew.
        Job.objects.filter(pk__in=keys).update(search=None)
        renaming.reached = keys[-1]
        renaming.save(update_fields=["reached"])
    else:
        _finish_renaming(renaming)
    return True


def _finish_renaming(renaming: Renaming) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT jobs_forget_words(%s)", [renaming.former_name])
    renaming.delete()
