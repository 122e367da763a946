"""The parameters of notification lists."""

import django_filters

from notifications.models import Notification


class NotificationFilter(django_filters.FilterSet):
    """Narrows a list of notifications."""

    is_read = django_filters.BooleanFilter()

    class Meta:
        model = Notification
        fields: tuple[str, ...] = ()
