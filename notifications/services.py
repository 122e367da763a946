"""Services of notifications."""

from uuid import UUID

from rest_framework.exceptions import PermissionDenied, ValidationError

from accounts.models import BlockedEmployer, JobSeeker, MutedEmployer, User
from anywork.api.fields import NO_URL, has_url
from anywork.api.permissions import is_staff_with
from notifications.models import Notification


def may_not_notify() -> PermissionDenied:
    return PermissionDenied("You may only notify yourself and the applicants of your jobs.")


def notify(*, actor: User, user_id: UUID, message: str, is_read: bool = False) -> Notification:
    """Send `message` to the actor, to an applicant of an employer, or from the staff to any user.

    Raises:
        PermissionDenied: the actor may not notify this user, or the user does not exist.
        ValidationError: the user of a message of the staff does not exist, the user is blocked, or an employer's
            message to an applicant contains a URL.
    """
    if user_id != actor.pk and not _may_notify(actor, user_id):
        raise may_not_notify()
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise ValidationError({"user": ["There is no such user."]})
    if not user.is_active:
        raise ValidationError({"user": ["This user cannot be notified."]})
    sender = actor if actor.is_employer and user != actor else None
    if sender and has_url(message):
        raise ValidationError({"message": [NO_URL]})
    muted = sender and MutedEmployer.objects.filter(job_seeker=user.pk, employer=sender.pk).exists()
    notification = Notification.objects.create(
        user=user, sender=sender, message=message, is_read=is_read or bool(muted)
    )
    # The sender does not get to know.
    notification.is_read = is_read
    return notification


def _may_notify(actor: User, user_id: UUID) -> bool:
    if actor.is_staff:
        return is_staff_with(actor, "add", Notification)
    blocking = BlockedEmployer.objects.filter(employer=actor.pk).values("job_seeker")
    return JobSeeker.objects.visible_to(actor).filter(pk=user_id).exclude(pk__in=blocking).exists()
