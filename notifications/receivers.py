"""What is told to whom when something happens to an application or an account. Each receiver does one thing."""

from typing import Any, cast
from uuid import UUID, uuid4

from django.db.models import Q, TextField, Value
from django.db.models.functions import Concat
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import Employer, User
from accounts.signals import (
    account_erasing,
    email_change_requested,
    email_changed,
    email_verification_requested,
    google_account_linked,
    password_changed,
    password_reset_requested,
    refresh_token_reused,
    sign_ins_failed,
)
from applications.choices import Status
from applications.models import Application, StatusChange
from applications.signals import application_status_changed, application_submitted
from notifications.mail.one_time_links import LINK_KINDS
from notifications.mail.outbox import drop_waiting_decision, erase_mail_of, queue_decision, queue_email, queue_link
from notifications.models import UNNAMED_EMPLOYER, Notification, NotificationPreference, OutgoingEmail
from notifications.preferences import DEFAULTS, Channel, is_wanted

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
        cast("Employer", application.job.employer).user,
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
        application.applicant.user,
        DECISIONS.get(status, NotificationPreference.Kind.APPLICATION_UPDATED),
        f"Your application for “{application.job.title}” {STATUS_IN_WORDS[status]}.",
    )


@receiver(application_status_changed, dispatch_uid="notifications.mail_decision_to_seeker")
def mail_decision_to_seeker(application: Application, change: StatusChange, **kwargs: Any) -> None:
    drop_waiting_decision(application)
    if kind := DECISIONS.get(Status(change.to_status)):
        queue_decision(
            kind=kind,
            # By change, not by application: a decision that is taken back and made again is news again.
            dedup_key=f"application-decided:{change.pk}",
            application=application,
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


@receiver(email_change_requested, dispatch_uid="notifications.mail_email_change_link")
def mail_email_change_link(user: User, address: str, **kwargs: Any) -> None:
    queue_link(kind=OutgoingEmail.Kind.EMAIL_CHANGE, address=address, recipient=user)


@receiver(email_changed, dispatch_uid="notifications.mail_email_change_to_former_address")
def mail_email_change_to_former_address(user: User, former_address: str, **kwargs: Any) -> None:
    # What was to open the account by the former address must not lie there when the account is gone.
    OutgoingEmail.objects.filter(to=former_address, kind__in=LINK_KINDS).delete()
    # A decision may wait for a day, anything for the mail server or an operator; news of the account go there still.
    OutgoingEmail.objects.filter(
        recipient=user, kind__in=DEFAULTS, state__in=("queued", "retry", "held"), to=former_address
    ).update(to=user.email)
    _mail_account_news(OutgoingEmail.Kind.EMAIL_CHANGED, user, to=former_address)


@receiver(refresh_token_reused, dispatch_uid="notifications.mail_reused_token_to_owner")
def mail_reused_token_to_owner(user: User, device: str, network: str, **kwargs: Any) -> None:
    # A browser that is none of those known names itself, with any words.
    known_device = device if " on " in device else "unknown"
    _mail_account_news(
        OutgoingEmail.Kind.REFRESH_TOKEN_REUSED, user, is_daily=True, device=known_device, network=network or "unknown"
    )


@receiver(sign_ins_failed, dispatch_uid="notifications.mail_sign_in_failures_to_owner")
def mail_sign_in_failures_to_owner(user: User, **kwargs: Any) -> None:
    _mail_account_news(OutgoingEmail.Kind.SIGN_IN_FAILURES, user, is_daily=True)


@receiver(account_erasing, dispatch_uid="notifications.erase_what_names_the_user")
def erase_what_names_the_user(user: User, **kwargs: Any) -> None:
    Notification.objects.filter(Q(user=user) | Q(about=user)).delete()
    # Recipients keep what they were told, without the name.
    named = Concat(Value(f"{UNNAMED_EMPLOYER}: "), "message", output_field=TextField())
    Notification.objects.filter(sender=user).update(message=named, sender=None)
    erase_mail_of(user)


def _tell(user: User, kind: str, message: str, about_id: UUID | None = None) -> None:
    if user.is_active and is_wanted(user.pk, kind, Channel.IN_APP):
        Notification.objects.create(user=user, message=message, about_id=about_id)


def _mail_account_news(
    kind: OutgoingEmail.Kind, user: User, *, to: str = "", is_daily: bool = False, **context: str
) -> None:
    # News each time, or once a day (UTC).
    cause = f"{user.pk}:{timezone.now():%Y-%m-%d}" if is_daily else uuid4()
    queue_email(
        kind=kind,
        dedup_key=f"{kind.value}:{cause}",
        recipient=user,
        to=to,
        context={"name": "there", "path": "/", **context},
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
            # At the beginning of a sentence.
            "company_capitalized": application.job.company_name or "The company",
            "path": "/dashboard/applications",
        },
    }
