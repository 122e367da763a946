"""Views of notifications and preferences."""

from typing import Any, cast

from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from anywork.api.pagination import WholeListPagination
from anywork.api.viewsets import CRUDViewSet, OfferedMethodsMixin, TaggedListMixin
from notifications import serializers
from notifications.filters import NotificationFilter
from notifications.models import Notification
from notifications.preferences import change_preferences, preferences_of
from notifications.querysets import NotificationQuerySet
from notifications.schema import notifications_documented, preferences_documented
from notifications.services import notify


@notifications_documented
class NotificationViewSet(TaggedListMixin, CRUDViewSet):
    """The caller's notifications."""

    serializer_class = serializers.NotificationSerializer
    filterset_class = NotificationFilter
    pagination_class = WholeListPagination
    lookup_url_kwarg = "notification_id"
    staff_permissions = False
    throttle_scopes = {"create": "notify"}
    http_method_names = ["get", "head", "post", "patch", "delete"]

    def get_queryset(self) -> NotificationQuerySet:
        return Notification.objects.visible_to(self.caller)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = serializers.NotificationCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        notification = notify(
            actor=self.caller, user_id=values["user"], message=values["message"], is_read=values["is_read"]
        )
        return Response(serializers.SentNotificationSerializer(notification).data, status=status.HTTP_201_CREATED)

    @action(detail=False, url_path="unread-count", filterset_class=None, pagination_class=None)
    def unread_count(self, request: Request, **kwargs: Any) -> Response:
        """Count unread notifications.

        Returns the number of unread notifications.
        """
        return Response({"unread_count": self.get_queryset().unread().count()})

    @action(detail=False, methods=["post"], url_path="mark-all-read", filterset_class=None, pagination_class=None)
    def mark_all_read(self, request: Request, **kwargs: Any) -> Response:
        """Mark all notifications as read.

        There is no request body. `updated` is the number of notifications that were unread.
        """
        return Response({"updated": self.get_queryset().unread().update(is_read=True)})


@preferences_documented
class PreferencesView(OfferedMethodsMixin, APIView):
    """Notification preferences of the caller."""

    def get(self, request: Request) -> Response:
        """Retrieve my notification preferences.

        By kind and channel: `email`, or `in_app` for notifications. The example shows the defaults: job seekers get
        emails, employers do not.
        """
        return Response(preferences_of(cast("User", request.user)))

    def put(self, request: Request) -> Response:
        """Change my notification preferences.

        Preferences that the body leaves out stay the same. Queued emails of a kind that is switched off are not
        sent. Emails about the account itself cannot be switched off.
        """
        body = serializers.PreferencesSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        change_preferences(user=cast("User", request.user), choices=body.validated_data)
        return self.get(request)
