"""Services of applications: the only code that writes an application's status."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from rest_framework.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from anywork.api.constraints import unique_violation_as
from anywork.api.exceptions import AlreadyExists, Conflict
from applications.choices import Status
from applications.models import Application, StatusChange
from applications.signals import application_status_changed, application_submitted
from jobs.models import Job

TRANSITIONS: Mapping[str, tuple[Status, ...]] = {
    Status.PENDING: (Status.REVIEWED, Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN),
    Status.REVIEWED: (Status.PENDING, Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN),
    Status.ACCEPTED: (Status.REVIEWED, Status.REJECTED),
    Status.REJECTED: (Status.REVIEWED, Status.ACCEPTED),
    Status.WITHDRAWN: (),
}
SET_BY_APPLICANT = frozenset({Status.WITHDRAWN})
SET_BY_EMPLOYER = frozenset(Status) - SET_BY_APPLICANT


def job_not_open() -> ValidationError:
    return ValidationError({"job": ["This job is not open for applications."]})


def already_applied(existing: Application | None) -> AlreadyExists:
    return AlreadyExists("You have already applied to this job.", existing)


def may_not_set(status: str) -> PermissionDenied:
    return PermissionDenied(f"You may not set this application to {status}.")


class InvalidStatusChange(Conflict):
    """409: the transition from the present status does not exist."""

    default_code = "invalid_status_change"

    def __init__(self, status: str, permitted: frozenset[Status]) -> None:
        """Name the statuses that can follow `status`, of those that the actor is permitted to set."""
        if following := [choice for choice in TRANSITIONS[status] if choice in permitted]:
            rest = f"it can become {' or '.join(following)}"
        else:
            rest = "you cannot change that" if TRANSITIONS[status] else "that is final"
        super().__init__(f"This application is {status}; {rest}.")


def submit_application(*, user: User, job_id: UUID, resume_id: UUID, cover_letter: str) -> Application:
    """Apply to an open job with one of the user's resumes.

    Raises:
        ValidationError: there is no such open job, or no such resume of this user.
        AlreadyExists: the user has an application to this job that is not withdrawn.
    """
    earlier = Application.objects.live().filter(job=job_id, job_seeker=user.pk)
    with unique_violation_as("applications_application_unique_live", lambda: already_applied(earlier.first())):
        # Locked until the commit: the job cannot be closed, nor the resume deleted, in between.
        jobs = Job.objects.visible_to(user).with_details().select_related("employer__user")
        job = jobs.select_for_update(of=("self",), no_key=True).filter(pk=job_id).first()
        if job is None:
            raise job_not_open()
        resume = user.job_seeker.resumes.kept().select_for_update(no_key=True).filter(pk=resume_id).first()
        if resume is None:
            raise ValidationError({"resume": ["You have no such resume."]})
        if not job.is_open:
            raise job_not_open()
        application = Application(job=job, resume=resume, job_seeker=user.job_seeker, cover_letter=cover_letter)
        application.save(force_insert=True)
        StatusChange.objects.create(application=application, actor=user, to_status=application.status)
        application_submitted.send(sender=Application, application=application)
    return application


def change_status(*, application_id: UUID, actor: User, status: str) -> Application:
    """Set the status of an application; the present status again changes nothing.

    Raises:
        PermissionDenied: the actor may not set this status: applicants withdraw, employers decide.
        Conflict: the status cannot follow the present one, or the applicant's account is deleted.
    """
    with transaction.atomic():
        application = _locked(application_id)
        permitted = _permitted_statuses(actor, application)
        if status not in permitted:
            raise may_not_set(status)
        if application.status == status:
            return application
        if application.job_seeker_id is None:
            raise Conflict(
                "The applicant has deleted the account, so the status cannot change.", InvalidStatusChange.default_code
            )
        if status not in TRANSITIONS[application.status]:
            raise InvalidStatusChange(application.status, permitted)
        change = StatusChange.objects.create(
            application=application, actor=actor, from_status=application.status, to_status=status
        )
        application.status = status
        application.save(update_fields=["status"])
        application_status_changed.send(sender=Application, application=application, change=change)
    return application


def change_cover_letter(*, application_id: UUID, actor: User, cover_letter: str) -> Application:
    """Replace the cover letter of a pending application.

    Raises:
        PermissionDenied: the actor is not the applicant.
        Conflict: the application is no longer pending.
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
    """Remove applicant, resume and cover letter from all applications of `user`; job, status and history stay.

    Undecided applications become withdrawn, without a signal: the applicant no longer exists.
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


def _locked(application_id: UUID) -> Application:
    applications = Application.objects.with_details().select_related("job__employer__user")
    return applications.select_for_update(of=("self",)).get(pk=application_id)


def _permitted_statuses(actor: User, application: Application) -> frozenset[Status]:
    if application.job_seeker_id == actor.pk:
        return SET_BY_APPLICANT
    if application.job.employer_id == actor.pk or actor.is_staff:
        return SET_BY_EMPLOYER
    return frozenset()
