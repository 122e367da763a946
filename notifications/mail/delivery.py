"""Delivery of outgoing emails to the SMTP server.

A row is claimed by a lease, not by a lock, which would end with the worker's database connection.
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
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, Q
from django.utils import timezone

from anywork.operations.request_id import begin_request
from notifications.choices import Channel, EmailState
from notifications.mail.one_time_links import insert_link
from notifications.mail.smtp import Message, NoFinalReplyError, connections
from notifications.mail.unsubscribing import unsubscribe_url
from notifications.models import DECISIONS_WINDOW, GIVE_UP_AFTER, MAX_DECISIONS, OutgoingEmail
from notifications.preferences import is_chosen, is_optional

logger = logging.getLogger(__name__)

# Longer than the hard time limit of a task, so that two attempts never overlap.
LEASE = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + 90)
# An alert is no news later.
ALERT_AGE = timedelta(hours=24)
# While a backup runs, the index of unsent emails has an entry for each one sent since: tasks do not go through all.
RECENT = timedelta(minutes=1)
FIRST_RETRY_SECONDS = 10
MAX_RETRY_SECONDS = 3_600
# Allowed attempts of unknown outcome; one more, and the email is given up for an administrator to decide.
MAX_POSSIBLE_DUPLICATES = 3
# How long the outcome of an attempt waits for an unavailable database, so that the email is not sent again.
SAVE_TIMEOUT_SECONDS = 30
SAVE_RETRY_SECONDS = 0.5

# RFC 5321, section 4.2.1: 5yz replies are permanent.
PERMANENT = 500
# RFC 4954, section 6: our credentials are wrong or missing.
AUTHENTICATION_REPLIES = frozenset({530, 534, 535})

# Raw SQL, because the ORM's UPDATE returns no rows: one round trip and commit instead of four. The condition is that of
# OutgoingEmailQuerySet.due. An abandoned row was claimed by a worker that died or lost the database, before or after
# the mail server accepted the email. An email that is past its time but was never attempted is still sent.
#
# The same statement settles the email that was sent before, so that a worker has one round trip and commit an email,
# and never more than one in doubt.
_CLAIM = """
    WITH settled AS (
        UPDATE notifications_outgoingemail
        SET state = 'sent', sent_at = %(now)s, locked_until = NULL, last_error = ''
        WHERE email_id = %(sent_id)s AND state = 'sending' AND attempts = %(attempts)s
        RETURNING email_id
    ),
    -- Materialized: PostgreSQL may run a locking subquery more than once, and each time it locks another row.
    due AS MATERIALIZED (
        SELECT email_id, state = 'sending' AS is_abandoned, state = 'sending'
            AND (give_up_at <= %(now)s OR possible_duplicates >= %(max_possible_duplicates)s) AS is_hopeless
        FROM notifications_outgoingemail
        WHERE (
                state IN ('queued', 'retry') AND next_attempt_at <= %(now)s
                OR state = 'sending' AND locked_until < %(now)s
            )
            -- Implied; only so does PostgreSQL use the index of unsent emails in its order, and stop at the first.
            AND state IN ('queued', 'retry', 'sending')
            AND (%(email_id)s IS NULL OR email_id = %(email_id)s)
            AND (%(since)s IS NULL OR next_attempt_at >= %(since)s)
            AND email_id IS DISTINCT FROM %(sent_id)s
            -- Settled first: a lock that is waited for while another one is held could be a deadlock.
            AND (SELECT count(*) FROM settled) >= 0
        ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE notifications_outgoingemail AS email SET
        state = CASE WHEN is_hopeless THEN 'dead' ELSE 'sending' END,
        locked_until = CASE WHEN is_hopeless THEN NULL ELSE %(now)s + %(lease)s END,
        attempts = attempts + (NOT is_hopeless)::int,
        possible_duplicates = possible_duplicates + is_abandoned::int,
        last_error = CASE WHEN is_hopeless THEN 'No attempt was completed' ELSE last_error END
    FROM due
    WHERE email.email_id = due.email_id
    RETURNING email.*, (
        SELECT is_enabled FROM notifications_notificationpreference
        WHERE (user_id, kind, channel) = (email.recipient_id, email.kind, 'email')
    ) AS choice, (
        SELECT NOT is_active FROM accounts_user WHERE user_id = email.recipient_id
    ) AS is_blocked, (
        email.kind = 'job_alert' AND (
            email.created_at <= %(now)s - %(alert_age)s
            OR NOT EXISTS (
                SELECT FROM jobs_savedsearch AS search
                WHERE search.saved_search_id = email.saved_search_id AND frequency <> 'off'
            )
        )
    ) AS is_over
"""


def message_id(email: OutgoingEmail) -> str:
    """Return the Message-ID, the same for every attempt, so that mail servers can recognize duplicates."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{email.pk}@{domain}>"


def deliver_next() -> bool:
    """Send the email that has been due the longest; return False if there is none."""
    return bool(deliver_due(until=0))


def deliver_due(*, until: float, first: UUID | None = None) -> int:
    """Send emails, those due the longest first, until there are none or it is `until`; return how many were claimed.

    With `first`, send that one first; emails that have been due for longer, or for longer than RECENT, are left to the
    sweep.
    """
    claimed = 0
    email = _claim(first)
    if email is None and first and time.monotonic() < until:
        # Another task has sent it: those that have no task yet go before the tasks that have nothing left to do.
        email = _claim(since=timezone.now() - RECENT)
    while email is not None:
        claimed += 1
        is_accepted = _deliver(email)
        if time.monotonic() < until:
            email = _claim_after(email, is_accepted=is_accepted)
            # Log lines name the request that sent the task, which is not that of the next email.
            begin_request("-", network="")
        else:
            if is_accepted:
                _save_outcome(email, **_sent())
            break
    return claimed


def _claim(email_id: UUID | None = None, *, sent: Any = None, since: datetime | None = None) -> Any:
    """Settle the email `sent`, and claim a due one, or give it up; return that one, or None.

    It is the one with this id, or the first, or the first that has not been due before `since`.

    `choice` of the email is the recipient's preference for such emails, None for the default. `is_over` is an alert
    that is older than ALERT_AGE, or whose saved search is off or deleted.
    """
    claimed = OutgoingEmail.objects.raw(
        _CLAIM,
        {
            "email_id": email_id,
            "sent_id": sent and sent.pk,
            "attempts": sent and sent.attempts,
            "since": since,
            "now": timezone.now(),
            "lease": LEASE,
            "max_possible_duplicates": MAX_POSSIBLE_DUPLICATES,
            "alert_age": ALERT_AGE,
        },
    )
    return next(iter(claimed), None)


def _claim_after(email: Any, *, is_accepted: bool) -> Any:
    """Claim the next due email; settle `email` with it if it was accepted."""
    # As for RECENT.
    since = email.next_attempt_at
    if not is_accepted:
        return _claim(since=since)
    try:
        return _claim(sent=email, since=since)
    except (OperationalError, InterfaceError):
        # It may have been executed, or not: the email that it has claimed then waits for the end of the lease.
        if connection.in_atomic_block:
            raise
        connection.close()
        _save_outcome(email, **_sent())
        return None


def _deliver(email: Any) -> bool:
    """Send a claimed email, unless it must not be sent; return whether it was accepted, and is to be settled."""
    if email.state == EmailState.DEAD:
        logger.error("Email %s given up: no attempt was completed.", email.pk)
    elif not insert_link(email):
        email.delete()
    elif email.recipient_id and (
        email.is_blocked or email.is_over or not is_chosen(email.choice, email.kind, Channel.EMAIL)
    ):
        # The recipient was blocked or has switched this kind off since it was queued.
        _save_outcome(email, state=EmailState.SKIPPED, text="", html="")
    elif not email.to.isascii():
        # An address without a canonical form: mail servers would use another domain.
        logger.error("Email %s given up: its address is not in the canonical form.", email.pk)
        _save_outcome(email, state=EmailState.DEAD, last_error="Address not in the canonical form")
    elif due_at := _deferred_until(email):
        # This was no attempt; the time to retry begins at `due_at`.
        _save_outcome(
            email,
            state=EmailState.QUEUED,
            attempts=email.attempts - 1,
            next_attempt_at=due_at,
            give_up_at=due_at + GIVE_UP_AFTER,
        )
    else:
        return _attempt(email)
    return False


def _deferred_until(email: OutgoingEmail) -> datetime | None:
    """Return when to send a decision, if its application had MAX_DECISIONS emails within DECISIONS_WINDOW.

    `queue_decision_email` counts emails by when they are due; here they are counted by when they were sent, which is
    later if no worker ran.
    """
    if email.application_id is None or email.attempts > 1:
        return None
    now = timezone.now()
    latest = list(
        OutgoingEmail.objects.filter(
            Q(state=EmailState.SENT, sent_at__gt=now - DECISIONS_WINDOW) | Q(state=EmailState.SENDING),
            application=email.application_id,
        )
        .exclude(pk=email.pk)
        .order_by(F("sent_at").desc(nulls_first=True))
        .values_list("sent_at", flat=True)[:MAX_DECISIONS]
    )
    return (latest[-1] or now) + DECISIONS_WINDOW if len(latest) == MAX_DECISIONS else None


def _attempt(email: OutgoingEmail) -> bool:
    try:
        _send(email)
    # Also a time limit, or a bug: the email is retried like any other, and given up after GIVE_UP_AFTER.
    except Exception as error:  # noqa: BLE001 - it is recorded
        _postpone_or_give_up(email, error)
        return False
    return True


def _send(email: OutgoingEmail) -> None:
    headers = {"Message-ID": message_id(email), "Auto-Submitted": "auto-generated"}
    if email.recipient_id and is_optional(email.kind):
        # RFC 8058: one-click unsubscribe in the mail client.
        headers["List-Unsubscribe"] = f"<{unsubscribe_url(email.recipient_id, email.kind, email.saved_search_id)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    with connections.take() as mail_server:
        message = Message(
            subject=email.subject,
            body=email.text,
            to=[email.to],
            headers=headers,
            connection=mail_server,
            boundary=f"=_{email.pk.hex}",
        )
        message.attach_alternative(email.html, "text/html")
        message.send()


def _postpone_or_give_up(email: OutgoingEmail, error: Exception) -> None:
    now = timezone.now()
    # Without the text of the reply, which may quote the address.
    reason = f"{type(error).__name__} {_reply_code(error) or ''}".strip()
    duplicates = {}
    if isinstance(error, NoFinalReplyError):
        email.possible_duplicates += 1
        duplicates = {"possible_duplicates": F("possible_duplicates") + 1}
    has_too_many_duplicates = email.possible_duplicates > MAX_POSSIBLE_DUPLICATES
    if _is_permanent(error) or has_too_many_duplicates or now >= email.give_up_at:
        logger.error("Email %s given up: %s", email.pk, reason)
        _save_outcome(email, state=EmailState.DEAD, last_error=reason, **duplicates)
        return
    # Full jitter, so that not all emails are retried at the same time.
    ceiling = min(MAX_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (email.attempts - 1))
    delay = timedelta(seconds=random.uniform(0, ceiling))  # noqa: S311 - not for security
    logger.warning("Email %s will be tried again: %s", email.pk, reason)
    _save_outcome(email, state=EmailState.RETRY, next_attempt_at=now + delay, last_error=reason, **duplicates)


def _sent() -> dict[str, Any]:
    return {"state": EmailState.SENT, "sent_at": timezone.now(), "last_error": ""}


def _save_outcome(email: OutgoingEmail, **values: object) -> None:
    # Only if no other worker has claimed the row since the lease expired.
    own = OutgoingEmail.objects.filter(pk=email.pk, state=EmailState.SENDING, attempts=email.attempts)
    until = time.monotonic() + SAVE_TIMEOUT_SECONDS
    while True:
        try:
            own.update(locked_until=None, **values)
        except (OperationalError, InterfaceError):
            # The email may have been sent: wait for the database to restart.
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            connection.close()
            time.sleep(SAVE_RETRY_SECONDS)
        else:
            return


def _is_permanent(error: Exception) -> bool:
    # Only a refused recipient or message. A refused connection, sender or login is our error, and the email is retried.
    if not isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
        return False
    code = _reply_code(error)
    return code is not None and code >= PERMANENT and code not in AUTHENTICATION_REPLIES


def _reply_code(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else None
