"""New applications of a day in one mail to the employer, for those who asked for it."""

from datetime import UTC, datetime, time, timedelta

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from applications.choices import Status
from applications.models import Application
from notifications.mail.outbox import queue_email
from notifications.models import NotificationPreference, OutgoingEmail
from notifications.preferences import Channel

# UTC; when the day is over everywhere east of the Americas, and before work begins in Europe and Africa.
DIGEST_HOUR = 5
# Days that were missed, with beat or workers away, are made up for.
DAYS_BACK = 3


def write_due_digests() -> None:
    """Promise each employer who asked for it a digest of every finished day on which somebody applied."""
    now = timezone.now()
    if now.hour < DIGEST_HOUR:
        return
    asked = NotificationPreference.objects.filter(
        kind=OutgoingEmail.Kind.APPLICATIONS_DIGEST, channel=Channel.EMAIL, is_enabled=True
    )
    for preference_id in list(asked.values_list("pk", flat=True)):
        _write_digests(preference_id, now)


def _write_digests(preference_id: int, now: datetime) -> None:
    with transaction.atomic():
        # Who else is at it finds the digests written.
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
            # Of days before somebody asked, nothing is told.
            if preference.changed_at < day + timedelta(days=1):
                _write_digest(preference, day)


def _write_digest(preference: NotificationPreference, day: datetime) -> None:
    employer = preference.user.employer
    dedup_key = f"applications-digest:{employer.pk}:{day:%Y-%m-%d}"
    if OutgoingEmail.objects.filter(dedup_key=dedup_key).exists():
        return
    applied = Application.objects.filter(
        job__employer=employer, applied_at__gte=day, applied_at__lt=day + timedelta(days=1)
    ).exclude(status=Status.WITHDRAWN)
    jobs = list(applied.order_by("job__title", "job").values("job__title").annotate(number=Count("pk")))
    if total := sum(job["number"] for job in jobs):
        queue_email(
            kind=OutgoingEmail.Kind.APPLICATIONS_DIGEST,
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
