"""Services of applications: the only code that writes an application's status."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from anywork.api.constraints import unique_violation_as
from anywork.api.exceptions import AlreadyExists, Conflict
from applications.choices import DECIDED, EventKind, Outcome, Status
from applications.models import Application, ApplicationEvent, Assessment, Note, Posting, Question, StatusChange
from applications.querysets import ApplicationQuerySet
from applications.screening import checked_answers, is_of_kind
from applications.signals import application_status_changed, application_submitted
from jobs.batches import repeat
from jobs.models import Job
from jobs.serializers import salary_details

TRANSITIONS: Mapping[str, tuple[Status, ...]] = {
    Status.PENDING: (Status.REVIEWED, Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN),
    Status.REVIEWED: (Status.PENDING, Status.ACCEPTED, Status.REJECTED, Status.WITHDRAWN),
    Status.ACCEPTED: (Status.REVIEWED, Status.REJECTED),
    Status.REJECTED: (Status.REVIEWED, Status.ACCEPTED),
    Status.WITHDRAWN: (),
}
SET_BY_APPLICANT = frozenset({Status.WITHDRAWN})
SET_BY_EMPLOYER = frozenset(Status) - SET_BY_APPLICANT
ONLY_THE_APPLICANT = "Only the applicant may do this."


def job_not_open() -> ValidationError:
    return ValidationError({"job": ["This job is not open for applications."]})


def already_applied(existing: Application | None) -> AlreadyExists:
    return AlreadyExists("You have already applied to this job.", existing)


class NotDecided(Conflict):
    """409: the applicant was told of no decision."""

    default_detail = "This application is not decided yet: withdraw it instead."
    default_code = "not_decided"


def may_not_set(status: str) -> PermissionDenied:
    return PermissionDenied(f"You may not set this application to {status}.")


class InvalidStatusChange(Conflict):
    """409: the transition from the present status does not exist."""

    default_code = "invalid_status_change"

    def __init__(self, status: str, permitted: frozenset[Status], *, revoked: bool = False) -> None:
        """Name the statuses that can follow `status`, of those that the actor is permitted to set."""
        if revoked:
            rest = "the applicant has revoked it; that is final"
        elif following := [choice for choice in TRANSITIONS[status] if choice in permitted]:
            rest = f"it can become {' or '.join(following)}"
        else:
            rest = "you cannot change that" if TRANSITIONS[status] else "that is final"
        super().__init__(f"This application is {status}; {rest}.")


class QuestionsAnswered(Conflict):
    """409: applicants have read the questions."""

    default_detail = "There are applications to this job, so its questions cannot change."


def replace_questions(*, job: Job, questions: Iterable[Mapping[str, Any]]) -> list[Question]:
    """Replace the questions to applicants.

    Raises:
        QuestionsAnswered: there is an application to the job.
        Http404: a concurrent request has deleted the job.
    """
    with transaction.atomic():
        # An application locks the same row: either it is seen here, or it reads these questions.
        get_object_or_404(Job.objects.select_for_update(no_key=True), pk=job.pk)
        if Application.objects.filter(job=job).exists():
            raise QuestionsAnswered
        Question.objects.filter(job=job).delete()
        return Question.objects.bulk_create(
            Question(job=job, position=position, **values) for position, values in enumerate(questions)
        )


def copy_questions(job: Job, copy: Job) -> None:
    """Copy the questions of a job to its copy."""
    rows = job.questions.values("position", "text", "kind", "choices", "required", "knock_out")
    Question.objects.bulk_create(Question(job=copy, **row) for row in rows)


def submit_application(
    *, user: User, job_id: UUID, resume_id: UUID, cover_letter: str, answers: Mapping[str, Any] | None = None
) -> Application:
    """Apply to an open job with one of the user's resumes, and answer its questions.

    Raises:
        ValidationError: there is no such open job, no such resume of this user, or the answers are invalid.
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
        application.terms_version = settings.TERMS_VERSION
        application.answers = checked_answers(job.questions.all(), answers or {})
        application.posting = posting_of(job)
        # It exists if another applicant has read the same.
        Posting.objects.bulk_create([application.posting], ignore_conflicts=True)
        application.save(force_insert=True)
        StatusChange.objects.create(application=application, actor=user, to_status=application.status)
        application_submitted.send(sender=Application, application=application)
    return application


def draft_application(*, user: User, job_id: UUID) -> dict[str, Any]:
    """Return letter, resume and fitting answers of the user's latest application, for one to another job.

    An answer fits a question of the same text, in any case, and of the same kind that takes it.

    Raises:
        ValidationError: there is no such open job.
    """
    job = Job.objects.open().filter(pk=job_id).first()
    if job is None:
        raise job_not_open()
    latest = Application.objects.filter(job_seeker=user.pk).select_related("resume").first() or Application()
    answers = {
        (question.text.casefold(), question.kind): latest.answers[str(question.pk)]
        for question in Question.objects.filter(job=latest.job_id)
        if str(question.pk) in latest.answers
    }
    fitting = {}
    for question in job.questions.all():
        answer = answers.get((question.text.casefold(), question.kind))
        if answer is not None and is_of_kind(answer, question.kind, question.choices):
            fitting[str(question.pk)] = answer
    return {
        "job": job.pk,
        "resume": latest.resume_id if latest.resume and latest.resume.removed_at is None else None,
        "cover_letter": latest.cover_letter,
        "answers": fitting,
    }


def posting_of(job: Job) -> Posting:
    """Return the present version of a job's posting, unsaved."""
    content = {
        "title": job.title,
        "company_name": job.company_name,
        "place": str(job.location),
        "salary_range": job.salary_range,
        "salary_details": salary_details(job),
        "description": job.description,
    }
    digest = hashlib.sha256(json.dumps([str(job.pk), content]).encode()).digest()
    return Posting(posting_id=UUID(bytes=digest[:16]), job=job, **content)


def change_status(*, application_id: UUID, actor: User, status: str, **reason: Any) -> Application:
    """Set the status of an application; the present status again changes nothing but the reason of a rejection.

    The applicant is told at once, except of a rejection under the hold of the employer. Such a one does not exist for
    the applicant: it does not hinder a withdrawal. `reason` and `reason_shared` of a rejection stay where not given.

    Raises:
        PermissionDenied: the actor may not set this status: applicants withdraw, employers decide.
        Conflict: the status cannot follow the present one, or the applicant's account is deleted.
    """
    with transaction.atomic():
        application = _locked(application_id)
        _change_status(application, actor, status, reason)
    return application


def change_statuses(
    *, application_ids: Collection[UUID], actor: User, status: str, **reason: Any
) -> list[dict[str, Any]]:
    """Set the status of several applications, each in a transaction of its own; return what became of each."""
    visible = set(Application.objects.visible_to(actor).filter(pk__in=application_ids).values_list("pk", flat=True))
    results = []
    for key in application_ids:
        outcome, message = Outcome.NOT_FOUND, "There is no such application."
        if key in visible:
            try:
                with transaction.atomic():
                    is_changed = _change_status(_locked(key), actor, status, reason)
            except Conflict as refusal:
                outcome, message = Outcome.ILLEGAL, str(refusal.detail)
            else:
                outcome = Outcome.CHANGED if is_changed else Outcome.UNCHANGED
                message = f"This application is {'now' if is_changed else 'already'} {status}."
        results.append({"application_id": key, "outcome": outcome, "message": message})
    return results


def _change_status(application: Application, actor: User, status: str, reason: Mapping[str, Any]) -> bool:
    """Set the status of a locked application, and the given columns of the reason; return whether anything changed."""
    permitted = _permitted_statuses(actor, application)
    if status not in permitted:
        raise may_not_set(status)
    now = timezone.now()
    _tell_if_due(application)
    told = application.told_status or application.status
    present = told if actor.pk == application.job_seeker_id else application.status
    if present == status:
        latest = application.status_changes.order_by("-pk")[:1].values("pk")
        rejection = StatusChange.objects.filter(pk__in=latest, to_status=Status.REJECTED)
        return bool(reason and rejection.exclude(**reason).update(**reason))
    if application.job_seeker_id is None:
        raise Conflict(
            "The applicant has deleted the account, so the status cannot change.", InvalidStatusChange.default_code
        )
    if application.revoked_at or status not in TRANSITIONS[present]:
        raise InvalidStatusChange(present, permitted, revoked=application.revoked_at is not None)
    if application.status == Status.REJECTED:
        application.status_changes.filter(to_status=Status.REJECTED).update(reason="", reason_shared=False)
    tell_at = now + application.decision_hold if status == Status.REJECTED and application.decision_hold else None
    change = StatusChange.objects.create(
        application=application,
        actor=actor,
        from_status=application.status,
        to_status=status,
        at=now,
        tell_at=tell_at,
        **reason,
    )
    application.status = status
    application.told_status, application.tell_at = (told, tell_at) if tell_at else ("", None)
    application.save(update_fields=["status", "told_status", "tell_at"])
    if status == Status.WITHDRAWN:
        _forget_opinions(application)
    if not tell_at and told != status:
        application_status_changed.send(sender=Application, application=application, change=change)
    return True


def revoke_application(*, application_id: UUID, actor: User) -> Application:
    """Take back what the employer sees of an application that is decided; the status stays for good.

    Raises:
        PermissionDenied: the actor is not the applicant.
        NotDecided: the applicant was told of no decision.
    """
    with transaction.atomic():
        application = _locked(application_id)
        if application.job_seeker_id != actor.pk:
            raise PermissionDenied(ONLY_THE_APPLICANT)
        if application.revoked_at:
            return application
        _tell_if_due(application)
        if application.told not in DECIDED:
            raise NotDecided
        # A rejection under a hold is never told.
        application.status, application.told_status, application.tell_at = application.told, "", None
        application.revoked_at = timezone.now()
        application.save(update_fields=["status", "told_status", "tell_at", "revoked_at"])
        ApplicationEvent.objects.create(application=application, kind=EventKind.REVOKED)
        _forget_opinions(application)
    return application


def tell_held_decisions(*, seconds: float) -> None:
    """Tell applicants of the rejections whose hold is over, for about `seconds`."""
    repeat(_tell_next, seconds=seconds)


@transaction.atomic
def _tell_next() -> bool:
    """Tell one applicant; return False if none is left whose application another worker has not locked."""
    due = _with_people().filter(tell_at__lte=timezone.now()).order_by("tell_at")
    application = due.select_for_update(of=("self",), skip_locked=True).first()
    if application is None:
        return False
    _tell(application)
    return True


def _tell_if_due(application: Application) -> None:
    """Tell the applicant what it sees by the clock, before the task does."""
    if application.tell_at and application.tell_at <= timezone.now():
        _tell(application)


def _tell(application: Application) -> None:
    """Tell the applicant of the held decision; the application is locked."""
    application.told_status, application.tell_at = "", None
    application.save(update_fields=["told_status", "tell_at"])
    change = application.status_changes.latest("pk")
    application_status_changed.send(sender=Application, application=application, change=change)


def change_cover_letter(*, application_id: UUID, actor: User, cover_letter: str) -> Application:
    """Replace the cover letter of a pending application.

    Raises:
        PermissionDenied: the actor is not the applicant.
        Conflict: the application is no longer pending.
    """
    with transaction.atomic():
        application = _locked(application_id)
        if application.job_seeker_id != actor.pk:
            raise PermissionDenied(ONLY_THE_APPLICANT)
        if application.told != Status.PENDING:
            raise Conflict("The cover letter can only be changed while the application is pending.")
        if application.cover_letter != cover_letter:
            application.cover_letter = cover_letter
            application.save(update_fields=["cover_letter"])
            ApplicationEvent.objects.create(application=application, kind=EventKind.LETTER_CHANGED)
    return application


def anonymise_applications(*, user: User) -> None:
    """Remove applicant, resume, letter and answers from all applications of `user`; job, status and history stay.

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
            application.cover_letter = application.told_status = ""
            application.answers, application.tell_at = {}, None
            application.save()
            _forget_opinions(application)


def remove_texts_of_erased_employers() -> None:
    """Remove what employers wrote of jobs that have none any more: questions; company and description of postings."""
    Question.objects.filter(job__employer=None).delete()
    Posting.objects.filter(job__employer=None).exclude(company_name="", description="").update(
        company_name="", description=""
    )


def add_note(*, application_id: UUID, author: User, text: str) -> Note:
    """Add a note about an application.

    Raises:
        Conflict: the application is withdrawn or revoked, or its applicant's account is deleted.
    """
    with transaction.atomic():
        return Note.objects.create(application=_locked_to_write_about(application_id), author=author, text=text)


def assess(*, application_id: UUID, author: User, rating: int | None, tags: list[str]) -> Assessment:
    """Replace rating and tags of an application.

    Raises:
        Conflict: the application is withdrawn or revoked, or its applicant's account is deleted.
    """
    with transaction.atomic():
        application = _locked_to_write_about(application_id)
        assessment = Assessment(application=application, author=author, rating=rating, tags=tags)
        # Updates the row if there is one.
        assessment.save()
    return assessment


def nothing_to_write_about() -> Conflict:
    return Conflict(
        "The application is withdrawn or revoked, or its applicant has deleted the account: nothing is kept about it."
    )


def _locked_to_write_about(application_id: UUID) -> Application:
    """Lock an application: a concurrent withdrawal deletes what is written about it, or is seen here."""
    application: Application = Application.objects.select_for_update(no_key=True).get(pk=application_id)
    if not application.is_shared or application.job_seeker_id is None:
        raise nothing_to_write_about()
    return application


def _forget_opinions(application: Application) -> None:
    """Delete what the employer wrote about an application that is locked."""
    Note.objects.filter(application=application).delete()
    Assessment.objects.filter(application=application).delete()


def _locked(application_id: UUID) -> Application:
    return _with_people().select_for_update(of=("self",)).get(pk=application_id)


def _with_people() -> ApplicationQuerySet:
    """Return all applications, with what their receivers need."""
    return Application.objects.with_details().select_related("job__employer__user")


def _permitted_statuses(actor: User, application: Application) -> frozenset[Status]:
    if application.job_seeker_id == actor.pk:
        return SET_BY_APPLICANT
    if application.job.employer_id == actor.pk or actor.is_staff:
        return SET_BY_EMPLOYER
    return frozenset()
