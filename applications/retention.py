"""Revoking of applications that were decided RETENTION_MONTHS ago, a month after a notice to their applicants."""

import time
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from accounts.retention import NOTICE, act_on_each
from anywork.api.dates import months_before
from applications.choices import DECIDED, UNDECIDED, Status
from applications.models import Application, StatusChange
from applications.querysets import ApplicationQuerySet, told
from applications.services import revoke_application
from applications.signals import applications_expiring


def keeps_account() -> Exists:
    """Return whether the user has an application that is undecided, or accepted and not revoked.

    The employer may still need what an accepted applicant sent; in the end it is revoked, too.
    """
    applications = Application.objects.alias(shown_status=told()).filter(job_seeker=OuterRef("pk"), revoked_at=None)
    return Exists(applications.filter(shown_status__in=(*UNDECIDED, Status.ACCEPTED)))


def revoke_old_applications(*, seconds: float) -> None:
    """Revoke old applications whose applicants had notice, and give notice of the next, for some seconds."""
    if not settings.RETENTION_MONTHS:
        return
    until, now = time.monotonic() + seconds, timezone.now()
    expired = _decided_by(months_before(now, settings.RETENTION_MONTHS))
    noticed = expired.filter(noticed_at__gte=F("decided_at"), noticed_at__lte=now - NOTICE)
    act_on_each(noticed, _revoke, until=until)
    # By whole days, so that an applicant gets one notice of all decisions of a day.
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    # Not in advance: the 30 days may be longer than a month, and there may be held decisions.
    unnoticed = _decided_by(min(now, months_before(today + NOTICE, settings.RETENTION_MONTHS))).filter(
        Q(noticed_at=None) | Q(noticed_at__lt=F("decided_at"))
    )
    # Blocked applicants would not read it. Their accounts are locked, as by an erasure.
    applicants = User.objects.filter(Exists(unnoticed.filter(job_seeker=OuterRef("pk"))), is_active=True)

    def give_notice(user: User) -> None:
        # None if the applicant has just revoked the last.
        if number := unnoticed.filter(job_seeker=user.pk).update(noticed_at=now):
            applications_expiring.send(sender=Application, user=user, number=number, revoked_at=now + NOTICE)

    act_on_each(applicants, give_notice, until=until)


def _decided_by(moment: datetime) -> ApplicationQuerySet:
    """Return applications that are not revoked, and whose applicants were told of the present decision by `moment`."""
    changes = StatusChange.objects.filter(application=OuterRef("pk")).order_by("-pk")
    decided_at = Subquery(changes.annotate(told_at=Coalesce("tell_at", "at")).values("told_at")[:1])
    # `applied_at` limits the scan of the index.
    decided = Application.objects.filter(status__in=DECIDED, revoked_at=None, applied_at__lte=moment)
    return decided.exclude(job_seeker=None).annotate(decided_at=decided_at).filter(decided_at__lte=moment)


def _revoke(application: Application) -> None:
    revoke_application(application_id=application.pk, actor=User(pk=application.job_seeker_id))
