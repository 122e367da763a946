"""Filters of notifications."""

from anywork.api.filters import BooleanFilter, FilterSet
from notifications.models import Notification


class NotificationFilter(FilterSet):
    is_read = BooleanFilter(label="Only read, or only unread ones.")

    class Meta:
        model = Notification
        fields: tuple[str, ...] = ()
