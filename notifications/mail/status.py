"""Figures about the outbox for monitoring."""

from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.utils import timezone

from notifications.choices import STOPPED, UNSENT
from notifications.models import OutgoingEmail

# A due email is sent within seconds, or by the next sweep; a longer wait means that no worker runs.
LATE = timedelta(minutes=5)


def age_of_oldest(due: QuerySet[OutgoingEmail], now: datetime) -> int:
    """Return for how many seconds the oldest of these emails has been due, 0 without emails."""
    oldest = due.aggregate(oldest=Min("next_attempt_at"))["oldest"]
    return int((now - oldest).total_seconds()) if oldest else 0


def mail_figures() -> dict[str, int]:
    """Return the number of due emails, the age of the oldest in seconds, and the numbers of emails by state."""
    now = timezone.now()
    due = OutgoingEmail.objects.due(now)
    # Sent ones are too many to count.
    states = [*UNSENT, *STOPPED]
    counts = OutgoingEmail.objects.filter(state__in=states).aggregate(
        **{state: Count("pk", filter=Q(state=state)) for state in states}
    )
    doubtful = OutgoingEmail.objects.filter(possible_duplicates__gt=0).aggregate(number=Sum("possible_duplicates"))
    return {
        "due": due.count(),
        "oldest_due_seconds": age_of_oldest(due, now),
        **counts,
        "possible_duplicates": doubtful["number"] or 0,
    }


def check_mail() -> tuple[bool, dict[str, int]]:
    """Return whether emails are sent in time, and the figures, for `/readyz`."""
    figures = mail_figures()
    return figures["oldest_due_seconds"] < LATE.total_seconds(), figures
