"""Export of a user's notifications and emails."""

from accounts.export import Archive
from accounts.models import User
from notifications.models import Notification
from notifications.preferences import preferences_of


def export_notifications(user: User, archive: Archive) -> None:
    """Add notifications to and from `user`, preferences, and emails."""
    received = user.notifications.select_related("sender__employer")
    archive.add_json(
        "notifications.json",
        [{"message": row.shown_message, "is_read": row.is_read, "created_at": row.created_at} for row in received],
    )
    sent = Notification.objects.filter(sender=user)
    archive.add_json("sent_notifications.json", list(sent.values("message", "created_at")))
    archive.add_json("notification_preferences.json", preferences_of(user))
    archive.add_json(
        "mails.json", list(user.outgoing_emails.values("to", "subject", "text", "state", "created_at", "sent_at"))
    )
