"""The only writers of an application's status."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Model, QuerySet
from rest_framework.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from anywork.api.constraints import unique_violation_as
from anywork.api.exceptions import AlreadyExists, Conflict
from applications.models import Application, Status, StatusChange
from applications.signals import application_status_changed, application_submitted
from jobs.models import Job

NOT_OPEN = "This job is not open for applications."

_M = TypeVar("_M", bound=Model)

TRANSITIONS: Mapping[str, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.REVIEWED, Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN}),
    Status.REVIEWED: frozenset({Status.PENDING, Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN}),
    Status.ACCEPTED: frozenset({Status.REVIEWED, Status.REJECTED}),
    Status.REJECTED: frozenset({Status.REVIEWED, Status.ACCEPTED}),
    Status.WITHDRAWN: frozenset(),
}


def submit_application(*, user: User, job_id: UUID, resume_id: UUID, cover_letter: str) -> Application:
    """Apply to an open job with a resume of one's own, and announce it.

    Raises:
        ValidationError: there is no such open job, or no such resume of this user.
        AlreadyExists: there is a live application of this seeker to this job.
    """

    def already_there() -> AlreadyExists:
        existing = Application.objects.live().filter(job=job_id, job_seeker=user.pk).first()
        return AlreadyExists("You have applied to this job already.", existing)

    with unique_violation_as("applications_application_unique_live", already_there):
        # Locked until the end, so that nobody closes the job or deletes the resume in between.
        jobs = Job.objects.visible_to(user).with_details().select_related("employer__user")
        job = jobs.select_for_update(of=("self",), no_key=True).filter(pk=job_id)
        resume = user.job_seeker.resumes.kept().select_for_update(no_key=True).filter(pk=resume_id)
        application = Application(
            job=_one_of(job, "job", NOT_OPEN),
            resume=_one_of(resume, "resume", "You have no such resume."),
            job_seeker=user.job_seeker,
            cover_letter=cover_letter,
        )
        if not application.job.is_open:
            raise ValidationError({"job": [NOT_OPEN]})
        application.save(force_insert=True)
        StatusChange.objects.create(application=application, actor=user, to_status=application.status)
        application_submitted.send(sender=Application, application=application)
    return application


def change_status(*, application_id: UUID, actor: User, status: str) -> Application:
    """Move an application to `status` and announce it; the status that it has already changes nothing.

    Raises:
        PermissionDenied: the move is not this actor's to make: seekers withdraw, employers decide.
        Conflict: the move does not start from the present status, or the applicant has gone.
    """
    with transaction.atomic():
        application = _locked(application_id)
        moves = _moves_of(actor, application)
        if status not in moves:
            raise PermissionDenied(f"You may not set this application to {status}.")
        if application.status == status:
            return application
        if application.job_seeker_id is None:
            raise Conflict("The applicant has deleted the account, so this stays as it is.", "invalid_status_change")
        if status not in TRANSITIONS[application.status] & moves:
            raise Conflict(_what_is_allowed(application.status, moves), "invalid_status_change")
        change = StatusChange.objects.create(
            application=application, actor=actor, from_status=application.status, to_status=status
        )
        application.status = status
        application.save(update_fields=["status"])
        application_status_changed.send(sender=Application, application=application, change=change)
    return application


def change_cover_letter(*, application_id: UUID, actor: User, cover_letter: str) -> Application:
    """Replace the letter of an application that nobody has looked at yet.

    Raises:
        PermissionDenied: the actor is not the applicant.
        Conflict: it is no longer pending.
    """
    with transaction.atomic():
        application = _locked(application_id)
        if application.job_seeker_id != actor.pk:
            raise PermissionDenied("Only the applicant may change the cover letter.")
        if application.status != Status.PENDING:
            raise Conflict("The cover letter can only be changed while the application is pending.")
        application.cover_letter = cover_letter
        application.save(update_fields=["cover_letter"])
    return application


def anonymise_applications(*, user: User) -> None:
    """Take the person and the person's words out of all applications of `user`; job, status and history stay.

    Those that nobody has decided on count as withdrawn. Nobody is told: there is nobody left to tell.
    """
    with transaction.atomic():
        for application in Application.objects.filter(job_seeker=user.pk).select_for_update():
            if Status.WITHDRAWN in TRANSITIONS[application.status]:
                StatusChange.objects.create(
                    application=application, from_status=application.status, to_status=Status.WITHDRAWN
                )
                application.status = Status.WITHDRAWN
            application.job_seeker = application.resume = None
            application.cover_letter = ""
            application.save(update_fields=["job_seeker", "resume", "cover_letter", "status"])


def _one_of(rows: QuerySet[_M], field: str, otherwise: str) -> _M:
    row = rows.first()
    if row is None:
        raise ValidationError({field: [otherwise]})
    return row


def _locked(application_id: UUID) -> Application:
    applications = Application.objects.with_details().select_related("job__employer__user")
    return applications.select_for_update(of=("self",)).get(pk=application_id)


def _moves_of(actor: User, application: Application) -> frozenset[Status]:
    if application.job_seeker_id == actor.pk:
        return frozenset({Status.WITHDRAWN})
    if application.job.employer_id == actor.pk or actor.is_staff:
        return frozenset(Status) - {Status.WITHDRAWN}
    return frozenset()


def _what_is_allowed(present: str, moves: frozenset[Status]) -> str:
    if allowed := TRANSITIONS[present] & moves:
        rest = f"from there it can become {' or '.join(status.value for status in Status if status in allowed)}"
    else:
        rest = "you cannot change that" if TRANSITIONS[present] else "that is final"
    return f"This application is {present}; {rest}."
