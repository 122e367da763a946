"""Receivers of signals, each of which writes one notification or email."""

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, TextField, Value
from django.db.models.functions import Concat
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import Employer, User
from accounts.signals import (
    account_erasing,
    account_idle,
    email_change_requested,
    email_changed,
    email_verification_requested,
    google_account_linked,
    password_changed,
    password_reset_requested,
    refresh_token_reused,
    sign_ins_failed,
)
from applications.choices import Reason, Status
from applications.models import Application, StatusChange
from applications.signals import (
    application_status_changed,
    application_submitted,
    applications_expiring,
    job_of_application_closed,
)
from jobs.models import ClosedReason, Job
from jobs.outside.pages import job_page_url
from jobs.saving.models import SavedJob
from jobs.signals import job_taken_down, saved_job_closing
from notifications.choices import LINK_KINDS, WAITING, Channel, EmailKind, EmailState, NotificationKind
from notifications.mail.outbox import (
    delete_deferred_decision,
    delete_emails_of,
    queue_decision_email,
    queue_email,
    queue_link_email,
)
from notifications.models import UNNAMED_EMPLOYER, Notification, OutgoingEmail
from notifications.preferences import DEFAULTS, is_wanted

DECISIONS = {
    Status.ACCEPTED: EmailKind.APPLICATION_ACCEPTED,
    Status.REJECTED: EmailKind.APPLICATION_REJECTED,
}

STATUS_IN_WORDS = {
    Status.PENDING: "is pending again",
    Status.REVIEWED: "has been reviewed",
    Status.ACCEPTED: "was accepted",
    Status.REJECTED: "was rejected",
    Status.WITHDRAWN: "was withdrawn",
}

# "Other" says nothing.
REASON_IN_WORDS: dict[str, str] = {
    Reason.POSITION_FILLED: "the position has been filled",
    Reason.EXPERIENCE: "the job needs other experience",
    Reason.SKILLS: "the job needs other skills",
    Reason.LOCATION: "the location does not fit",
    Reason.SALARY: "the expected salary does not fit",
}

CLOSED_IN_WORDS = {
    ClosedReason.FILLED: ", because the position is filled",
    ClosedReason.CANCELLED: ", because the position is no longer offered",
    # The employer has left.
    "": "",
}


@receiver(application_submitted, dispatch_uid="notifications.tell_employer_of_application")
def tell_employer_of_application(application: Application, **kwargs: Any) -> None:
    applicant = application.applicant.full_name or "A job seeker"
    _notify(
        # An open job has an employer.
        cast("Employer", application.job.employer).user,
        NotificationKind.NEW_APPLICATION,
        f"{applicant} applied for “{application.job.title}”.",
        about_id=application.job_seeker_id,
    )


@receiver(application_submitted, dispatch_uid="notifications.mail_receipt_to_seeker")
def mail_receipt_to_seeker(application: Application, **kwargs: Any) -> None:
    queue_email(
        kind=EmailKind.APPLICATION_RECEIVED,
        dedup_key=f"application-received:{application.pk}",
        recipient=application.applicant.user,
        **_applicant_email(application),
    )


@receiver(application_submitted, dispatch_uid="notifications.mail_application_to_employer")
def mail_application_to_employer(application: Application, **kwargs: Any) -> None:
    _mail_employer(application, kind=EmailKind.NEW_APPLICATION, dedup_key=f"new-application:{application.pk}")


@receiver(application_status_changed, dispatch_uid="notifications.tell_seeker_of_status")
def tell_seeker_of_status(application: Application, change: StatusChange, **kwargs: Any) -> None:
    status, reason = Status(change.to_status), _shared_reason(change)
    _notify(
        application.applicant.user,
        DECISIONS.get(status, NotificationKind.APPLICATION_UPDATED),
        f"Your application for “{application.job.title}” {STATUS_IN_WORDS[status]}{reason and ': '}{reason}.",
    )


@receiver(application_status_changed, dispatch_uid="notifications.mail_decision_to_seeker")
def mail_decision_to_seeker(application: Application, change: StatusChange, **kwargs: Any) -> None:
    delete_deferred_decision(application)
    if kind := DECISIONS.get(Status(change.to_status)):
        queue_decision_email(
            kind=kind,
            # Per change, not per application: a decision that is reverted and made again sends another email.
            dedup_key=f"application-decided:{change.pk}",
            application=application,
            recipient=application.applicant.user,
            **_applicant_email(application, reason=_shared_reason(change)),
        )


@receiver(application_status_changed, dispatch_uid="notifications.mail_withdrawal_to_employer")
def mail_withdrawal_to_employer(application: Application, change: StatusChange, **kwargs: Any) -> None:
    if change.to_status == Status.WITHDRAWN:
        _mail_employer(
            application,
            kind=EmailKind.APPLICATION_WITHDRAWN,
            dedup_key=f"application-withdrawn:{change.pk}",
        )


@receiver(job_of_application_closed, dispatch_uid="notifications.tell_seeker_of_closed_job")
def tell_seeker_of_closed_job(application: Application, **kwargs: Any) -> None:
    job = application.job
    _notify(
        application.applicant.user,
        NotificationKind.JOB_CLOSED,
        f"The job “{job.title}” was closed{CLOSED_IN_WORDS[job.closed_reason]}. This is no decision on your "
        "application.",
        dedup_key=_closing_key(application),
    )


@receiver(job_of_application_closed, dispatch_uid="notifications.mail_closed_job_to_seeker")
def mail_closed_job_to_seeker(application: Application, **kwargs: Any) -> None:
    queue_email(
        kind=EmailKind.JOB_CLOSED,
        dedup_key=_closing_key(application),
        recipient=application.applicant.user,
        **_applicant_email(application, because=CLOSED_IN_WORDS[application.job.closed_reason]),
    )


@receiver(saved_job_closing, dispatch_uid="notifications.tell_seeker_of_closing_job")
def tell_seeker_of_closing_job(saved_job: SavedJob, **kwargs: Any) -> None:
    _notify(
        saved_job.job_seeker.user,
        NotificationKind.SAVED_JOB_CLOSING,
        f"The job “{saved_job.job.title}”, which you saved, closes soon: {_closing_time(saved_job)}.",
        dedup_key=f"saved-job-closing:{saved_job.pk}",
    )


@receiver(saved_job_closing, dispatch_uid="notifications.mail_closing_job_to_seeker")
def mail_closing_job_to_seeker(saved_job: SavedJob, **kwargs: Any) -> None:
    job = saved_job.job
    queue_email(
        kind=EmailKind.SAVED_JOB_CLOSING,
        dedup_key=f"saved-job-closing:{saved_job.pk}",
        recipient=saved_job.job_seeker.user,
        about_id=job.employer_id,
        context={
            "name": saved_job.job_seeker.first_name or "there",
            "job_title": job.title,
            "company": job.company_name or "the company",
            "closes": _closing_time(saved_job),
            "job_url": job_page_url(job.pk),
            "path": "/dashboard/saved-jobs",
        },
    )


@receiver(job_taken_down, dispatch_uid="notifications.tell_owner_of_closed_job")
def tell_owner_of_closed_job(job: Job, reason: str, **kwargs: Any) -> None:
    if job.employer:
        _notify(job.employer.user, EmailKind.JOB_TAKEN_DOWN, f"We closed your job “{job.title}”: {reason}")


@receiver(job_taken_down, dispatch_uid="notifications.mail_closed_job_to_owner")
def mail_closed_job_to_owner(job: Job, reason: str, **kwargs: Any) -> None:
    if job.employer:
        queue_email(
            kind=EmailKind.JOB_TAKEN_DOWN,
            # The owner may open it again.
            dedup_key=f"job-taken-down:{uuid4()}",
            recipient=job.employer.user,
            context={
                "name": job.employer.company_name or "there",
                "job_title": job.title,
                "reason": reason,
                "path": "/dashboard/jobs",
            },
        )


@receiver(email_verification_requested, dispatch_uid="notifications.mail_verification_link")
def mail_verification_link(user: User, **kwargs: Any) -> None:
    queue_link_email(kind=EmailKind.EMAIL_VERIFICATION, address=user.email, recipient=user)


@receiver(password_reset_requested, dispatch_uid="notifications.mail_password_link")
def mail_password_link(address: str, **kwargs: Any) -> None:
    queue_link_email(kind=EmailKind.PASSWORD_RESET, address=address)


@receiver(password_changed, dispatch_uid="notifications.mail_password_change_to_owner")
def mail_password_change_to_owner(user: User, **kwargs: Any) -> None:
    _mail_account_news(EmailKind.PASSWORD_CHANGED, user)


@receiver(google_account_linked, dispatch_uid="notifications.mail_google_link_to_owner")
def mail_google_link_to_owner(user: User, **kwargs: Any) -> None:
    _mail_account_news(EmailKind.GOOGLE_LINKED, user)


@receiver(email_change_requested, dispatch_uid="notifications.mail_email_change_link")
def mail_email_change_link(user: User, address: str, **kwargs: Any) -> None:
    queue_link_email(kind=EmailKind.EMAIL_CHANGE, address=address, recipient=user)


@receiver(email_changed, dispatch_uid="notifications.mail_email_change_to_former_address")
def mail_email_change_to_former_address(user: User, former_address: str, **kwargs: Any) -> None:
    # Links to the account must not remain at the former address.
    OutgoingEmail.objects.filter(to=former_address, kind__in=LINK_KINDS).delete()
    # Unsent news of applications goes to the new address; news of the account still goes to the former one.
    OutgoingEmail.objects.filter(
        recipient=user, kind__in=DEFAULTS, state__in=(*WAITING, EmailState.HELD), to=former_address
    ).update(to=user.email)
    _mail_account_news(EmailKind.EMAIL_CHANGED, user, to=former_address)


@receiver(refresh_token_reused, dispatch_uid="notifications.mail_reused_token_to_owner")
def mail_reused_token_to_owner(user: User, device: str, network: str, **kwargs: Any) -> None:
    # The name of an unknown browser is any text that the client sends.
    known_device = device if " on " in device else "unknown"
    _mail_account_news(
        EmailKind.REFRESH_TOKEN_REUSED, user, is_daily=True, device=known_device, network=network or "unknown"
    )


@receiver(sign_ins_failed, dispatch_uid="notifications.mail_sign_in_failures_to_owner")
def mail_sign_in_failures_to_owner(user: User, **kwargs: Any) -> None:
    _mail_account_news(EmailKind.SIGN_IN_FAILURES, user, is_daily=True)


@receiver(applications_expiring, dispatch_uid="notifications.tell_seeker_of_revocation")
def tell_seeker_of_revocation(user: User, number: int, revoked_at: datetime, **kwargs: Any) -> None:
    _notify(
        user,
        EmailKind.APPLICATIONS_EXPIRING,
        f"From {revoked_at:%-d %B %Y} on, employers will no longer see {_applications(number)} of yours that "
        f"{'was' if number == 1 else 'were'} decided long ago. You keep what you sent.",
        dedup_key=_notice_key(EmailKind.APPLICATIONS_EXPIRING, user, revoked_at),
    )


@receiver(applications_expiring, dispatch_uid="notifications.mail_revocation_to_seeker")
def mail_revocation_to_seeker(user: User, number: int, revoked_at: datetime, **kwargs: Any) -> None:
    queue_email(
        kind=EmailKind.APPLICATIONS_EXPIRING,
        dedup_key=_notice_key(EmailKind.APPLICATIONS_EXPIRING, user, revoked_at),
        recipient=user,
        context={
            "name": user.job_seeker.first_name or "there",
            "applications": _applications(number),
            "number": number,
            "months": settings.RETENTION_MONTHS,
            "revoked_at": revoked_at,
            "path": "/dashboard/applications",
        },
    )


@receiver(account_idle, dispatch_uid="notifications.mail_idle_account_to_owner")
def mail_idle_account_to_owner(user: User, erased_at: datetime, **kwargs: Any) -> None:
    queue_email(
        kind=EmailKind.ACCOUNT_IDLE,
        dedup_key=_notice_key(EmailKind.ACCOUNT_IDLE, user, erased_at),
        recipient=user,
        context={"name": "there", "months": settings.RETENTION_MONTHS, "erased_at": erased_at, "path": "/"},
    )


@receiver(account_erasing, dispatch_uid="notifications.erase_what_names_the_user")
def erase_what_names_the_user(user: User, **kwargs: Any) -> None:
    Notification.objects.filter(Q(user=user) | Q(about=user)).delete()
    # Recipients keep the message without the name of the sender.
    unnamed = Concat(Value(f"{UNNAMED_EMPLOYER}: "), "message", output_field=TextField())
    Notification.objects.filter(sender=user).update(message=unnamed, sender=None)
    delete_emails_of(user)


def _notify(user: User, kind: str, message: str, about_id: UUID | None = None, dedup_key: str | None = None) -> None:
    if user.is_active and is_wanted(user.pk, kind, Channel.IN_APP):
        notification = Notification(user=user, message=message, about_id=about_id, dedup_key=dedup_key)
        Notification.objects.bulk_create([notification], ignore_conflicts=True)


def _closing_time(saved_job: SavedJob) -> str:
    """Return the last minute of a job in the time zone of the job seeker, in words."""
    zone = saved_job.job_seeker.user.time_zone
    last = saved_job.job.closes_at.astimezone(ZoneInfo(zone)) - timedelta(minutes=1)
    return f"{last:%-d %B %Y, %H:%M} ({zone})"


def _closing_key(application: Application) -> str:
    # Once per application, also if the job is relisted and closed again.
    return f"job-closed:{application.pk}"


def _applications(number: int) -> str:
    return "1 application" if number == 1 else f"{number} applications"


def _notice_key(kind: EmailKind, user: User, at: datetime) -> str:
    return f"{kind.value}:{user.pk}:{at.isoformat()}"


def _shared_reason(change: StatusChange) -> str:
    """Return the reason of a rejection in words; "" if there is none, or it is not shared."""
    return REASON_IN_WORDS.get(change.reason, "") if change.reason_shared else ""


def _mail_account_news(kind: EmailKind, user: User, *, to: str = "", is_daily: bool = False, **context: str) -> None:
    # One email per event, or per day (UTC).
    cause = f"{user.pk}:{timezone.now():%Y-%m-%d}" if is_daily else uuid4()
    queue_email(
        kind=kind,
        dedup_key=f"{kind.value}:{cause}",
        recipient=user,
        to=to,
        context={"name": "there", "path": "/", **context},
    )


def _mail_employer(application: Application, *, kind: EmailKind, dedup_key: str) -> None:
    employer = application.job.employer
    if employer is None:
        # The account is erased.
        return
    queue_email(
        kind=kind,
        dedup_key=dedup_key,
        recipient=employer.user,
        # Without the applicant's name, which an email would keep after the application is withdrawn.
        context={
            "name": employer.company_name or "there",
            "job_title": application.job.title,
            "path": "/dashboard/applications",
        },
    )


def _applicant_email(application: Application, **words: str) -> dict[str, Any]:
    """Return the arguments of an email to the applicant, whose template also has `words`."""
    return {
        "about_id": application.job.employer_id,
        "context": {
            "name": application.applicant.first_name or "there",
            "job_title": application.job.title,
            "company": application.job.company_name or "the company",
            # For the beginning of a sentence.
            "company_capitalized": application.job.company_name or "The company",
            "path": "/dashboard/applications",
            **words,
        },
    }
