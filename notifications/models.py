"""Notifications in the app, and mails on their way out."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from applications.models import Application
from notifications.querysets import NotificationQuerySet, OutgoingEmailQuerySet

GIVE_UP_AFTER = timedelta(hours=72)
# An employer that changes an application's status 120 times must not flood the applicant.
DECISIONS_A_DAY = 6
DECISIONS_WINDOW = timedelta(hours=24)
UNNAMED_EMPLOYER = "An employer"


def default_give_up_at() -> datetime:
    """Return until when a mail that is written now is retried."""
    return timezone.now() + GIVE_UP_AFTER


class Notification(models.Model):
    """A line that a user finds in the app."""

    notification_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Without an index of its own: those below begin with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", db_index=False
    )
    # The employer who wrote it to another user; NULL of the system, of administrators and to oneself.
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    # Somebody whom the message names: it goes with them.
    about = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, editable=False, related_name="+"
    )
    message = models.TextField(max_length=1_000)
    is_read = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (
            # Serves a user's list, newest first.
            models.Index(fields=("user", "-created_at", "-notification_id"), name="notifications_user_newest"),
            # Serves erasure and export of what a user wrote.
            models.Index(fields=("sender",), condition=models.Q(sender__isnull=False), name="notifications_user_sent"),
            # Serves the unread count.
            models.Index(fields=("user",), condition=models.Q(is_read=False), name="notifications_user_unread"),
        )

    def __str__(self) -> str:
        # Not the message: the log of the admin site keeps this for longer than whoever is named in it may stay.
        return str(self.pk)

    @property
    def shown_message(self) -> str:
        """The message as its recipient reads it: an employer's begins with the company's name."""
        if self.sender is None:
            return self.message
        employer = getattr(self.sender, "employer", None)
        return f"{(employer and employer.company_name) or UNNAMED_EMPLOYER}: {self.message}"


class OutgoingEmail(models.Model):
    """A mail that was promised when its cause was committed. This row is the record; a queued message only a hint."""

    class Kind(models.TextChoices):
        APPLICATION_RECEIVED = "application_received", "Application received"
        APPLICATION_ACCEPTED = "application_accepted", "Application accepted"
        APPLICATION_REJECTED = "application_rejected", "Application rejected"
        EMAIL_VERIFICATION = "email_verification", "Confirm the email address"
        PASSWORD_RESET = "password_reset", "Reset the password"
        PASSWORD_CHANGED = "password_changed", "Password changed"
        GOOGLE_LINKED = "google_linked", "Google account linked"
        NEW_APPLICATION = "new_application", "New application"
        APPLICATIONS_DIGEST = "applications_digest", "New applications of a day"
        APPLICATION_WITHDRAWN = "application_withdrawn", "Application withdrawn"
        EMAIL_CHANGE = "email_change", "Confirm the new email address"
        EMAIL_CHANGED = "email_changed", "Email address changed"
        REFRESH_TOKEN_REUSED = "refresh_token_reused", "Refresh token used again"
        SIGN_IN_FAILURES = "sign_in_failures", "Many failed sign-ins"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        RETRY = "retry", "Waiting to retry"
        SENT = "sent", "Sent"
        DEAD = "dead", "Given up"
        HELD = "held", "Held"
        # Switched off between the promise and the sending.
        SKIPPED = "skipped", "Not wanted any more"

    email_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40, choices=Kind)
    # One mail for each cause: what announces a cause twice meets this.
    dedup_key = models.CharField(max_length=200)
    # NULL where the address alone was given: whether anybody has it is found out when the mail is sent.
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="outgoing_emails"
    )
    # Somebody else whom the mail names: once it has arrived, its row goes with them.
    about = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    # Of a decision: what the number of such mails a day is bounded for.
    application = models.ForeignKey(
        Application, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )
    to = models.EmailField()
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField("HTML")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    # Attempts whose end nobody saw: the mail server may have taken each of them.
    possible_duplicates = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    give_up_at = models.DateTimeField(default=default_give_up_at)
    # The lease of the worker that is sending it.
    locked_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)

    objects = OutgoingEmailQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("dedup_key",), name="notifications_outgoingemail_unique_dedup_key"),
            models.CheckConstraint(
                name="notifications_outgoingemail_kind_known",
                condition=models.Q(
                    kind__in=[
                        "application_received",
                        "application_accepted",
                        "application_rejected",
                        "email_verification",
                        "password_reset",
                        "password_changed",
                        "google_linked",
                        "new_application",
                        "applications_digest",
                        "application_withdrawn",
                        "email_change",
                        "email_changed",
                        "refresh_token_reused",
                        "sign_in_failures",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="notifications_outgoingemail_state_known",
                condition=models.Q(state__in=["queued", "sending", "retry", "sent", "dead", "held", "skipped"]),
            ),
        )
        indexes = (
            # Serves the sweep for what is due.
            models.Index(
                fields=("next_attempt_at",),
                condition=models.Q(state__in=["queued", "sending", "retry"]),
                name="notifications_email_unsent",
            ),
            # Serves the look for a link that somebody got a moment ago.
            models.Index(
                fields=("to", "sent_at"),
                condition=models.Q(kind__in=["email_verification", "password_reset", "email_change"]),
                name="notifications_email_links",
            ),
            # Serves the number of an application's decision mails within a day.
            models.Index(
                fields=("application", "-next_attempt_at"),
                condition=models.Q(application__isnull=False),
                name="notifications_email_decisions",
            ),
            # Serves the counts of `/readyz` and `mail_status`.
            models.Index(
                fields=("state",), condition=models.Q(state__in=["dead", "held"]), name="notifications_email_stopped"
            ),
            # Serves the count of possible duplicates.
            models.Index(
                fields=("possible_duplicates",),
                condition=models.Q(possible_duplicates__gt=0),
                name="notifications_email_doubtful",
            ),
            # Serves the sweep of bodies.
            models.Index(
                fields=("sent_at",),
                condition=models.Q(state="sent") & ~models.Q(text=""),
                name="notifications_email_bodies",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"


class NotificationPreference(models.Model):
    """What a user chose other than the default, by kind of news and by channel; see `notifications.preferences`."""

    class Kind(models.TextChoices):
        APPLICATION_RECEIVED = "application_received", "Receipt of one's application"
        APPLICATION_ACCEPTED = "application_accepted", "One's application was accepted"
        APPLICATION_REJECTED = "application_rejected", "One's application was rejected"
        APPLICATION_UPDATED = "application_updated", "Another change of one's application"
        NEW_APPLICATION = "new_application", "New application, at once"
        APPLICATIONS_DIGEST = "applications_digest", "New applications, once a day"
        APPLICATION_WITHDRAWN = "application_withdrawn", "Application withdrawn"

    class Channel(models.TextChoices):
        EMAIL = "email", "Email"
        IN_APP = "in_app", "In the app"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    kind = models.CharField(max_length=40, choices=Kind)
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
                condition=models.Q(
                    kind__in=[
                        "application_received",
                        "application_accepted",
                        "application_rejected",
                        "application_updated",
                        "new_application",
                        "applications_digest",
                        "application_withdrawn",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="notifications_notificationpreference_channel_known",
                condition=models.Q(channel__in=["email", "in_app"]),
            ),
        )
        indexes = (
            # Serves the digests: who wants one.
            models.Index(fields=("kind",), condition=models.Q(is_enabled=True), name="notifications_preference_on"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_channel_display()} {'on' if self.is_enabled else 'off'}"
