"""Notifications as JSON."""

from typing import Any

from rest_framework import serializers

from anywork.api.fields import BooleanField, TextField, UUIDField
from anywork.api.serializers import ModelSerializer
from notifications.models import Notification


class NotificationSerializer(ModelSerializer[Notification]):
    """A line that a user finds in the app; only `is_read` can be changed."""

    class Meta:
        model = Notification
        fields = ("notification_id", "message", "is_read", "created_at", "user")
        read_only_fields = ("notification_id", "message", "created_at", "user")


class NotificationCreateSerializer(serializers.Serializer[Any]):
    """A message to somebody."""

    user = UUIDField()
    message = TextField(max_length=1_000)
    is_read = BooleanField(default=False)
