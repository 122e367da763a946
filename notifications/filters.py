"""Filters of notifications."""

from anywork.api.filters import BooleanFilter, FilterSet, TimestampFilter
from notifications.models import Notification


class NotificationFilter(FilterSet):
    is_read = BooleanFilter(label="Only read, or only unread ones.")
    created_after = TimestampFilter(
        field_name="created_at",
        lookup_expr="gt",
        label="Created after this time. Rows become visible when their transaction ends, up to some seconds after "
        "`created_at`: to miss none, ask from half a minute before the newest one that you have.",
    )

    class Meta:
        model = Notification
        fields: tuple[str, ...] = ()
