"""Mail from the promise to the SMTP server.

`queue_email` writes the row in the transaction of its cause; `deliver` sends a row that this process has claimed. A
row is claimed by a lease, not a lock: it outlives neither a killed worker nor a restarted database.
"""

import logging
import random
import smtplib
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape

from accounts.links import email_verification_path, password_reset_path
from accounts.models import User
from notifications.links import unsubscribe_url
from notifications.models import OutgoingEmail, default_give_up_at
from notifications.preferences import Channel, is_optional, is_wanted
from notifications.publishing import publish_email
from notifications.querysets import OutgoingEmailQuerySet
from notifications.smtp import UnansweredError, connections

logger = logging.getLogger(__name__)

# Longer than a task's hard time limit, so that a second attempt never overlaps with the first.
LEASE = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + 90)
FIRST_RETRY_SECONDS = 10
LONGEST_RETRY_SECONDS = 3_600
SUBJECT_LENGTH = 255
# So many copies at most may reach somebody by attempts whose end nobody saw; then people decide.
MOST_POSSIBLE_DUPLICATES = 3
# How long a mail that was handed over waits for the database, lest it be sent again.
SETTLE_SECONDS = 30
SETTLE_PAUSE_SECONDS = 0.5

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

# The link of these opens an account, so it is made when the mail is sent: no row, admin page or backup holds one.
ONE_TIME_LINKS = {
    OutgoingEmail.Kind.EMAIL_VERIFICATION: email_verification_path,
    OutgoingEmail.Kind.PASSWORD_RESET: password_reset_path,
}
# What the row holds in its place.
LINK_TO_COME = "https://link-to-come.invalid/"
# Nobody is flooded with them.
LINK_PERIOD = timedelta(minutes=1)

# RFC 5321, section 4.2.1: 5yz replies are permanent.
PERMANENT = 500
# RFC 4954, section 6: our credentials are wrong or missing.
AUTHENTICATION_REPLIES = frozenset({530, 534, 535})


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
    email = OutgoingEmail.objects.create(
        dedup_key=dedup_key, recipient=recipient, to=recipient.email, about_id=about_id, **_rendered(kind, values)
    )
    _publish_after_commit(email)


def queue_link(*, kind: OutgoingEmail.Kind, address: str, recipient: User | None = None) -> None:
    """Promise a mail with a one-time link.

    Whether anybody signs in with the address, and whether it got such a mail a moment ago, is looked up when the mail
    would be sent: here it would show in the time that the request takes. If so, it is forgotten.
    """
    email = OutgoingEmail.objects.create(
        dedup_key=f"{kind.value}:{uuid4()}",
        recipient=recipient,
        to=address,
        **_rendered(kind, {"name": "there", "url": LINK_TO_COME}),
    )
    _publish_after_commit(email)


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


def message_id(email: OutgoingEmail) -> str:
    """Return the Message-ID: the same for every attempt, so that a mail server can tell a copy from a second mail."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{email.pk}@{domain}>"


def deliver_one(email_id: UUID) -> bool:
    """Send this mail if it is due and nobody else is at it; return whether it was this process's to send."""
    return _deliver_first(OutgoingEmail.objects.filter(pk=email_id))


def deliver_next() -> bool:
    """Send the mail that has been due the longest; return False when there is none."""
    return _deliver_first(OutgoingEmail.objects.order_by("next_attempt_at"))


def _publish_after_commit(email: OutgoingEmail) -> None:
    # A def or lambda, because the robust error log reads its __qualname__.
    transaction.on_commit(lambda: publish_email(email.pk), robust=True)


def _locked(emails: OutgoingEmailQuerySet) -> OutgoingEmailQuerySet:
    # Without the joins of `emails`, whose rows are not to be locked.
    return OutgoingEmail.objects.filter(pk__in=emails.values("pk")).select_for_update()


def _deliver_first(candidates: OutgoingEmailQuerySet) -> bool:
    email = _claim(candidates)
    if email is None:
        return False
    if email.state == OutgoingEmail.State.DEAD:
        return True
    if email.kind in ONE_TIME_LINKS and not _fill_in_link(email):
        email.delete()
        return True
    if email.recipient_id and not is_wanted(email.recipient_id, email.kind, Channel.EMAIL):
        # Switched off since it was promised. Nobody will read it.
        _settle(email, state=OutgoingEmail.State.SKIPPED, text="", html="")
        return True
    try:
        _send(email)
    # Whatever it is, a time limit included: such a mail is tried again like any other, and some day given up.
    except Exception as error:  # noqa: BLE001 - it is on record
        _postpone_or_give_up(email, error)
    else:
        _settle(email, state=OutgoingEmail.State.SENT, sent_at=timezone.now(), last_error="")
    return True


def _claim(candidates: OutgoingEmailQuerySet) -> OutgoingEmail | None:
    """Take the first of the candidates that is due, as one that is being sent or as one that is given up."""
    now = timezone.now()
    with transaction.atomic():
        email = candidates.due(now).select_for_update(skip_locked=True).first()
        if email is None:
            return None
        if email.state == OutgoingEmail.State.SENDING:
            # Its worker died, or lost the database: perhaps before the mail server had it, perhaps after.
            email.possible_duplicates += 1
        if _is_hopeless(email, now):
            email.state, email.locked_until = OutgoingEmail.State.DEAD, None
            email.last_error = "No attempt came to an end"
            logger.error("Mail %s given up: no attempt came to an end.", email.pk)
        else:
            email.state, email.locked_until = OutgoingEmail.State.SENDING, now + LEASE
            email.attempts += 1
        email.save(update_fields=["state", "attempts", "possible_duplicates", "locked_until", "last_error"])
    return email


def _is_hopeless(email: OutgoingEmail, now: datetime) -> bool:
    # One that waited too long but was never begun has its chance still.
    is_abandoned = email.state == OutgoingEmail.State.SENDING
    return is_abandoned and (now >= email.give_up_at or email.possible_duplicates > MOST_POSSIBLE_DUPLICATES)


def _fill_in_link(email: OutgoingEmail) -> bool:
    """Put a fresh link into the mail, but not into its row; return whether there is anybody to get one."""
    user = User.objects.filter(email=email.to, is_active=True).first()
    moments_ago = timezone.now() - LINK_PERIOD
    if user is None or OutgoingEmail.objects.filter(kind=email.kind, to=email.to, sent_at__gt=moments_ago).exists():
        return False
    url = settings.FRONTEND_URL + ONE_TIME_LINKS[OutgoingEmail.Kind(email.kind)](user)
    email.text = email.text.replace(LINK_TO_COME, url)
    email.html = email.html.replace(LINK_TO_COME, escape(url))
    return True


def _send(email: OutgoingEmail) -> None:
    headers = {"Message-ID": message_id(email), "Auto-Submitted": "auto-generated"}
    if email.recipient_id and is_optional(email.kind):
        # RFC 8058: a mail client's own button, without a visit to any page.
        headers["List-Unsubscribe"] = f"<{unsubscribe_url(email.recipient_id, email.kind)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    with connections.take() as mail_server:
        message = EmailMultiAlternatives(
            subject=email.subject, body=email.text, to=[email.to], headers=headers, connection=mail_server
        )
        message.attach_alternative(email.html, "text/html")
        message.send()


def _postpone_or_give_up(email: OutgoingEmail, error: Exception) -> None:
    now = timezone.now()
    # The reply of a server may quote the address; its code says enough.
    reason = f"{type(error).__name__} {_reply_code(error) or ''}".strip()
    doubts = {}
    if isinstance(error, UnansweredError):
        email.possible_duplicates += 1
        doubts = {"possible_duplicates": F("possible_duplicates") + 1}
    is_doubtful = email.possible_duplicates > MOST_POSSIBLE_DUPLICATES
    if _is_permanent(error) or is_doubtful or now >= email.give_up_at:
        logger.error("Mail %s given up: %s", email.pk, reason)
        _settle(email, state=OutgoingEmail.State.DEAD, last_error=reason, **doubts)
        return
    # Full jitter: a server that comes back is not met by everybody at once.
    ceiling = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (email.attempts - 1))
    delay = timedelta(seconds=random.uniform(0, ceiling))  # noqa: S311 - spreads load, guards nothing
    logger.warning("Mail %s will be tried again: %s", email.pk, reason)
    _settle(email, state=OutgoingEmail.State.RETRY, next_attempt_at=now + delay, last_error=reason, **doubts)


def _settle(email: OutgoingEmail, **values: object) -> None:
    # Only while the lease is ours: after it, the row belongs to whoever claimed it next.
    own = OutgoingEmail.objects.filter(pk=email.pk, state=OutgoingEmail.State.SENDING, attempts=email.attempts)
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            own.update(locked_until=None, **values)
        except (OperationalError, InterfaceError):
            # The mail may have left: worth waiting for a database that restarts.
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            connection.close()
            time.sleep(SETTLE_PAUSE_SECONDS)
        else:
            return


def _is_permanent(error: Exception) -> bool:
    # Where the recipient or the content is refused. A refused connection, sender or login is ours to mend: mail waits.
    if not isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
        return False
    code = _reply_code(error)
    return code is not None and code >= PERMANENT and code not in AUTHENTICATION_REPLIES


def _reply_code(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None


def _rendered(kind: OutgoingEmail.Kind, context: Mapping[str, Any]) -> dict[str, str]:
    values = {**context, "subject": _subject(kind, context)}
    return {
        "kind": kind,
        "subject": values["subject"],
        "text": render_to_string(f"notifications/mail/{kind.value}.txt", values),
        "html": render_to_string(f"notifications/mail/{kind.value}.html", values),
    }


def _subject(kind: OutgoingEmail.Kind, context: Mapping[str, Any]) -> str:
    # One line, whatever the title holds: a header cannot be injected.
    return " ".join(SUBJECTS[kind].format(**context).split())[:SUBJECT_LENGTH]
