"""From the row to the SMTP server.

A row is claimed by a lease, not a lock: it outlives neither a killed worker nor a restarted database.
"""

import logging
import random
import smtplib
import time
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, Q
from django.utils import timezone

from notifications.mail.links import unsubscribe_url
from notifications.mail.one_time_links import fill_in_link
from notifications.mail.smtp import UnansweredError, connections
from notifications.models import DECISIONS_A_DAY, DECISIONS_WINDOW, GIVE_UP_AFTER, OutgoingEmail
from notifications.preferences import Channel, is_optional, is_wanted_by

logger = logging.getLogger(__name__)

# Longer than a task's hard time limit, so that a second attempt never overlaps with the first.
LEASE = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + 90)
FIRST_RETRY_SECONDS = 10
LONGEST_RETRY_SECONDS = 3_600
# So many copies at most may reach somebody by attempts whose end nobody saw; then people decide.
MOST_POSSIBLE_DUPLICATES = 3
# How long a mail that was handed over waits for the database, lest it be sent again.
SETTLE_SECONDS = 30
SETTLE_PAUSE_SECONDS = 0.5

# RFC 5321, section 4.2.1: 5yz replies are permanent.
PERMANENT = 500
# RFC 4954, section 6: our credentials are wrong or missing.
AUTHENTICATION_REPLIES = frozenset({530, 534, 535})

# By hand, because the ORM's UPDATE returns no rows: one round trip and commit instead of four. What is due, as
# OutgoingEmailQuerySet.due says it; an abandoned one was left by a worker that died, or lost the database, perhaps
# before the mail server had the mail, perhaps after. One that waited too long but was never begun has its chance still.
_CLAIM = """
    -- Apart, because PostgreSQL may run a subquery that locks more than once, and each time it locks another row.
    WITH due AS MATERIALIZED (
        SELECT email_id, state = 'sending' AS is_abandoned, state = 'sending'
            AND (give_up_at <= %(now)s OR possible_duplicates >= %(most_possible_duplicates)s) AS is_hopeless
        FROM notifications_outgoingemail
        WHERE (
                state IN ('queued', 'retry') AND next_attempt_at <= %(now)s
                OR state = 'sending' AND locked_until < %(now)s
            )
            AND (%(email_id)s IS NULL OR email_id = %(email_id)s)
        ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE notifications_outgoingemail AS email SET
        state = CASE WHEN is_hopeless THEN 'dead' ELSE 'sending' END,
        locked_until = CASE WHEN is_hopeless THEN NULL ELSE %(now)s + %(lease)s END,
        attempts = attempts + (NOT is_hopeless)::int,
        possible_duplicates = possible_duplicates + is_abandoned::int,
        last_error = CASE WHEN is_hopeless THEN 'No attempt came to an end' ELSE last_error END
    FROM due
    WHERE email.email_id = due.email_id
    RETURNING email.*, (
        SELECT is_enabled FROM notifications_notificationpreference
        WHERE (user_id, kind, channel) = (email.recipient_id, email.kind, 'email')
    ) AS choice, (
        SELECT NOT is_active FROM accounts_user WHERE user_id = email.recipient_id
    ) AS is_blocked
"""


def message_id(email: OutgoingEmail) -> str:
    """Return the Message-ID: the same for every attempt, so that a mail server can tell a copy from a second mail."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{email.pk}@{domain}>"


def deliver_one(email_id: UUID) -> bool:
    """Send this mail if it is due and nobody else is at it; return whether it was this process's to send."""
    return _deliver(_claim(email_id))


def deliver_next() -> bool:
    """Send the mail that has been due the longest; return False when there is none."""
    return _deliver(_claim())


def _claim(email_id: UUID | None = None) -> Any:
    """Take a mail that is due, this one or the first, as one that is being sent or as one that is given up.

    Return it with what its recipient chose about such mails as `choice`, and `is_blocked`; or None.
    """
    claimed = OutgoingEmail.objects.raw(
        _CLAIM,
        {
            "email_id": email_id,
            "now": timezone.now(),
            "lease": LEASE,
            "most_possible_duplicates": MOST_POSSIBLE_DUPLICATES,
        },
    )
    return next(iter(claimed), None)


def _deliver(email: Any) -> bool:
    if email is None:
        return False
    if email.state == OutgoingEmail.State.DEAD:
        logger.error("Mail %s given up: no attempt came to an end.", email.pk)
    elif not fill_in_link(email):
        email.delete()
    elif email.recipient_id and (email.is_blocked or not is_wanted_by(email.choice, email.kind, Channel.EMAIL)):
        # Since it was queued, the recipient was blocked or has switched such mails off: the text is not needed.
        _settle(email, state=OutgoingEmail.State.SKIPPED, text="", html="")
    elif not email.to.isascii():
        # An address without a canonical form: mail systems write to another domain.
        logger.error("Mail %s given up: its address is not in the canonical form.", email.pk)
        _settle(email, state=OutgoingEmail.State.DEAD, last_error="Address not in the canonical form")
    elif due_at := _room_at(email):
        # No attempt was made; its time begins when it is due.
        _settle(
            email,
            state=OutgoingEmail.State.QUEUED,
            attempts=email.attempts - 1,
            next_attempt_at=due_at,
            give_up_at=due_at + GIVE_UP_AFTER,
        )
    else:
        _attempt(email)
    return True


def _room_at(email: OutgoingEmail) -> datetime | None:
    """Return when a decision that was not tried yet may leave, if its application had too many mails within a day.

    Those that left late, after workers were away, are counted by when they left.
    """
    if email.application_id is None or email.attempts > 1:
        return None
    now = timezone.now()
    latest = list(
        OutgoingEmail.objects.filter(
            Q(state=OutgoingEmail.State.SENT, sent_at__gt=now - DECISIONS_WINDOW)
            | Q(state=OutgoingEmail.State.SENDING),
            application=email.application_id,
        )
        .exclude(pk=email.pk)
        .order_by(F("sent_at").desc(nulls_first=True))
        .values_list("sent_at", flat=True)[:DECISIONS_A_DAY]
    )
    return (latest[-1] or now) + DECISIONS_WINDOW if len(latest) == DECISIONS_A_DAY else None


def _attempt(email: OutgoingEmail) -> None:
    try:
        _send(email)
    # Whatever it is, a time limit included: such a mail is tried again like any other, and some day given up.
    except Exception as error:  # noqa: BLE001 - it is on record
        _postpone_or_give_up(email, error)
    else:
        _settle(email, state=OutgoingEmail.State.SENT, sent_at=timezone.now(), last_error="")


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
