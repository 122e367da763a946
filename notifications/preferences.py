"""Notification preferences: a default for each kind and channel, and the choices of users.

Kinds of email without a default concern the account, such as password resets, and cannot be switched off.
"""

from collections.abc import Mapping
from uuid import UUID

from accounts.models import User
from notifications.choices import Channel
from notifications.models import NotificationPreference

Choices = Mapping[str, Mapping[str, bool]]

# Job seekers get emails unless they opt out, employers only if they opt in.
DEFAULTS: Choices = {
    "application_received": {"email": True},
    "application_accepted": {"email": True, "in_app": True},
    "application_rejected": {"email": True, "in_app": True},
    "application_updated": {"in_app": True},
    "job_closed": {"email": True, "in_app": True},
    "job_alert": {"email": True},
    "saved_job_closing": {"email": True, "in_app": True},
    "new_application": {"email": False, "in_app": True},
    "applications_digest": {"email": False},
    "application_withdrawn": {"email": False},
}


def is_optional(kind: str) -> bool:
    """Return whether emails of this kind can be switched off."""
    return Channel.EMAIL in DEFAULTS.get(kind, {})


def is_wanted(user_id: UUID, kind: str, channel: str) -> bool:
    """Return whether this user wants this kind of news on this channel."""
    if channel not in DEFAULTS.get(kind, {}):
        return True
    choices = NotificationPreference.objects.filter(user=user_id, kind=kind, channel=channel)
    choice = next(iter(choices.order_by().values_list("is_enabled", flat=True)), None)
    return is_chosen(choice, kind, channel)


def is_chosen(choice: bool | None, kind: str, channel: str) -> bool:  # noqa: FBT001 - a stored value
    """Return the choice of a user, or the default if it is None."""
    return DEFAULTS.get(kind, {}).get(channel, True) if choice is None else choice


def preferences_of(user: User) -> dict[str, dict[str, bool]]:
    """Return the preferences of this user for all kinds and channels."""
    preferences = {kind: dict(channels) for kind, channels in DEFAULTS.items()}
    for choice in NotificationPreference.objects.filter(user=user):
        preferences[choice.kind][choice.channel] = choice.is_enabled
    return preferences


def change_preferences(*, user: User, choices: Choices) -> None:
    """Set the given preferences; the others stay."""
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
