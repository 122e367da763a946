"""Mail that is promised: a row in the transaction of its cause, and what operators do with it until it has left."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from applications.models import Application
from notifications.mail.links import unsubscribe_url
from notifications.mail.one_time_links import LINK_TO_COME
from notifications.mail.publishing import publish_email
from notifications.models import (
    DECISIONS_A_DAY,
    DECISIONS_WINDOW,
    GIVE_UP_AFTER,
    OutgoingEmail,
    default_give_up_at,
)
from notifications.preferences import Channel, is_optional, is_wanted
from notifications.querysets import OutgoingEmailQuerySet

SUBJECT_LENGTH = 255
TO_APPLICANTS = frozenset(
    {
        OutgoingEmail.Kind.APPLICATION_RECEIVED,
        OutgoingEmail.Kind.APPLICATION_ACCEPTED,
        OutgoingEmail.Kind.APPLICATION_REJECTED,
    }
)
SUBJECTS = {
    OutgoingEmail.Kind.APPLICATION_RECEIVED: "We received your application for {job_title}",
    OutgoingEmail.Kind.APPLICATION_ACCEPTED: "Good news about your application for {job_title}",
    OutgoingEmail.Kind.APPLICATION_REJECTED: "News about your application for {job_title}",
    OutgoingEmail.Kind.EMAIL_VERIFICATION: "Confirm your email address",
    OutgoingEmail.Kind.PASSWORD_RESET: "Set a new password",
    OutgoingEmail.Kind.PASSWORD_CHANGED: "Your password was changed",
    OutgoingEmail.Kind.GOOGLE_LINKED: "Sign-in with Google was added to your account",
    OutgoingEmail.Kind.NEW_APPLICATION: "New application for {job_title}",
    OutgoingEmail.Kind.APPLICATIONS_DIGEST: "{total} for your jobs",
    OutgoingEmail.Kind.APPLICATION_WITHDRAWN: "An application for {job_title} was withdrawn",
    OutgoingEmail.Kind.EMAIL_CHANGE: "Confirm your new email address",
    OutgoingEmail.Kind.EMAIL_CHANGED: "Your email address was changed",
    OutgoingEmail.Kind.REFRESH_TOKEN_REUSED: "A session of your account was ended",
    OutgoingEmail.Kind.SIGN_IN_FAILURES: "Many failed attempts to log in to your account",
}


def queue_email(
    *,
    kind: OutgoingEmail.Kind,
    dedup_key: str,
    recipient: User,
    context: Mapping[str, Any],
    about_id: UUID | None = None,
    application: Application | None = None,
    to: str = "",
    due_at: datetime | None = None,
) -> None:
    """Render a mail and queue it, as part of the caller's transaction; once committed, a worker is told.

    `about_id` is another user whom the mail names, `to` another address than the recipient's present one, `due_at` when
    it is to be sent, if not at once. An unverified address may be a stranger's: it is greeted without a name and told
    why it gets the mail. Nothing is queued for a cause that was mailed before, for a blocked account, or where such
    mails are switched off.
    """
    if not (recipient.is_active and is_wanted(recipient.pk, kind, Channel.EMAIL)):
        return
    values = {"support_email": settings.SUPPORT_EMAIL, **context, "url": settings.FRONTEND_URL + context["path"]}
    if kind in TO_APPLICANTS and recipient.email_verified_at is None:
        values.update(name="", is_unverified=True)
    elif is_optional(kind):
        values["unsubscribe_url"] = unsubscribe_url(recipient.pk, kind)
    row = {"dedup_key": dedup_key, "recipient": recipient, "about_id": about_id, "application": application}
    if due_at:
        row.update(next_attempt_at=due_at, give_up_at=due_at + GIVE_UP_AFTER)
    _promise(kind, values, to=to or recipient.email, **row)


def queue_decision(*, kind: OutgoingEmail.Kind, dedup_key: str, application: Application, **mail: Any) -> None:
    """Queue the mail of a decision, at most DECISIONS_A_DAY for one application in 24 hours.

    Beyond that it waits until the window has room; it is not queued if it says what the last mail said. The caller has
    locked the application and dropped what waits (`drop_waiting_decision`).
    """
    now = timezone.now()
    mailed = OutgoingEmail.objects.filter(application=application).exclude(state=OutgoingEmail.State.SKIPPED)
    latest = list(
        mailed.filter(next_attempt_at__gt=now - DECISIONS_WINDOW)
        .order_by("-next_attempt_at")
        .values_list("kind", "next_attempt_at")[:DECISIONS_A_DAY]
    )
    due_at = None
    if len(latest) == DECISIONS_A_DAY:
        if latest[0][0] == kind:
            return
        due_at = latest[-1][1] + DECISIONS_WINDOW
    queue_email(kind=kind, dedup_key=dedup_key, application=application, due_at=due_at, **mail)


def drop_waiting_decision(application: Application) -> None:
    """Delete the mail of a decision that waits for room, held or not: the status has changed since."""
    OutgoingEmail.objects.filter(
        application=application, state__in=("queued", "held"), attempts=0, next_attempt_at__gt=timezone.now()
    ).delete()


def queue_link(*, kind: OutgoingEmail.Kind, address: str, recipient: User | None = None) -> None:
    """Promise a mail with a one-time link.

    Whether anybody signs in with the address, and whether it got such a mail a moment ago, is looked up when the mail
    would be sent: here it would show in the time that the request takes. If so, it is forgotten.
    """
    values = {"name": "there", "url": LINK_TO_COME}
    _promise(kind, values, dedup_key=f"{kind.value}:{uuid4()}", recipient=recipient, to=address)


def erase_mail_of(user: User) -> None:
    """Delete the mails to `user`, and those to others that name `user` and are on their way no more."""
    OutgoingEmail.objects.filter(Q(recipient=user) | Q(to=user.email)).delete()
    OutgoingEmail.objects.filter(about=user, state__in=("sent", "dead", "skipped")).delete()


def requeue(emails: OutgoingEmailQuerySet) -> list[OutgoingEmail]:
    """Send these mails again, from now on until they would be given up anew; return them as they were.

    One that is queued or being sent already, or whose body is gone, is left alone.
    """
    waiting = (OutgoingEmail.State.QUEUED, OutgoingEmail.State.SENDING)
    with transaction.atomic():
        settled = list(_locked(emails).exclude(state__in=waiting).exclude(text=""))
        OutgoingEmail.objects.filter(pk__in=[email.pk for email in settled]).update(
            state=OutgoingEmail.State.QUEUED, next_attempt_at=timezone.now(), give_up_at=default_give_up_at()
        )
        for email in settled:
            _publish_after_commit(email)
    return settled


def hold(emails: OutgoingEmailQuerySet) -> list[OutgoingEmail]:
    """Keep these mails from being sent until they are requeued; return them as they were.

    One that was sent or given up, or is being sent, is left alone.
    """
    with transaction.atomic():
        waiting = list(_locked(emails).unclaimed(timezone.now()))
        OutgoingEmail.objects.filter(pk__in=[email.pk for email in waiting]).update(
            state=OutgoingEmail.State.HELD, locked_until=None
        )
    return waiting


def hold_all() -> int:
    """Hold every mail that is not sent yet, also those that a worker is at: for a database in which none works.

    After a backup was restored, nobody knows which of them left after it was made.
    """
    unsent = OutgoingEmail.objects.filter(state__in=("queued", "retry", "sending"))
    return unsent.update(state=OutgoingEmail.State.HELD, locked_until=None)


def release_all() -> int:
    """Send every mail that is held."""
    return len(requeue(OutgoingEmail.objects.filter(state=OutgoingEmail.State.HELD)))


def sweep_bodies() -> int:
    """Blank what was written in mails that left MAIL_BODY_DAYS ago; that they left stays on record."""
    before = timezone.now() - timedelta(days=settings.MAIL_BODY_DAYS)
    old = OutgoingEmail.objects.filter(state=OutgoingEmail.State.SENT, sent_at__lt=before).exclude(text="")
    return old.update(text="", html="")


def _publish_after_commit(email: OutgoingEmail) -> None:
    # A def or lambda, because the robust error log reads its __qualname__.
    transaction.on_commit(lambda: publish_email(email.pk), robust=True)


def _locked(emails: OutgoingEmailQuerySet) -> OutgoingEmailQuerySet:
    # Without the joins of `emails`, whose rows are not to be locked.
    return OutgoingEmail.objects.filter(pk__in=emails.values("pk")).select_for_update()


def _promise(kind: OutgoingEmail.Kind, context: Mapping[str, Any], **values: Any) -> None:
    subject = _subject(kind, context)
    text, html = (
        render_to_string(f"notifications/mail/{kind.value}.{form}", {**context, "subject": subject})
        for form in ("txt", "html")
    )
    email = OutgoingEmail(kind=kind, subject=subject, text=text, html=html, **values)
    # Of two that announce one cause, the second meets the unique key.
    OutgoingEmail.objects.bulk_create([email], ignore_conflicts=True)
    _publish_after_commit(email)


def _subject(kind: OutgoingEmail.Kind, context: Mapping[str, Any]) -> str:
    # One line, whatever the title holds: a header cannot be injected.
    return " ".join(SUBJECTS[kind].format(**context).split())[:SUBJECT_LENGTH]
