"""Whose notifications, and which mail is due."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from accounts.models import User


class NotificationQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User | AnonymousUser) -> "NotificationQuerySet":
        """One's own, for an admin too, with what `shown_message` reads."""
        return self.none() if user.is_anonymous else self.filter(user=user.pk).select_related("sender__employer")

    def unread(self) -> "NotificationQuerySet":
        return self.filter(is_read=False)


class OutgoingEmailQuerySet(models.QuerySet[Any]):
    def due(self, now: datetime) -> "OutgoingEmailQuerySet":
        """Mails to send at `now`: waiting and due, or left behind by a worker whose lease ran out."""
        waiting = Q(state__in=("queued", "retry"), next_attempt_at__lte=now)
        return self.filter(waiting | Q(state="sending", locked_until__lt=now))

    def unclaimed(self, now: datetime) -> "OutgoingEmailQuerySet":
        """Mails still to send that no worker is at: waiting, or left behind by one whose lease ran out."""
        return self.filter(Q(state__in=("queued", "retry")) | Q(state="sending", locked_until__lt=now))
