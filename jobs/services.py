"""Deleting, closing and reindexing jobs."""

import time
from typing import Any, cast

from django.conf import settings
from django.db import connection, transaction
from django.db.models import ProtectedError, Q
from django.shortcuts import get_object_or_404

from accounts.models import User
from jobs.models import (
    SALARY_FIELDS,
    CurrencyRate,
    Job,
    Location,
    Renaming,
    RenamingRelation,
    SalaryRecalculation,
    placed_values,
)
from jobs.querysets import UNEXPIRED, JobQuerySet
from jobs.searching.salary import RULES_VERSION
from jobs.signals import job_taken_down

# A title is suggested while an active job has it; the trigger jobs_job_write_search inserts it.
_DELETE_TITLES = """
    DELETE FROM jobs_suggestion
    WHERE kind = 'title'
        AND key IN (SELECT btrim(left(jobs_folded(title), 300)) FROM unnest(%s::text[]) AS title)
        AND NOT EXISTS (SELECT FROM jobs_job WHERE is_active AND title = text)
"""
# Jobs written or deleted by one statement, far within the statement timeout.
_BATCH_SIZE = 500


def delete_or_close_job(job: Job) -> None:
    """Delete a job, or close it if it has applications.

    Raises:
        Http404: a concurrent request has deleted it.
    """
    try:
        with transaction.atomic():
            # An application locks the same row: either it is seen here, or it does not find the job.
            get_object_or_404(Job.objects.select_for_update(), pk=job.pk).delete()
            _delete_unused_titles([job.title])
    except ProtectedError:
        job.is_active = job.closed_by_block = False
        job.save(update_fields=["is_active", "closed_by_block"])


def take_down_job(*, job: Job, reason: str) -> bool:
    """Close a job in the name of the site, and tell its owner why; return False if it was closed already."""
    with transaction.atomic():
        # One that was closed by a block would open again.
        not_closed = Job.objects.filter(Q(is_active=True) | Q(closed_by_block=True), pk=job.pk)
        if not not_closed.update(is_active=False, closed_by_block=False):
            return False
        job_taken_down.send(sender=Job, job=job, reason=reason)
    return True


def open_jobs(jobs: JobQuerySet) -> list[Job]:
    """Open those of these jobs that are closed and whose employer is not blocked; return them."""
    with transaction.atomic():
        # Locked, so that none is blocked meanwhile.
        owners = User.objects.filter(pk__in=jobs.order_by().values("employer")).select_for_update(no_key=True)
        active = [owner.pk for owner in owners.order_by("pk") if owner.is_active]
        opened = list(jobs.filter(is_active=False, employer__in=active))
        Job.objects.filter(pk__in=[job.pk for job in opened]).update(is_active=True)
    return opened


def detach_jobs(user: User) -> None:
    """Delete an employer's jobs without applications; close the others and remove the employer from them."""
    jobs = Job.objects.owned_by(user)
    titles = list(jobs.order_by().values_list("title", flat=True).distinct())
    # Locked first: an application either is seen here, or does not find its job.
    keys = list(jobs.select_for_update().order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), _BATCH_SIZE):
        _delete_unprotected(Job.objects.filter(pk__in=keys[start : start + _BATCH_SIZE]))
    # Applicants keep title, category and location; the description is the employer's text.
    jobs.update(is_active=False, employer=None, description="")
    for renaming in Renaming.objects.filter(relation=RenamingRelation.EMPLOYER, renamed=user.pk):
        _finish_renaming(renaming)
    _delete_unused_titles(titles)


def _delete_unprotected(jobs: JobQuerySet) -> None:
    try:
        with transaction.atomic():
            jobs.delete()
    except ProtectedError as error:
        protected = {row.job_id for row in cast("set[Any]", error.protected_objects)}
        jobs.exclude(pk__in=protected).delete()


def close_jobs_of_blocked(user: User) -> None:
    """Close the open jobs of an employer, until `open_jobs_of_unblocked`."""
    jobs = Job.objects.owned_by(user)
    # Waits for requests that are changing one: a job that they open is seen by the next statement.
    list(jobs.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    jobs.open().update(is_active=False, closed_by_block=True)


def open_jobs_of_unblocked(user: User) -> None:
    """Open the jobs closed by `close_jobs_of_blocked` that have not expired since."""
    closed = Job.objects.owned_by(user).filter(closed_by_block=True)
    closed.filter(UNEXPIRED).update(is_active=True)
    closed.update(closed_by_block=False)


def _delete_unused_titles(titles: list[str]) -> None:
    """Delete the suggestions of these titles and their words that no active job has."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_TITLES, [titles])
        cursor.execute("SELECT jobs_forget_words(%s)", [" ".join(titles)])


def reindex_renamed_jobs(*, seconds: float, batch_size: int = _BATCH_SIZE) -> None:
    """Write the search vectors of jobs whose company, category or location has a new name, for about `seconds`."""
    until = time.monotonic() + seconds
    while _reindex_batch(batch_size) and time.monotonic() < until:
        pass


@transaction.atomic
def _reindex_batch(batch_size: int) -> bool:
    """Reindex some jobs; return False if no renaming is left that another worker has not locked."""
    renaming = Renaming.objects.select_for_update(skip_locked=True).order_by("pk").first()
    if renaming is None:
        return False
    jobs = Job.objects.order_by("pk")
    if renaming.relation != RenamingRelation.ALL:
        jobs = jobs.filter(**{renaming.relation: renaming.renamed})
    if renaming.reached:
        jobs = jobs.filter(pk__gt=renaming.reached)
    keys = list(jobs.values_list("pk", flat=True)[:batch_size])
    if keys:
        # The trigger jobs_job_write_search then writes it.
        Job.objects.filter(pk__in=keys).update(search=None)
        renaming.reached = keys[-1]
        renaming.save(update_fields=["reached"])
    else:
        _finish_renaming(renaming)
    return True


def place_locations() -> int:
    """Derive again where all locations are, after a change of the gazetteer; return how many have changed."""
    changed = 0
    for location in Location.objects.order_by().iterator(chunk_size=_BATCH_SIZE):
        values = placed_values(location.city, location.state, location.country)
        if all(getattr(location, field) == value for field, value in values.items()):
            continue
        names = {"city": location.city, "state": location.state, "country": location.country}
        with transaction.atomic():
            # Unless it was renamed meanwhile, which placed it.
            if not Location.objects.filter(pk=location.pk, **names).update(**values):
                continue
            changed += 1
            if location.other_names != values["other_names"]:
                Renaming.objects.update_or_create(
                    {"reached": None}, relation=RenamingRelation.LOCATION, renamed=location.pk
                )
    return changed


def _finish_renaming(renaming: Renaming) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT jobs_forget_words(%s)", [renaming.former_name])
    renaming.delete()


def recalculate_salaries(*, seconds: float, batch_size: int = _BATCH_SIZE) -> None:
    """Derive the salaries of all jobs again, for about `seconds`, after a change of a rate or of the rules."""
    until = time.monotonic() + seconds
    while _recalculate_batch(batch_size) and time.monotonic() < until:
        pass


@transaction.atomic
def _recalculate_batch(batch_size: int) -> bool:
    """Derive the salaries of some jobs; return False if none is left, or another worker is at it."""
    state = SalaryRecalculation.objects.select_for_update(skip_locked=True).first()
    rules = f"{RULES_VERSION} {settings.BASE_CURRENCY}"
    if state is None or (state.is_done and state.rules == rules):
        return False
    if state.rules != rules:
        state.rules, state.reached = rules, None
    jobs = Job.objects.order_by("pk").select_for_update(of=("self",), no_key=True).select_related("location")
    if state.reached:
        jobs = jobs.filter(pk__gt=state.reached)
    batch = list(jobs.only("salary_range", "location__country", *SALARY_FIELDS)[:batch_size])
    rates = dict(CurrencyRate.objects.values_list("currency", "per_dollar"))
    changed, fields = [], set()
    for job in batch:
        before = {field: getattr(job, field) for field in SALARY_FIELDS}
        job.derive_salary(rates)
        if different := {field for field, value in before.items() if getattr(job, field) != value}:
            changed.append(job)
            fields |= different
    # An update of no row would make a new version of all lists, too.
    if changed:
        Job.objects.bulk_update(changed, sorted(fields))
    state.reached, state.is_done = (batch[-1].pk, False) if batch else (None, True)
    state.save()
    return not state.is_done
