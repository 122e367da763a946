"""The parameters of notification lists."""

from anywork.api.filters import BooleanFilter, FilterSet
from notifications.models import Notification


class NotificationFilter(FilterSet):
    """Narrows a list of notifications."""

    is_read = BooleanFilter(label="Only those that were read, or were not.")

    class Meta:
        model = Notification
        fields: tuple[str, ...] = ()
