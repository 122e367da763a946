"""Serializers of notifications and preferences."""

from typing import Any

from rest_framework import serializers

from anywork.api.fields import BooleanField, TextField, UUIDField
from anywork.api.serializers import ModelSerializer
from notifications.models import Notification


class NotificationSerializer(ModelSerializer[Notification]):
    """A notification as its recipient reads it; only `is_read` can be changed."""

    message = serializers.CharField(source="shown_message", read_only=True)

    class Meta:
        model = Notification
        fields = ("notification_id", "message", "is_read", "created_at", "user")
        read_only_fields = ("notification_id", "message", "created_at", "user")


class SentNotificationSerializer(NotificationSerializer):
    """A notification as its sender wrote it."""

    message = serializers.CharField(read_only=True)


class NotificationCreateSerializer(serializers.Serializer[Any]):
    """Request to notify a user."""

    user = UUIDField()
    message = TextField(max_length=1_000)
    is_read = BooleanField(default=False)


class EmailChoiceSerializer(serializers.Serializer[Any]):
    """Choice for email only."""

    email = BooleanField(required=False)


class InAppChoiceSerializer(serializers.Serializer[Any]):
    """Choice for notifications in the app only."""

    in_app = BooleanField(required=False)


class ChannelChoiceSerializer(serializers.Serializer[Any]):
    """Choices for email and notifications in the app."""

    email = BooleanField(required=False)
    in_app = BooleanField(required=False)


class PreferencesSerializer(serializers.Serializer[Any]):
    """Notification preferences of a user, by kind and channel."""

    application_received = EmailChoiceSerializer(required=False, help_text="To job seekers: application received.")
    application_accepted = ChannelChoiceSerializer(required=False, help_text="To job seekers: application accepted.")
    application_rejected = ChannelChoiceSerializer(required=False, help_text="To job seekers: application rejected.")
    application_updated = InAppChoiceSerializer(
        required=False, help_text="To job seekers: application reviewed, pending again or withdrawn."
    )
    job_closed = ChannelChoiceSerializer(
        required=False, help_text="To job seekers: the employer closed a job while the application was undecided."
    )
    job_alert = EmailChoiceSerializer(required=False, help_text="To job seekers: new jobs of saved searches.")
    saved_job_closing = ChannelChoiceSerializer(
        required=False, help_text="To job seekers: three days before a saved job closes."
    )
    new_application = ChannelChoiceSerializer(required=False, help_text="To employers: each new application.")
    applications_digest = EmailChoiceSerializer(
        required=False, help_text="To employers: a daily summary of new applications."
    )
    application_withdrawn = EmailChoiceSerializer(required=False, help_text="To employers: application withdrawn.")
