"""Jobs that are deleted, closed by the staff, or of employers that are blocked or leave."""

from typing import Any, cast

from django.db import connection, transaction
from django.db.models import ProtectedError
from django.shortcuts import get_object_or_404

from accounts.models import User
from jobs.batches import BATCH_SIZE, finish_renamings
from jobs.life import CLOSED, close_in_any_state, open_again
from jobs.models import ClosedReason, Job, JobActor, JobChange, JobSkill, Renaming, RenamingRelation
from jobs.querysets import UNEXPIRED, JobQuerySet, JobState
from jobs.signals import job_taken_down, jobs_closed

# A title is suggested while an active job has it; the trigger jobs_job_write_search inserts it.
_DELETE_TITLES = """
    DELETE FROM jobs_suggestion
    WHERE kind = 'title'
        AND key IN (SELECT btrim(left(jobs_folded(title), 300)) FROM unnest(%s::text[]) AS title)
        AND NOT EXISTS (SELECT FROM jobs_job WHERE is_active AND title = text)
"""


def delete_or_close_job(job: Job, *, actor: JobActor) -> None:
    """Delete a job, or close it as cancelled if it has applications.

    Raises:
        Http404: a concurrent request has deleted it.
    """
    try:
        with transaction.atomic():
            # An application locks the same row: either it is seen here, or it does not find the job.
            get_object_or_404(Job.objects.select_for_update(), pk=job.pk).delete()
            _delete_unused_titles([job.title])
    except ProtectedError:
        with transaction.atomic():
            locked = get_object_or_404(Job.objects.select_for_update(no_key=True), pk=job.pk)
            close_in_any_state(locked, actor=actor, reason=ClosedReason.CANCELLED)


def take_down_job(*, job: Job, reason: str) -> bool:
    """Close a job in the name of the site, and tell its owner why; return False if it was closed already."""
    with transaction.atomic():
        public = Job.objects.exclude(is_active=False, inactive_state__in=(JobState.DRAFT, JobState.CLOSED))
        locked = public.select_for_update(no_key=True).filter(pk=job.pk).first()
        if locked is None:
            return False
        close_in_any_state(locked, actor=JobActor.ADMINISTRATOR)
        job_taken_down.send(sender=Job, job=job, reason=reason)
    return True


def open_jobs(jobs: JobQuerySet) -> list[Job]:
    """Open those of these jobs that are paused or closed and whose employer is not blocked; return them."""
    with transaction.atomic():
        # Locked, so that none is blocked meanwhile.
        owners = User.objects.filter(pk__in=jobs.order_by().values("employer")).select_for_update(no_key=True)
        active = [owner.pk for owner in owners.order_by("pk") if owner.is_active]
        published = (JobState.PAUSED, JobState.CLOSED)
        opened = jobs.filter(is_active=False, inactive_state__in=published, employer__in=active)
        locked = opened.select_for_update(of=("self",), no_key=True)
        return [open_again(job, actor=JobActor.ADMINISTRATOR) for job in locked.with_skills()]


def detach_jobs(user: User) -> None:
    """Delete an employer's jobs without applications; close the others and remove the employer from them."""
    jobs = Job.objects.owned_by(user)
    titles = list(jobs.order_by().values_list("title", flat=True).distinct())
    # Locked first: an application either is seen here, or does not find its job.
    keys = list(jobs.select_for_update().order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH_SIZE):
        _delete_unprotected(Job.objects.filter(pk__in=keys[start : start + BATCH_SIZE]))
    kept = [(job.pk, job.stored_state) for job in jobs.only("is_active", "inactive_state")]
    # Applicants keep title, category and location; the rest is the employer's text, as is the history.
    for model in (JobChange, JobSkill):
        model.objects.filter(job__in=[key for key, _ in kept]).delete()
    jobs.update(**CLOSED, employer=None, description="")
    closed = [(key, state) for key, state in kept if state != JobState.CLOSED]
    JobChange.objects.bulk_create(
        JobChange(job_id=key, actor=JobActor.EMPLOYER, changes={"state": [state, JobState.CLOSED]})
        for key, state in closed
    )
    jobs_closed.send(sender=Job, keys=[key for key, _ in closed])
    renamings = Renaming.objects.filter(relation=RenamingRelation.EMPLOYER, renamed=user.pk)
    finish_renamings(renamings.values_list("pk", flat=True))
    _delete_unused_titles(titles)


def _delete_unprotected(jobs: JobQuerySet) -> None:
    try:
        with transaction.atomic():
            jobs.delete()
    except ProtectedError as error:
        protected = {row.job_id for row in cast("set[Any]", error.protected_objects)}
        jobs.exclude(pk__in=protected).delete()


def close_jobs_of_blocked(user: User) -> None:
    """Pause the open jobs of an employer, until `open_jobs_of_unblocked`."""
    jobs = Job.objects.owned_by(user)
    # Waits for requests that are changing one: a job that they open is seen by the next statement.
    list(jobs.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    jobs.open().update(is_active=False, inactive_state=JobState.PAUSED, publish_at=None, closed_by_block=True)


def open_jobs_of_unblocked(user: User) -> None:
    """Open the jobs paused by `close_jobs_of_blocked` that have not expired since."""
    closed = Job.objects.owned_by(user).filter(closed_by_block=True)
    closed.filter(UNEXPIRED).update(is_active=True)
    closed.update(closed_by_block=False)


def _delete_unused_titles(titles: list[str]) -> None:
    """Delete the suggestions of these titles and their words that no active job has."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_TITLES, [titles])
        cursor.execute("SELECT jobs_forget_words(%s)", [" ".join(titles)])
