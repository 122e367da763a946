"""The life of a job: the actions that change its state, and its history.

Functions that take a job expect it locked in the present transaction, so that no other request changes its state.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from accounts.models import User
from anywork.api.exceptions import Conflict
from jobs.models import BLOCKED_EMPLOYER, Job, JobActor, JobChange
from jobs.querysets import IN_STATE, JobState
from jobs.signals import job_duplicated, jobs_closed
from jobs.skills import set_skills

# The states in which each action is possible.
ACTIONS: Mapping[str, tuple[JobState, ...]] = {
    "publish": (JobState.DRAFT, JobState.SCHEDULED),
    "pause": (JobState.OPEN,),
    "resume": (JobState.PAUSED,),
    "close": (JobState.OPEN, JobState.PAUSED, JobState.SCHEDULED),
    "extend": (JobState.OPEN, JobState.PAUSED),
    "relist": (JobState.CLOSED, JobState.EXPIRED),
    "duplicate": tuple(JobState),
}
# Jobs that one run of the task publishes.
PUBLISHED_AT_ONCE = 500

EXPIRES_BEFORE = "The job would expire before it is published. Set a later `expires_at`."

# Columns that a duplicate does not have of its original, beside those of the state.
_NOT_COPIED = {"job_id", "posted_at", "closed_reason", "idempotency_key", "idempotency_digest", "search"}

# Columns of each state.
_INACTIVE: Mapping[str, Any] = {"is_active": False, "publish_at": None, "closed_by_block": False}
_OPEN: Mapping[str, Any] = {**_INACTIVE, "is_active": True, "inactive_state": JobState.PAUSED, "closed_reason": ""}
_PAUSED: Mapping[str, Any] = {**_OPEN, "is_active": False}
_DRAFT: Mapping[str, Any] = {**_INACTIVE, "inactive_state": JobState.DRAFT}
CLOSED: Mapping[str, Any] = {**_INACTIVE, "inactive_state": JobState.CLOSED}


class IllegalState(Conflict):
    """409: the action is not possible in the present state."""

    default_code = "illegal_state"

    def __init__(self, state: JobState) -> None:
        possible = [action for action, states in ACTIONS.items() if state in states]
        super().__init__(f"This job is {state}. Possible now: {', '.join(possible)}.")


def expires_too_soon(field: str) -> ValidationError:
    return ValidationError({field: [EXPIRES_BEFORE]})


def publish(job: Job, *, actor: JobActor, publish_at: datetime | None = None) -> Job:
    """Open a draft or scheduled job, or schedule it."""
    _require(job, "publish")
    return _change(job, actor, **(_scheduled(publish_at) if publish_at else _published()))


def pause(job: Job, *, actor: JobActor) -> Job:
    _require(job, "pause")
    return _change(job, actor, **_PAUSED)


def resume(job: Job, *, actor: JobActor) -> Job:
    _require(job, "resume")
    return _change(job, actor, **_OPEN)


def close(job: Job, *, actor: JobActor, reason: str) -> Job:
    """Close a job for good; its applicants are told if the employer does."""
    _require(job, "close")
    return close_in_any_state(job, actor=actor, reason=reason)


def close_in_any_state(job: Job, *, actor: JobActor, reason: str = "") -> Job:
    """Close a job that is not closed yet."""
    if job.stored_state != JobState.CLOSED:
        _change(job, actor, **CLOSED, closed_reason=reason)
        if actor == JobActor.EMPLOYER:
            jobs_closed.send(sender=Job, keys=[job.pk])
    return job


def extend(job: Job, *, actor: JobActor, expires_at: datetime) -> Job:
    """Set a later time to expire."""
    _require(job, "extend")
    closed_at = job.closes_at
    _change(job, actor, expires_at=expires_at)
    if job.closes_at <= closed_at:
        raise ValidationError({"expires_at": ["This is not later than the present `expires_at`."]})
    return job


def relist(job: Job, *, actor: JobActor, expires_at: datetime) -> Job:
    """Open a closed or expired job again; its applications stay."""
    _require(job, "relist")
    return _change(job, actor, **_published(), expires_at=expires_at)


def open_again(job: Job, *, actor: JobActor) -> Job:
    """Open a paused or closed job as if it had not been closed."""
    return _change(job, actor, **_OPEN)


def duplicate(job: Job, *, actor: JobActor) -> Job:
    """Return a new draft with the content of `job`, and what receivers copy."""
    fields = (field for field in Job._meta.concrete_fields if field.name not in {*_NOT_COPIED, *_DRAFT})
    copy = Job(**{field.attname: getattr(job, field.attname) for field in fields}, **_DRAFT)
    copy.save(force_insert=True)
    set_skills(copy, job.skill_list)
    job_duplicated.send(sender=Job, job=job, copy=copy)
    return copy


def columns_of_new(*, is_active: bool, publish_at: datetime | None) -> Mapping[str, Any]:
    """Return the state of a job that is posted so; with `publish_at` it is scheduled."""
    if publish_at:
        return _scheduled(publish_at)
    return {} if is_active else _DRAFT


def columns_of_changed(job: Job, *, is_active: bool) -> Mapping[str, Any]:
    """Return the state of a job whose `is_active` is set so.

    Raises:
        IllegalState: the job is closed, and would be active.
    """
    match job.stored_state:
        case JobState.OPEN if not is_active:
            return _PAUSED
        case JobState.DRAFT | JobState.SCHEDULED if is_active:
            return _published()
        case JobState.PAUSED if is_active:
            return _OPEN
        case JobState.CLOSED if is_active:
            raise IllegalState(JobState.CLOSED)
    # A job that is paused by request stays so when its employer is unblocked.
    return {} if is_active else {"closed_by_block": False}


def finish_change(job: Job, before: Mapping[str, Any], *, actor: JobActor) -> None:
    """Check a job that has been saved; write to its history what is not as `recorded` returned it `before`.

    Raises:
        ValidationError: it expires before it is published, or its employer is blocked.
    """
    check_schedule(job)
    if before["state"] in (JobState.DRAFT, JobState.SCHEDULED) and job.is_active and not job.is_open:
        raise expires_too_soon("expires_at")
    if job.is_open:
        # Blocking an account waits for the lock of the job, then pauses it.
        require_active_employer(job.employer_id)
    changes = {
        field: "changed" if field == "description" else [before[field], value]
        for field, value in job.recorded().items()
        if before[field] != value
    }
    if changes:
        JobChange.objects.create(job=job, actor=actor, changes=changes)


def check_schedule(job: Job) -> None:
    if job.publish_at and not job.is_active and job.publish_at >= job.closes_at:
        raise expires_too_soon("publish_at")


def require_active_employer(employer_id: UUID | None, *, lock: bool = False) -> None:
    users = User.objects.select_for_update(no_key=True) if lock else User.objects.all()
    if not users.filter(pk=employer_id, is_active=True):
        raise ValidationError({"is_active": [BLOCKED_EMPLOYER]})


def publish_due_jobs() -> None:
    """Publish the scheduled jobs that are due, each once; those of blocked employers wait."""
    due = Job.objects.filter(
        IN_STATE[JobState.SCHEDULED], publish_at__lte=Now(), employer__user__is_active=True
    ).order_by("publish_at")
    for key in list(due.values_list("pk", flat=True)[:PUBLISHED_AT_ONCE]):
        # The employer may be blocked meanwhile, or the job expire.
        with suppress(ValidationError, IllegalState), transaction.atomic():
            if job := due.filter(pk=key).select_for_update(of=("self",), no_key=True, skip_locked=True).first():
                publish(job, actor=JobActor.EMPLOYER)


def _require(job: Job, action: str) -> None:
    if job.state_now not in ACTIONS[action]:
        raise IllegalState(job.state_now)


def _published() -> Mapping[str, Any]:
    return {**_OPEN, "posted_at": timezone.now()}


def _scheduled(publish_at: datetime) -> Mapping[str, Any]:
    return {**_INACTIVE, "inactive_state": JobState.SCHEDULED, "publish_at": publish_at}


def _change(job: Job, actor: JobActor, **columns: Any) -> Job:
    before = job.recorded()
    for column, value in columns.items():
        setattr(job, column, value)
    job.save(update_fields=list(columns))
    finish_change(job, before, actor=actor)
    return job


def keeps_account() -> Exists:
    """Return whether the user has a job that is open, or will be by itself."""
    return Exists(Job.objects.in_states((JobState.OPEN, JobState.SCHEDULED)).filter(employer=OuterRef("pk")))
