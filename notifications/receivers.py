"""What is told to whom when something happens to an application. Each receiver does one thing."""

from typing import Any

from django.dispatch import receiver

from applications.models import Application, Status, StatusChange
from applications.signals import application_status_changed, application_submitted
from notifications.mail import queue_email
from notifications.models import Notification, NotificationPreference, OutgoingEmail
from notifications.preferences import Channel, is_wanted

DECISIONS = {
    Status.ACCEPTED: OutgoingEmail.Kind.APPLICATION_ACCEPTED,
    Status.REJECTED: OutgoingEmail.Kind.APPLICATION_REJECTED,
}

STATUS_IN_WORDS = {
    Status.PENDING: "is pending again",
    Status.REVIEWED: "has been reviewed",
    Status.ACCEPTED: "was accepted",
    Status.REJECTED: "was rejected",
    Status.WITHDRAWN: "was withdrawn",
}


@receiver(application_submitted, dispatch_uid="notifications.tell_employer_of_application")
def tell_employer_of_application(application: Application, **kwargs: Any) -> None:
    applicant = application.job_seeker.full_name or "A job seeker"
    _tell(
        application.job.employer_id,
        NotificationPreference.Kind.NEW_APPLICATION,
        f"{applicant} applied for “{application.job.title}”.",
    )


@receiver(application_submitted, dispatch_uid="notifications.mail_receipt_to_seeker")
def mail_receipt_to_seeker(application: Application, **kwargs: Any) -> None:
    queue_email(
        kind=OutgoingEmail.Kind.APPLICATION_RECEIVED,
        dedup_key=f"application-received:{application.pk}",
        recipient=application.job_seeker.user,
        context=_context_for_seeker(application),
    )


@receiver(application_submitted, dispatch_uid="notifications.mail_application_to_employer")
def mail_application_to_employer(application: Application, **kwargs: Any) -> None:
    queue_email(
        kind=OutgoingEmail.Kind.NEW_APPLICATION,
        dedup_key=f"new-application:{application.pk}",
        recipient=application.job.employer.user,
        context=_context_for_employer(application),
    )


@receiver(application_status_changed, dispatch_uid="notifications.tell_seeker_of_status")
def tell_seeker_of_status(application: Application, change: StatusChange, **kwargs: Any) -> None:
    status = Status(change.to_status)
    _tell(
        application.job_seeker_id,
        DECISIONS.get(status, NotificationPreference.Kind.APPLICATION_UPDATED),
        f"Your application for “{application.job.title}” {STATUS_IN_WORDS[status]}.",
    )


@receiver(application_status_changed, dispatch_uid="notifications.mail_decision_to_seeker")
def mail_decision_to_seeker(application: Application, change: StatusChange, **kwargs: Any) -> None:
    if kind := DECISIONS.get(Status(change.to_status)):
        queue_email(
            kind=kind,
            # By change, not by application: a decision that is taken back and made again is news again.
            dedup_key=f"application-decided:{change.pk}",
            recipient=application.job_seeker.user,
            context=_context_for_seeker(application),
        )


@receiver(application_status_changed, dispatch_uid="notifications.mail_withdrawal_to_employer")
def mail_withdrawal_to_employer(application: Application, change: StatusChange, **kwargs: Any) -> None:
    if change.to_status == Status.WITHDRAWN:
        queue_email(
            kind=OutgoingEmail.Kind.APPLICATION_WITHDRAWN,
            dedup_key=f"application-withdrawn:{change.pk}",
            recipient=application.job.employer.user,
            context=_context_for_employer(application),
        )


def _tell(user_id: Any, kind: str, message: str) -> None:
    if is_wanted(user_id, kind, Channel.IN_APP):
        Notification.objects.create(user_id=user_id, message=message)


def _context_for_seeker(application: Application) -> dict[str, str]:
    return {
        "name": application.job_seeker.first_name or "there",
        "job_title": application.job.title,
        "company": application.job.employer.company_name or "the company",
        "path": "/dashboard/applications",
    }


def _context_for_employer(application: Application) -> dict[str, str]:
    # Without the applicant's name: what lies in a mailbox cannot be taken back when the applicant withdraws.
    return {
        "name": application.job.employer.company_name or "there",
        "job_title": application.job.title,
        "path": "/dashboard/applications",
    }
