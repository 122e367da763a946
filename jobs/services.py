"""What becomes of a job that its owner deletes, and of jobs whose company, category or place has a new name."""

import time
from typing import Any, cast

from django.db import connection, transaction
from django.db.models import ProtectedError
from django.db.models.functions import Now
from django.shortcuts import get_object_or_404

from accounts.models import User
from jobs.models import Job, Renaming
from jobs.querysets import JobQuerySet

# Titles are suggested as long as an open job has them; see the trigger that gathers them, jobs_job_write_search.
_FORGET_TITLES = """
    DELETE FROM jobs_suggestion
    WHERE kind = 'title'
        AND key IN (SELECT btrim(left(jobs_folded(title), 300)) FROM unnest(%s::text[]) AS title)
        AND NOT EXISTS (SELECT FROM jobs_job WHERE is_active AND title = text)
"""
# Jobs written or deleted by one statement, far within the time that it may take.
_WRITTEN_TOGETHER = 500


def delete_or_close_job(job: Job) -> None:
    """Delete a job; one that has applications is closed instead, so that none is lost.

    Raises:
        Http404: another request has deleted it at the same moment.
    """
    try:
        with transaction.atomic():
            # Applying locks the same row: an application either is seen here or finds the job gone.
            get_object_or_404(Job.objects.select_for_update(), pk=job.pk).delete()
            _forget_titles([job.title])
    except ProtectedError:
        job.is_active = job.closed_by_block = False
        job.save(update_fields=["is_active", "closed_by_block"])


def detach_jobs(user: User) -> None:
    """Take an employer out of its jobs: those without applications are deleted, the others stay, closed."""
    jobs = Job.objects.owned_by(user)
    titles = list(jobs.order_by().values_list("title", flat=True).distinct())
    # Locked first: an application either is seen here or finds its job gone.
    keys = list(jobs.select_for_update().order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), _WRITTEN_TOGETHER):
        _delete_unprotected(Job.objects.filter(pk__in=keys[start : start + _WRITTEN_TOGETHER]))
    # Applicants keep the title and what the job was filed under; the rest is the employer's own words.
    jobs.update(is_active=False, employer=None, description="")
    for renaming in Renaming.objects.filter(relation=Renaming.Relation.EMPLOYER, renamed=user.pk):
        _finish_renaming(renaming)
    _forget_titles(titles)


def _delete_unprotected(jobs: JobQuerySet) -> None:
    try:
        with transaction.atomic():
            jobs.delete()
    except ProtectedError as error:
        protected = {row.job_id for row in cast("set[Any]", error.protected_objects)}
        jobs.exclude(pk__in=protected).delete()


def close_jobs_of_blocked(user: User) -> None:
    """Close the open jobs of an employer, to be opened again by `open_jobs_of_unblocked`."""
    jobs = Job.objects.owned_by(user)
    # Waits for requests that are changing one: what they open is seen by the next statement.
    list(jobs.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    jobs.open().update(is_active=False, closed_by_block=True)


def open_jobs_of_unblocked(user: User) -> None:
    """Open the jobs that `close_jobs_of_blocked` has closed, but for those that have expired since."""
    closed = Job.objects.owned_by(user).filter(closed_by_block=True)
    closed.filter(closes_at__gt=Now()).update(is_active=True)
    closed.update(closed_by_block=False)


def _forget_titles(titles: list[str]) -> None:
    """Suggest neither the titles nor their words, unless an open job has them."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_TITLES, [titles])
        cursor.execute("SELECT jobs_forget_words(%s)", [" ".join(titles)])


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
    keys = list(jobs.values_list("pk", flat=True)[:_WRITTEN_TOGETHER])
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
