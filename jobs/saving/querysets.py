"""Who sees what is saved, and what is due."""

from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Now

from accounts.querysets import OwnQuerySet

# A job seeker is reminded of a saved job this long before it closes.
REMINDED_BEFORE = timedelta(days=3)


class SavedJobQuerySet(OwnQuerySet):
    def closing_soon(self) -> "SavedJobQuerySet":
        """Return the saved jobs to remind of: open ones, that were saved earlier than that."""
        return self.filter(
            reminded_at=None,
            job__is_active=True,
            job__closes_at__gt=Now(),
            job__closes_at__lte=Now() + REMINDED_BEFORE,
            saved_at__lt=F("job__closes_at") - REMINDED_BEFORE,
        )


class SavedSearchQuerySet(OwnQuerySet):
    def alerting(self) -> "SavedSearchQuerySet":
        return self.exclude(frequency="off")

    def due(self, now: datetime) -> "SavedSearchQuerySet":
        """Return the searches whose alert is due, the longest first."""
        return self.alerting().filter(alert_at__lte=now).order_by("alert_at", "pk")
