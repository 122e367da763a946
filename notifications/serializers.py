"""Notifications as JSON."""

from typing import Any

from rest_framework import serializers

from notifications.models import Notification


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """A line that a user finds in the app; only `is_read` can be changed."""

    class Meta:
        model = Notification
        fields = ("notification_id", "message", "is_read", "created_at", "user")
        read_only_fields = ("notification_id", "message", "created_at", "user")


class NotificationCreateSerializer(serializers.Serializer[Any]):
    """A message to somebody."""

    user = serializers.UUIDField()
    message = serializers.CharField(max_length=1_000)
    is_read = serializers.BooleanField(default=False)
