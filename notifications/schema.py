"""How notifications read in the OpenAPI schema."""

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError

from anywork.api.schema import documented, operation
from notifications.preferences import DEFAULTS
from notifications.serializers import (
    NotificationCreateSerializer,
    NotificationSerializer,
    PreferencesSerializer,
)

NOTIFICATION_INPUT = {
    "user": "89824eaf-233f-45e1-a417-262e8333c977",
    "message": "Your application has been reviewed.",
    "is_read": False,
}
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
        "The caller's own, newest first. They appear by themselves: to the employer when somebody applies, to the "
        "seeker when the status changes. What an employer wrote reads `<company_name>: <text>`, or "
        "`An employer: <text>` without a name.",
        response=[NOTIFICATION],
        errors=(ValidationError({"is_read": ["Enter true or false."]}),),
    ),
    create=operation(
        "To oneself; employers also to the applicants of their jobs, administrators to anybody. An employer's message "
        "to an applicant holds no web address (`://`, `www.`); the response shows it as it was sent, the applicant "
        "reads it after the company's name.",
        request=NotificationCreateSerializer,
        responses={201: NotificationSerializer},
        body=NOTIFICATION_INPUT,
        response=NOTIFICATION,
        errors=(PermissionDenied("You may notify yourself and the applicants of your own jobs only."),),
    ),
    retrieve=operation("One of the caller's own.", response=NOTIFICATION),
    partial_update=operation(
        "Or as unread again. Nothing else of it can be changed.",
        body={"is_read": True},
        response={**NOTIFICATION, "is_read": True},
        errors=(ValidationError({"is_read": ["Must be a valid boolean."]}),),
    ),
    destroy=operation("One of the caller's own."),
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
    get=operation(
        request=None,
        responses=PreferencesSerializer,
        response=DEFAULTS,
    ),
    put=operation(
        request=PreferencesSerializer,
        responses=PreferencesSerializer,
        body={"new_application": {"email": True}, "applications_digest": {"email": False}},
        response={**DEFAULTS, "new_application": {"email": True, "in_app": True}},
        errors=(ValidationError({"new_application": {"email": ["Must be a valid boolean."]}}),),
    ),
)
