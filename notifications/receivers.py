"""What is told to whom when something happens to an application. Each receiver does one thing."""

from typing import Any

from django.dispatch import receiver

from applications.models import Application, Status, StatusChange
from applications.signals import application_status_changed, application_submitted
from notifications.mail import queue_email
from notifications.models import Notification, OutgoingEmail

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
    Notification.objects.create(
        user_id=application.job.employer_id, message=f"{applicant} applied for “{application.job.title}”."
    )


@receiver(application_submitted, dispatch_uid="notifications.mail_receipt_to_seeker")
def mail_receipt_to_seeker(application: Application, **kwargs: Any) -> None:
    queue_email(
        kind=OutgoingEmail.Kind.APPLICATION_RECEIVED,
        dedup_key=f"application-received:{application.pk}",
        recipient=application.job_seeker.user,
        context=_context(application),
    )


@receiver(application_status_changed, dispatch_uid="notifications.tell_seeker_of_status")
def tell_seeker_of_status(application: Application, change: StatusChange, **kwargs: Any) -> None:
    Notification.objects.create(
        user_id=application.job_seeker_id,
        message=f"Your application for “{application.job.title}” {STATUS_IN_WORDS[Status(change.to_status)]}.",
    )


@receiver(application_status_changed, dispatch_uid="notifications.mail_decision_to_seeker")
def mail_decision_to_seeker(application: Application, change: StatusChange, **kwargs: Any) -> None:
    if kind := DECISIONS.get(Status(change.to_status)):
        queue_email(
            kind=kind,
            # By change, not by application: a decision that is taken back and made again is news again.
            dedup_key=f"application-decided:{change.pk}",
            recipient=application.job_seeker.user,
            context=_context(application),
        )


def _context(application: Application) -> dict[str, str]:
    return {
        "name": application.job_seeker.first_name or "there",
        "job_title": application.job.title,
        "company": application.job.employer.company_name or "the company",
        "path": "/dashboard/applications",
    }
