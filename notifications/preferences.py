"""What people want to be told, and how: a default for each kind of news and channel, and what a user chose instead.

Kinds of mail that are not named here belong to the account (a link to verify an address) and cannot be switched off.
"""

from collections.abc import Mapping
from uuid import UUID

from accounts.models import User
from notifications.models import NotificationPreference

Choices = Mapping[str, Mapping[str, bool]]
Channel = NotificationPreference.Channel

# Seekers are mailed unless they say no, employers only if they say yes.
DEFAULTS: Choices = {
    "application_received": {"email": True},
    "application_accepted": {"email": True, "in_app": True},
    "application_rejected": {"email": True, "in_app": True},
    "application_updated": {"in_app": True},
    "new_application": {"email": False, "in_app": True},
    "applications_digest": {"email": False},
    "application_withdrawn": {"email": False},
}


def is_optional(kind: str) -> bool:
    """Tell whether mails of this kind can be switched off."""
    return Channel.EMAIL in DEFAULTS.get(kind, {})


def is_wanted(user_id: UUID, kind: str, channel: str) -> bool:
    """Tell whether this user wants such news by this channel."""
    if channel not in DEFAULTS.get(kind, {}):
        return True
    choices = NotificationPreference.objects.filter(user=user_id, kind=kind, channel=channel)
    choice = next(iter(choices.order_by().values_list("is_enabled", flat=True)), None)
    return is_wanted_by(choice, kind, channel)


def is_wanted_by(choice: bool | None, kind: str, channel: str) -> bool:  # noqa: FBT001 - it is what was chosen
    """Tell whether somebody who chose so, or nothing (None), wants such news by this channel."""
    return DEFAULTS.get(kind, {}).get(channel, True) if choice is None else choice


def preferences_of(user: User) -> dict[str, dict[str, bool]]:
    """Return every kind with its channels, as this user has it."""
    preferences = {kind: dict(channels) for kind, channels in DEFAULTS.items()}
    for choice in NotificationPreference.objects.filter(user=user):
        preferences[choice.kind][choice.channel] = choice.is_enabled
    return preferences


def change_preferences(*, user: User, choices: Choices) -> None:
    """Set what `choices` names; the rest stays."""
    present = preferences_of(user)
    changed = [
        NotificationPreference(user=user, kind=kind, channel=channel, is_enabled=is_enabled)
        for kind, channels in choices.items()
        for channel, is_enabled in channels.items()
        if present[kind][channel] != is_enabled
    ]
    NotificationPreference.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["user", "kind", "channel"],
        update_fields=["is_enabled", "changed_at"],
    )
