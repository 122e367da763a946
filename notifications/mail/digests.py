"""Daily summaries of new applications, for employers who asked for them."""

from datetime import UTC, datetime, time, timedelta

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from anywork.api.text import by_name
from applications.models import Application
from notifications.choices import Channel, EmailKind
from notifications.mail.outbox import queue_email
from notifications.models import NotificationPreference, OutgoingEmail

# UTC: the day is over everywhere east of the Americas, and work has not begun in Europe and Africa.
DIGEST_HOUR = 5
# Days for which missed digests are still sent.
DAYS_BACK = 3


def queue_due_digests() -> None:
    """Queue the missing digests of the last DAYS_BACK days for each employer who asked for them."""
    now = timezone.now()
    if now.hour < DIGEST_HOUR:
        return
    preferences = NotificationPreference.objects.filter(
        kind=EmailKind.APPLICATIONS_DIGEST, channel=Channel.EMAIL, is_enabled=True
    )
    for preference_id in list(preferences.values_list("pk", flat=True)):
        _queue_digests(preference_id, now)


def _queue_digests(preference_id: int, now: datetime) -> None:
    with transaction.atomic():
        # Locked: a concurrent run finds the digests written.
        preference = (
            NotificationPreference.objects.select_for_update(of=("self",))
            .select_related("user__employer")
            .filter(pk=preference_id, user__employer__isnull=False)
            .first()
        )
        if preference is None:
            return
        today = datetime.combine(now.date(), time(), UTC)
        for days in range(DAYS_BACK, 0, -1):
            day = today - timedelta(days=days)
            # Not for days before the employer asked for digests.
            if preference.changed_at < day + timedelta(days=1):
                _queue_digest(preference, day)


def _queue_digest(preference: NotificationPreference, day: datetime) -> None:
    employer = preference.user.employer
    dedup_key = f"applications-digest:{employer.pk}:{day:%Y-%m-%d}"
    if OutgoingEmail.objects.filter(dedup_key=dedup_key).exists():
        return
    applications = Application.objects.shared().filter(
        job__employer=employer, applied_at__gte=day, applied_at__lt=day + timedelta(days=1)
    )
    jobs = list(
        applications.order_by(*by_name("job__title", last="job")).values("job__title").annotate(number=Count("pk"))
    )
    if total := sum(job["number"] for job in jobs):
        queue_email(
            kind=EmailKind.APPLICATIONS_DIGEST,
            dedup_key=dedup_key,
            recipient=preference.user,
            context={
                "name": employer.company_name or "there",
                "total": "1 new application" if total == 1 else f"{total} new applications",
                "day": day,
                "jobs": [{"title": job["job__title"], "number": job["number"]} for job in jobs],
                "path": "/dashboard/applications",
            },
        )
