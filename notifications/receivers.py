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
    applicant = application.applicant.full_name or "A job seeker"
    _tell(
        # A job that takes applications has an employer.
        cast("UUID", application.job.employer_id),
        NotificationPreference.Kind.NEW_APPLICATION,
        f"{applicant} applied for “{application.job.title}”.",
        about_id=application.job_seeker_id,
    )


@receiver(application_submitted, dispatch_uid="notifications.mail_receipt_to_seeker")
def mail_receipt_to_seeker(application: Application, **kwargs: Any) -> None:
    queue_email(
        kind=OutgoingEmail.Kind.APPLICATION_RECEIVED,
        dedup_key=f"application-received:{application.pk}",
        recipient=application.applicant.user,
        **_news_for_seeker(application),
    )


@receiver(application_submitted, dispatch_uid="notifications.mail_application_to_employer")
def mail_application_to_employer(application: Application, **kwargs: Any) -> None:
    _mail_employer(application, kind=OutgoingEmail.Kind.NEW_APPLICATION, dedup_key=f"new-application:{application.pk}")


@receiver(application_status_changed, dispatch_uid="notifications.tell_seeker_of_status")
def tell_seeker_of_status(application: Application, change: StatusChange, **kwargs: Any) -> None:
    status = Status(change.to_status)
    _tell(
        application.applicant.pk,
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
            recipient=application.applicant.user,
            **_news_for_seeker(application),
        )


@receiver(application_status_changed, dispatch_uid="notifications.mail_withdrawal_to_employer")
def mail_withdrawal_to_employer(application: Application, change: StatusChange, **kwargs: Any) -> None:
    if change.to_status == Status.WITHDRAWN:
        _mail_employer(
            application,
            kind=OutgoingEmail.Kind.APPLICATION_WITHDRAWN,
            dedup_key=f"application-withdrawn:{change.pk}",
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


def _tell(user_id: UUID, kind: str, message: str, about_id: UUID | None = None) -> None:
    if is_wanted(user_id, kind, Channel.IN_APP):
        Notification.objects.create(user_id=user_id, message=message, about_id=about_id)


def _mail_account_news(kind: OutgoingEmail.Kind, user: User) -> None:
    queue_email(
        kind=kind,
        # News each time.
        dedup_key=f"{kind.value}:{uuid4()}",
        recipient=user,
        context={"name": "there", "path": "/"},
    )


def _mail_employer(application: Application, *, kind: OutgoingEmail.Kind, dedup_key: str) -> None:
    employer = application.job.employer
    if employer is None:
        # The employer erased its account.
        return
    queue_email(
        kind=kind,
        dedup_key=dedup_key,
        recipient=employer.user,
        # Without the applicant's name: what lies in a mailbox cannot be taken back when the applicant withdraws.
        context={
            "name": employer.company_name or "there",
            "job_title": application.job.title,
            "path": "/dashboard/applications",
        },
    )


def _news_for_seeker(application: Application) -> dict[str, Any]:
    """Return what a mail about an application tells its applicant, and who is named in it."""
    return {
        "about_id": application.job.employer_id,
        "context": {
            "name": application.applicant.first_name or "there",
            "job_title": application.job.title,
            "company": application.job.company_name or "the company",
            "path": "/dashboard/applications",
        },
    }
