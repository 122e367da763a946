"""OpenAPI documentation of notifications and preferences."""

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from anywork.api.schema import documented, operation
from notifications.preferences import DEFAULTS
from notifications.serializers import NotificationCreateSerializer, NotificationSerializer, PreferencesSerializer
from notifications.services import may_not_notify

NOTIFICATION = {
    "notification_id": "7c02c6f8-c9c8-44ce-94e6-75ab62a9a3c5",
    "message": "Your application has been reviewed.",
    "is_read": False,
    "created_at": "2030-03-06T23:30:42.578432Z",
    "user": "89824eaf-233f-45e1-a417-262e8333c977",
}

notifications_documented = documented(
    "Notifications",
    noun="notification",
    list=operation(
        "The caller's own notifications, newest first. Employers are notified of new applications, job seekers of "
        "changes of the status. A message from an employer begins with `<company_name>: `, or `An employer: ` without "
        "a name.",
        response=[NOTIFICATION],
        errors=(ValidationError({"is_read": ["Enter true or false."]}),),
    ),
    create=operation(
        "To the caller; for employers also to applicants of their jobs, for administrators to any user. A message from "
        "an employer to an applicant may not contain a web address (`://`, `www.`). The applicant reads it with the "
        "company name in front.",
        request=NotificationCreateSerializer,
        responses={201: NotificationSerializer},
        body={name: NOTIFICATION[name] for name in ("user", "message", "is_read")},
        response=NOTIFICATION,
        errors=(may_not_notify(),),
    ),
    retrieve=operation("One of the caller's own notifications.", response=NOTIFICATION),
    partial_update=operation(
        "Mark it as read or unread; nothing else can be changed.",
        body={"is_read": True},
        response={**NOTIFICATION, "is_read": True},
        errors=(ValidationError({"is_read": ["Must be a valid boolean."]}),),
    ),
    destroy=operation("Only for the caller."),
    unread_count=operation(
        request=None,
        responses=inline_serializer("UnreadCount", {"unread_count": serializers.IntegerField(min_value=0)}),
        response={"unread_count": 3},
    ),
    mark_all_read=operation(
        request=None,
        responses=inline_serializer("MarkedAsRead", {"updated": serializers.IntegerField(min_value=0)}),
        response={"updated": 3},
    ),
)

preferences_documented = documented(
    "Notifications",
    get=operation(request=None, responses=PreferencesSerializer, response=DEFAULTS),
    put=operation(
        request=PreferencesSerializer,
        responses=PreferencesSerializer,
        body={"new_application": {"email": True}, "applications_digest": {"email": False}},
        response={**DEFAULTS, "new_application": {"email": True, "in_app": True}},
        errors=(ValidationError({"new_application": {"email": ["Must be a valid boolean."]}}),),
    ),
)
