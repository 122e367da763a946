"""Notifications as JSON."""

from typing import Any

from rest_framework import serializers

from anywork.api.fields import BooleanField, TextField, UUIDField
from anywork.api.serializers import ModelSerializer
from notifications.models import Notification


class NotificationSerializer(ModelSerializer[Notification]):
    """A notification, as its recipient reads it; only `is_read` can be changed."""

    message = serializers.CharField(source="shown_message", read_only=True)

    class Meta:
        model = Notification
        fields = ("notification_id", "message", "is_read", "created_at", "user")
        read_only_fields = ("notification_id", "message", "created_at", "user")


class SentNotificationSerializer(NotificationSerializer):
    """A notification, as its sender wrote it."""

    message = serializers.CharField(read_only=True)


class NotificationCreateSerializer(serializers.Serializer[Any]):
    """A message to somebody."""

    user = UUIDField()
    message = TextField(max_length=1_000)
    is_read = BooleanField(default=False)


class EmailChoiceSerializer(serializers.Serializer[Any]):
    """News that come by mail alone."""

    email = BooleanField(required=False)


class InAppChoiceSerializer(serializers.Serializer[Any]):
    """News that are found in the app alone."""

    in_app = BooleanField(required=False)


class ChannelChoiceSerializer(serializers.Serializer[Any]):
    """News that come by mail and are found in the app."""

    email = BooleanField(required=False)
    in_app = BooleanField(required=False)


class PreferencesSerializer(serializers.Serializer[Any]):
    """What somebody wants to be told, by kind of news and by channel."""

    application_received = EmailChoiceSerializer(required=False, help_text="To seekers: your application has arrived.")
    application_accepted = ChannelChoiceSerializer(required=False, help_text="To seekers: your application succeeded.")
    application_rejected = ChannelChoiceSerializer(required=False, help_text="To seekers: it did not.")
    application_updated = InAppChoiceSerializer(
        required=False, help_text="To seekers: reviewed, pending again, withdrawn."
    )
    new_application = ChannelChoiceSerializer(required=False, help_text="To employers: each new application, at once.")
    applications_digest = EmailChoiceSerializer(
        required=False, help_text="To employers: the new applications of a day in one mail."
    )
    application_withdrawn = EmailChoiceSerializer(
        required=False, help_text="To employers: an application was withdrawn."
    )
