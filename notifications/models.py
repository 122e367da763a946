"""Notifications in the app, outgoing emails, and preferences for both."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.utils import timezone

from applications.models import Application
from jobs.models import Job
from jobs.saving.models import SavedSearch
from notifications.choices import (
    LINK_KINDS,
    STOPPED,
    UNSENT,
    Channel,
    EmailKind,
    EmailState,
    NotificationKind,
)
from notifications.querysets import NotificationQuerySet, OutgoingEmailQuerySet

GIVE_UP_AFTER = timedelta(hours=72)
# Limits the emails that an applicant gets when an employer changes the status again and again.
MAX_DECISIONS = 6
DECISIONS_WINDOW = timedelta(hours=24)
UNNAMED_EMPLOYER = "An employer"


def default_give_up_at() -> datetime:
    """Return until when an email queued now is retried."""
    return timezone.now() + GIVE_UP_AFTER


class Notification(models.Model):
    """Message to a user in the app."""

    notification_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: the indexes below begin with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", db_index=False
    )
    # The employer who wrote it to an applicant; NULL for messages of the system, of administrators and to oneself.
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    # A user whom the message names: it is deleted with that account.
    about = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, editable=False, related_name="+"
    )
    message = models.TextField(max_length=1_000)
    # Unique, so that its cause is told once; NULL where it may be told again.
    dedup_key = models.CharField(max_length=200, null=True, editable=False)
    is_read = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("dedup_key",),
                condition=models.Q(dedup_key__isnull=False),
                name="notifications_notification_unique_dedup_key",
            ),
        )
        indexes = (
            # For the list in the admin site.
            models.Index(fields=("-created_at", "-notification_id"), name="notifications_newest"),
            # For the list of a user, newest first.
            models.Index(fields=("user", "-created_at", "-notification_id"), name="notifications_user_newest"),
            # For erasure and export of the messages that a user wrote.
            models.Index(fields=("sender",), condition=models.Q(sender__isnull=False), name="notifications_user_sent"),
            # For the sweep of read messages.
            models.Index(fields=("created_at",), condition=models.Q(is_read=True), name="notifications_read"),
            # For the unread count.
            models.Index(fields=("user",), condition=models.Q(is_read=False), name="notifications_user_unread"),
        )

    def __str__(self) -> str:
        # Not the message, which may name a user: the log of the admin site keeps this after the account is erased.
        return str(self.pk)

    @property
    def shown_message(self) -> str:
        """The message as the recipient reads it: from an employer, it begins with the company name."""
        if self.sender is None:
            return self.message
        employer = getattr(self.sender, "employer", None)
        return f"{(employer and employer.company_name) or UNNAMED_EMPLOYER}: {self.message}"


class OutgoingEmail(models.Model):
    """Transactional outbox row.

    Written in the transaction of its cause and sent by a worker after the commit. The row is the record: a lost Celery
    message only delays the email.
    """

    email_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40, choices=EmailKind)
    # Unique, so that each cause sends one email.
    dedup_key = models.CharField(max_length=200)
    # NULL where only an address was given: whether it has an account is looked up when the email is sent.
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="outgoing_emails"
    )
    # Another user whom the email names: once sent, the row is deleted with that account.
    about = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    # Set for decisions, whose number per application is limited.
    application = models.ForeignKey(
        Application, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )
    # Of an alert. No foreign key: its email outlives the search.
    saved_search_id = models.UUIDField(null=True, editable=False)
    # The employers whom an alert names, as `about` does.
    named_ids = ArrayField(models.UUIDField(), null=True, editable=False)
    to = models.EmailField()
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField("HTML")
    state = models.CharField(max_length=10, choices=EmailState, default=EmailState.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    # Attempts of unknown outcome: the mail server may have accepted each of them.
    possible_duplicates = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    give_up_at = models.DateTimeField(default=default_give_up_at)
    # End of the lease of the worker that is sending it.
    locked_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    objects = OutgoingEmailQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("dedup_key",), name="notifications_outgoingemail_unique_dedup_key"),
            models.CheckConstraint(
                name="notifications_outgoingemail_kind_known", condition=models.Q(kind__in=EmailKind.values)
            ),
            models.CheckConstraint(
                name="notifications_outgoingemail_state_known", condition=models.Q(state__in=EmailState.values)
            ),
        )
        indexes = (
            # For the list in the admin site.
            models.Index(fields=("-created_at", "-email_id"), name="notifications_email_newest"),
            # For its filter by state.
            models.Index(fields=("state", "-created_at", "-email_id"), name="notifications_email_state"),
            # For its search.
            models.Index(fields=("to",), name="notifications_email_to"),
            # For the sweep of due emails.
            models.Index(
                fields=("next_attempt_at",),
                condition=models.Q(state__in=UNSENT),
                name="notifications_email_unsent",
            ),
            # For the check whether a link was sent to an address recently.
            models.Index(
                fields=("to", "sent_at"),
                condition=models.Q(kind__in=LINK_KINDS),
                name="notifications_email_links",
            ),
            # For the number of decisions about an application within a day.
            models.Index(
                fields=("application", "-next_attempt_at"),
                condition=models.Q(application__isnull=False),
                name="notifications_email_decisions",
            ),
            # For the counts of `/readyz` and `mail_status`.
            models.Index(fields=("state",), condition=models.Q(state__in=STOPPED), name="notifications_email_stopped"),
            # For the count of possible duplicates.
            models.Index(
                fields=("possible_duplicates",),
                condition=models.Q(possible_duplicates__gt=0),
                name="notifications_email_doubtful",
            ),
            # For the emails that name an employer who leaves.
            GinIndex(
                fields=("named_ids",), condition=models.Q(named_ids__isnull=False), name="notifications_email_named"
            ),
            # For the sweep of old bodies.
            models.Index(
                fields=("sent_at",),
                condition=models.Q(state=EmailState.SENT) & ~models.Q(text=""),
                name="notifications_email_bodies",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"


class NotificationPreference(models.Model):
    """Choice of a user that may differ from the default; see `notifications.preferences`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    kind = models.CharField(max_length=40, choices=NotificationKind)
    channel = models.CharField(max_length=10, choices=Channel)
    is_enabled = models.BooleanField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("user", "kind", "channel")
        constraints = (
            models.UniqueConstraint(
                fields=("user", "kind", "channel"), name="notifications_notificationpreference_unique_choice"
            ),
            models.CheckConstraint(
                name="notifications_notificationpreference_kind_known",
                condition=models.Q(kind__in=NotificationKind.values),
            ),
            models.CheckConstraint(
                name="notifications_notificationpreference_channel_known",
                condition=models.Q(channel__in=Channel.values),
            ),
        )
        indexes = (
            # For the digests, which look for employers with is_enabled.
            models.Index(fields=("kind",), condition=models.Q(is_enabled=True), name="notifications_preference_on"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_channel_display()} {'on' if self.is_enabled else 'off'}"


class ToldJob(models.Model):
    """Entry of the ledger of alerts: a job that was told for a saved search, and is not told again."""

    # No index of its own: that of the constraint begins with it.
    saved_search = models.ForeignKey(SavedSearch, on_delete=models.CASCADE, related_name="+", db_index=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("saved_search", "job"), name="notifications_toldjob_once"),)
        indexes = (
            # For the sweep; rows are in the order of time.
            BrinIndex(fields=("told_at",), name="notifications_toldjob_told_at"),
        )

    def __str__(self) -> str:
        return str(self.pk)
