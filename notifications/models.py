"""Notifications in the app, and mails on their way out."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from notifications.querysets import NotificationQuerySet, OutgoingEmailQuerySet

GIVE_UP_AFTER = timedelta(hours=72)


def default_give_up_at() -> datetime:
    """Return until when a mail that is written now is retried."""
    return timezone.now() + GIVE_UP_AFTER


class Notification(models.Model):
    """A line that a user finds in the app."""

    notification_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
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
            # Serves the unread count.
            models.Index(fields=("user",), condition=models.Q(is_read=False), name="notifications_user_unread"),
        )

    def __str__(self) -> str:
        # Not the message: the log of the admin site keeps this for longer than whoever is named in it may stay.
        return str(self.pk)


class OutgoingEmail(models.Model):
    """A mail that was promised when its cause was committed. This row is the record; a queued message only a hint."""

    class Kind(models.TextChoices):
        APPLICATION_RECEIVED = "application_received", "Application received"
        APPLICATION_ACCEPTED = "application_accepted", "Application accepted"
        APPLICATION_REJECTED = "application_rejected", "Application rejected"
        EMAIL_VERIFICATION = "email_verification", "Confirm the e-mail address"
        PASSWORD_RESET = "password_reset", "Reset the password"
        PASSWORD_CHANGED = "password_changed", "Password changed"
        GOOGLE_LINKED = "google_linked", "Google account linked"

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        SENDING = "sending", "Sending"
        RETRY = "retry", "Waiting to retry"
        SENT = "sent", "Sent"
        DEAD = "dead", "Given up"
        HELD = "held", "Held"

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
    to = models.EmailField()
    subject = models.CharField(max_length=255)
    text = models.TextField()
    html = models.TextField("HTML")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
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
                    ]
                ),
            ),
            models.CheckConstraint(
                name="notifications_outgoingemail_state_known",
                condition=models.Q(state__in=["queued", "sending", "retry", "sent", "dead", "held"]),
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
                condition=models.Q(kind__in=["email_verification", "password_reset"]),
                name="notifications_email_links",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"
