"""What is kept of a user here."""

from accounts.export import Archive
from accounts.models import User
from notifications.preferences import preferences_of


def export_notifications(user: User, archive: Archive) -> None:
    """Add what `user` was told in the app and by mail."""
    archive.add_json("notifications.json", list(user.notifications.values("message", "is_read", "created_at")))
    archive.add_json("notification_preferences.json", preferences_of(user))
    archive.add_json(
        "mails.json", list(user.outgoing_emails.values("to", "subject", "text", "state", "created_at", "sent_at"))
    )
