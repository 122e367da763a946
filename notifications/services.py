"""Who may send a notification to whom."""

from uuid import UUID

from rest_framework.exceptions import PermissionDenied, ValidationError

from accounts.models import JobSeeker, User
from anywork.api.fields import NO_URL, has_url
from notifications.models import Notification


def notify(*, actor: User, user_id: UUID, message: str, is_read: bool = False) -> Notification:
    """Leave `message` for a user: oneself, an applicant of one's own jobs, or anybody for an administrator.

    Raises:
        PermissionDenied: this user is none of the actor's to notify, or does not exist.
        ValidationError: an administrator named a user that does not exist, the user is blocked, or an employer's
            message to another user holds a URL.
    """
    may_notify = user_id == actor.pk or actor.is_staff or JobSeeker.objects.visible_to(actor).filter(pk=user_id)
    if not may_notify:
        raise PermissionDenied("You may notify yourself and the applicants of your own jobs only.")
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise ValidationError({"user": ["There is no such user."]})
    if not user.is_active:
        raise ValidationError({"user": ["This user cannot be notified."]})
    sender = actor if actor.is_employer and user != actor else None
    if sender and has_url(message):
        raise ValidationError({"message": [NO_URL]})
    return Notification.objects.create(user=user, sender=sender, message=message, is_read=is_read)
