"""Querysets of notifications and outgoing emails."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from anywork.api.batches import sweep
from notifications.choices import WAITING, EmailState


class NotificationQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User | AnonymousUser) -> "NotificationQuerySet":
        """Return the user's own notifications, also for administrators, with what `shown_message` needs."""
        return self.none() if user.is_anonymous else self.filter(user=user.pk).select_related("sender__employer")

    def delete_old(self, *, until: float) -> int:
        """Delete those that were read and are older than NOTIFICATION_DAYS; return their number."""
        if not settings.NOTIFICATION_DAYS:
            return 0
        before = timezone.now() - timedelta(days=settings.NOTIFICATION_DAYS)
        return sweep(self.filter(is_read=True, created_at__lt=before), until=until)

    def unread(self) -> "NotificationQuerySet":
        return self.filter(is_read=False)


class OutgoingEmailQuerySet(models.QuerySet[Any]):
    def due(self, now: datetime) -> "OutgoingEmailQuerySet":
        """Return the emails to send at `now`: waiting and due, or with an expired lease."""
        waiting = Q(state__in=WAITING, next_attempt_at__lte=now)
        return self.filter(waiting | Q(state=EmailState.SENDING, locked_until__lt=now))

    def unclaimed(self, now: datetime) -> "OutgoingEmailQuerySet":
        """Return the unsent emails that no worker is sending: waiting, or with an expired lease."""
        return self.filter(Q(state__in=WAITING) | Q(state=EmailState.SENDING, locked_until__lt=now))
