"""What is told to whom when something happens to an application or an account. Each receiver does one thing."""

from typing import Any, cast
from uuid import UUID, uuid4

from django.db.models import Q
from django.dispatch import receiver

from accounts.models import User
from accounts.signals import (
    account_erasing,
    email_verification_requested,
    google_account_linked,
    password_changed,
    password_reset_requested,
)
from applications.models import Application, Status, StatusChange
from applications.signals import application_status_changed, application_submitted
from notifications.mail import erase_mail_of, queue_email, queue_link
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
    applicant = application.applicant.full_name or "A job seeker"
    Notification.objects.create(
        # A job that takes applications has an employer.
        user_id=cast("UUID", application.job.employer_id),
        about_id=application.job_seeker_id,
        message=f"{applicant} applied for “{application.job.title}”.",
    )


@receiver(application_submitted, dispatch_uid="notifications.mail_receipt_to_seeker")
def mail_receipt_to_seeker(application: Application, **kwargs: Any) -> None:
    queue_email(
        kind=OutgoingEmail.Kind.APPLICATION_RECEIVED,
        dedup_key=f"application-received:{application.pk}",
        recipient=application.applicant.user,
        **_company_and(application),
    )


@receiver(application_status_changed, dispatch_uid="notifications.tell_seeker_of_status")
def tell_seeker_of_status(application: Application, change: StatusChange, **kwargs: Any) -> None:
    Notification.objects.create(
        user=application.applicant.user,
        message=f"Your application for “{application.job.title}” {STATUS_IN_WORDS[Status(change.to_status)]}.",
    )


@receiver(application_status_changed, dispatch_uid="notifications.mail_decision_to_seeker")
def mail_decision_to_seeker(application: Application, change: StatusChange, **kwargs: Any) -> None:
    if kind := DECISIONS.get(Status(change.to_status)):
        queue_email(
            kind=kind,
            # By change, not by application: a decision that is taken back and made again is news again.
            dedup_key=f"application-decided:{change.pk}",
            recipient=application.applicant.user,
            **_company_and(application),
        )


@receiver(email_verification_requested, dispatch_uid="notifications.mail_verification_link")
def mail_verification_link(user: User, **kwargs: Any) -> None:
    queue_link(kind=OutgoingEmail.Kind.EMAIL_VERIFICATION, address=user.email, recipient=user)


@receiver(password_reset_requested, dispatch_uid="notifications.mail_password_link")
def mail_password_link(address: str, **kwargs: Any) -> None:
    queue_link(kind=OutgoingEmail.Kind.PASSWORD_RESET, address=address)


@receiver(password_changed, dispatch_uid="notifications.mail_password_change_to_owner")
def mail_password_change_to_owner(user: User, **kwargs: Any) -> None:
    _mail_account_news(OutgoingEmail.Kind.PASSWORD_CHANGED, user)


@receiver(google_account_linked, dispatch_uid="notifications.mail_google_link_to_owner")
def mail_google_link_to_owner(user: User, **kwargs: Any) -> None:
    _mail_account_news(OutgoingEmail.Kind.GOOGLE_LINKED, user)


@receiver(account_erasing, dispatch_uid="notifications.erase_what_names_the_user")
def erase_what_names_the_user(user: User, **kwargs: Any) -> None:
    Notification.objects.filter(Q(user=user) | Q(about=user)).delete()
    erase_mail_of(user)


def _mail_account_news(kind: OutgoingEmail.Kind, user: User) -> None:
    queue_email(
        kind=kind,
        # News each time.
        dedup_key=f"{kind.value}:{uuid4()}",
        recipient=user,
        context={"name": "there", "path": "/"},
    )


def _company_and(application: Application) -> dict[str, Any]:
    """Return what a mail about an application tells, and who is named in it."""
    return {
        "about_id": application.job.employer_id,
        "context": {
            "name": application.applicant.first_name or "there",
            "job_title": application.job.title,
            "company": application.job.company_name or "the company",
            "path": "/dashboard/applications",
        },
    }
