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
    list=operation(
        "List notifications",
        "The caller's own, newest first. They appear by themselves: to the employer when somebody applies, to the "
        "seeker when the status changes. What an employer wrote reads `<company_name>: <text>`, or "
        "`An employer: <text>` without a name.",
        answer=[NOTIFICATION],
        errors=(ValidationError({"is_read": ["Enter true or false."]}),),
    ),
    create=operation(
        "Send a notification",
        "To oneself; employers also to the applicants of their jobs, administrators to anybody. An employer's message "
        "to an applicant holds no web address (`://`, `www.`); the response shows it as it was sent, the applicant "
        "reads it after the company's name.",
        request=NotificationCreateSerializer,
        responses={201: NotificationSerializer},
        body=NOTIFICATION_INPUT,
        answer=NOTIFICATION,
        errors=(PermissionDenied("You may notify yourself and the applicants of your own jobs only."),),
    ),
    retrieve=operation("Show a notification", "One of the caller's own.", answer=NOTIFICATION),
    partial_update=operation(
        "Mark a notification as read",
        "Or as unread again. Nothing else of it can be changed.",
        body={"is_read": True},
        answer={**NOTIFICATION, "is_read": True},
        errors=(ValidationError({"is_read": ["Must be a valid boolean."]}),),
    ),
    destroy=operation("Delete a notification", "One of the caller's own."),
    unread_count=operation(
        "Count unread notifications",
        "For the number on the bell.",
        request=None,
        responses=inline_serializer("UnreadCount", {"unread_count": serializers.IntegerField(min_value=0)}),
        answer={"unread_count": 3},
    ),
    mark_all_read=operation(
        "Mark all notifications as read",
        "Takes no body; answers how many were unread.",
        request=None,
        responses=inline_serializer("MarkedAsRead", {"updated": serializers.IntegerField(min_value=0)}),
        answer={"updated": 3},
    ),
)

preferences_documented = documented(
    "Notifications",
    get=operation(
        "Show what I want to be told",
        "By kind of news and by channel: `email`, or `in_app` for a notification. Whoever chose nothing has what the "
        "example shows: seekers are mailed, employers are not.",
        request=None,
        responses=PreferencesSerializer,
        answer=DEFAULTS,
    ),
    put=operation(
        "Choose what I want to be told",
        "What the body leaves out stays as it is. Mail that is on its way already is not sent when it is no longer "
        "wanted. Mails about the account itself cannot be switched off.",
        request=PreferencesSerializer,
        responses=PreferencesSerializer,
        body={"new_application": {"email": True}, "applications_digest": {"email": False}},
        answer={**DEFAULTS, "new_application": {"email": True, "in_app": True}},
        errors=(ValidationError({"new_application": {"email": ["Must be a valid boolean."]}}),),
    ),
)
