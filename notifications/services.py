"""Who may send a notification to whom."""

from uuid import UUID

from rest_framework.exceptions import PermissionDenied, ValidationError

from accounts.models import JobSeeker, User
from notifications.models import Notification


def notify(*, actor: User, user_id: UUID, message: str, is_read: bool = False) -> Notification:
    """Leave `message` for a user: oneself, an applicant of one's own jobs, or anybody for an administrator.

    Raises:
        PermissionDenied: this user is none of the actor's to notify, or does not exist.
        ValidationError: an administrator named a user that does not exist.
    """
    may_notify = user_id == actor.pk or actor.is_staff or JobSeeker.objects.visible_to(actor).filter(pk=user_id)
    if not may_notify:
        raise PermissionDenied("You may notify yourself and the applicants of your own jobs only.")
    if not User.objects.filter(pk=user_id).exists():
        raise ValidationError({"user": ["There is no such user."]})
    return Notification.objects.create(user_id=user_id, message=message, is_read=is_read)
