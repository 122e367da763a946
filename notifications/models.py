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
        return self.message


class OutgoingEmail(models.Model):
    """A mail that was promised when its cause was committed. This row is the record; a queued message only a hint."""

    class Kind(models.TextChoices):
        APPLICATION_RECEIVED = "application_received", "Application received"
        APPLICATION_ACCEPTED = "application_accepted", "Application accepted"
        APPLICATION_REJECTED = "application_rejected", "Application rejected"

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
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="outgoing_emails")
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
                condition=models.Q(kind__in=["application_received", "application_accepted", "application_rejected"]),
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
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"
