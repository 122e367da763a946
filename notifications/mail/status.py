"""How mail is doing, in a few numbers."""

from datetime import timedelta

from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from notifications.models import OutgoingEmail

# A mail that is due is gone within seconds, or with the next sweep. One that waits longer lacks a worker.
LATE = timedelta(minutes=5)


def mail_figures() -> dict[str, int]:
    """Return how many mails are due, for how many seconds the oldest has been, and what needs somebody's attention."""
    now = timezone.now()
    waiting = OutgoingEmail.objects.due(now).aggregate(number=Count("pk"), oldest=Min("next_attempt_at"))
    stopped = OutgoingEmail.objects.filter(state__in=("dead", "held")).aggregate(
        dead=Count("pk", filter=Q(state="dead")), held=Count("pk", filter=Q(state="held"))
    )
    doubtful = OutgoingEmail.objects.filter(possible_duplicates__gt=0).aggregate(number=Sum("possible_duplicates"))
    return {
        "due": waiting["number"],
        "oldest_due_seconds": int((now - waiting["oldest"]).total_seconds()) if waiting["oldest"] else 0,
        "dead": stopped["dead"],
        "held": stopped["held"],
        "possible_duplicates": doubtful["number"] or 0,
    }


def check_mail() -> tuple[bool, dict[str, int]]:
    """Return whether mail leaves in time, and the figures: for `/readyz`."""
    figures = mail_figures()
    return figures["oldest_due_seconds"] < LATE.total_seconds(), figures
