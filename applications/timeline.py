"""The timeline of an application: what happened to it, as each side gets to know it."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import Min
from django.utils import timezone

from applications.choices import Actor, EventKind, Status
from applications.models import Application, ApplicationEvent, StatusChange
from resumes.models import ResumeAccess

# What `entries_of` reads.
PREFETCHED = ("status_changes__actor", "events")


class Entry(NamedTuple):
    """Entry of a timeline."""

    at: datetime
    kind: EventKind
    actor: Actor
    from_status: str | None = None
    to_status: str | None = None
    reason: str | None = None
    note: str = ""


def timeline_of(application: Application, *, for_applicant: bool) -> list[Entry]:
    """Return what happened to an application, oldest first."""
    entries = entries_of(application, for_applicant=for_applicant)
    if opened_at := _opened_at(application):
        entries.append(Entry(opened_at, EventKind.RESUME_OPENED, Actor.EMPLOYER))
    return sorted(entries, key=lambda entry: entry.at)


def entries_of(application: Application, *, for_applicant: bool) -> list[Entry]:
    """Return the entries that are rows of the application, prefetched: all but the first look at its resume."""
    applied = Entry(application.applied_at, EventKind.APPLIED, Actor.APPLICANT, to_status=Status.PENDING)
    changes = [change for change in application.status_changes.all() if change.from_status]
    # A revoked one changes no more.
    now = application.revoked_at or timezone.now()
    told = _as_told(changes, now) if for_applicant else map(_decision, changes)
    return sorted([applied, *told, *map(_event, application.events.all())], key=lambda entry: entry.at)


def _as_told(changes: list[StatusChange], now: datetime) -> Iterator[Entry]:
    """Yield the changes as the applicant was told of them until `now`.

    A rejection under a hold is told at its end, and never if the status has changed before.
    """
    told: str = Status.PENDING
    for position, change in enumerate(changes, 1):
        until = changes[position].at if position < len(changes) else now
        if change.to_status == told or (change.tell_at and change.tell_at > until):
            continue
        reason = change.reason if change.reason_shared else ""
        yield _decision(change)._replace(
            at=change.tell_at or change.at, from_status=told, reason=reason or None, note=""
        )
        told = change.to_status


def _decision(change: StatusChange) -> Entry:
    if change.to_status == Status.WITHDRAWN:
        kind, actor = EventKind.WITHDRAWN, Actor.APPLICANT
    else:
        is_by_staff = change.actor is not None and change.actor.is_staff
        kind, actor = EventKind.STATUS, Actor.SYSTEM if is_by_staff else Actor.EMPLOYER
    note = "By an administrator." if actor == Actor.SYSTEM else ""
    return Entry(change.at, kind, actor, change.from_status, change.to_status, change.reason or None, note)


def _event(event: ApplicationEvent) -> Entry:
    kind = EventKind(event.kind)
    return Entry(event.at, kind, Actor.EMPLOYER if kind == EventKind.JOB_CLOSED else Actor.APPLICANT)


def _opened_at(application: Application) -> datetime | None:
    """Return when the employer first opened the resume after the application; None: not, or an account is erased."""
    employer_id, resume_id = application.job.employer_id, application.resume_id
    if employer_id is None or resume_id is None:
        return None
    # Accesses are recorded to the minute.
    since = application.applied_at.replace(second=0, microsecond=0)
    accesses = ResumeAccess.objects.filter(resume=resume_id, actor=employer_id, opened_at__gte=since)
    opened_at: datetime | None = accesses.aggregate(first=Min("opened_at"))["first"]
    return opened_at and max(opened_at, application.applied_at)
