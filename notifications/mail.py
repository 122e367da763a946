"""Mail that is promised: a row in the transaction of its cause, and what operators do with it until it has left."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from notifications.links import unsubscribe_url
from notifications.models import OutgoingEmail, default_give_up_at
from notifications.one_time_links import LINK_TO_COME
from notifications.preferences import Channel, is_optional, is_wanted
from notifications.publishing import publish_email
from notifications.querysets import OutgoingEmailQuerySet

SUBJECT_LENGTH = 255
SUBJECTS = {
    OutgoingEmail.Kind.APPLICATION_RECEIVED: "We received your application for {job_title}",
    OutgoingEmail.Kind.APPLICATION_ACCEPTED: "Good news about your application for {job_title}",
    OutgoingEmail.Kind.APPLICATION_REJECTED: "News about your application for {job_title}",
    OutgoingEmail.Kind.EMAIL_VERIFICATION: "Confirm your e-mail address",
    OutgoingEmail.Kind.PASSWORD_RESET: "Set a new password",
    OutgoingEmail.Kind.PASSWORD_CHANGED: "Your password was changed",
    OutgoingEmail.Kind.GOOGLE_LINKED: "Sign-in with Google was added to your account",
    OutgoingEmail.Kind.NEW_APPLICATION: "New application for {job_title}",
    OutgoingEmail.Kind.APPLICATIONS_DIGEST: "{total} for your jobs",
    OutgoingEmail.Kind.APPLICATION_WITHDRAWN: "An application for {job_title} was withdrawn",
}


def queue_email(
    *,
    kind: OutgoingEmail.Kind,
    dedup_key: str,
    recipient: User,
    context: Mapping[str, Any],
    about_id: UUID | None = None,
) -> None:
    """Render a mail and promise it, as part of the caller's transaction; once committed, a worker is told.

    `about_id` is somebody else whom the mail names. Nothing is promised to who switched such mails off.
    """
    if not is_wanted(recipient.pk, kind, Channel.EMAIL):
        return
    values = {**context, "url": settings.FRONTEND_URL + context["path"]}
    if is_optional(kind):
        values["unsubscribe_url"] = unsubscribe_url(recipient.pk, kind)
    _promise(kind, values, dedup_key=dedup_key, recipient=recipient, to=recipient.email, about_id=about_id)


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
    _publish_after_commit(OutgoingEmail.objects.create(kind=kind, subject=subject, text=text, html=html, **values))


def _subject(kind: OutgoingEmail.Kind, context: Mapping[str, Any]) -> str:
    # One line, whatever the title holds: a header cannot be injected.
    return " ".join(SUBJECTS[kind].format(**context).split())[:SUBJECT_LENGTH]
