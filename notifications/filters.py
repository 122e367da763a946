"""The parameters of notification lists."""

import django_filters

from anywork.api.filters import BooleanFilter
from notifications.models import Notification


class NotificationFilter(django_filters.FilterSet):
    """Narrows a list of notifications."""

    is_read = BooleanFilter(label="Only those that were read, or were not.")

    class Meta:
        model = Notification
        fields: tuple[str, ...] = ()
