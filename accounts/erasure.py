"""Erasing an account, for its owner or by an administrator on the owner's request."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from accounts import audit
from accounts.backoff import reopen_account
from accounts.models import Employer, JobSeeker, Skill, User
from accounts.signals import account_erasing

ERASED = "(erased)"


def erase_account(user: User, *, by: User | None = None) -> None:
    """Delete an account and all that hangs on it; what others keep of it names nobody any more.

    `by` is the administrator who does it; None is the owner.

    An account that another request has erased at the same moment is gone already. Somebody who writes to one of its
    rows at this very moment may meet a deadlock, which PostgreSQL breaks: one of the two is told to try again.
    """
    with transaction.atomic():
        # Locked with its profile, so that nothing new can refer to it from here on.
        if not User.objects.select_for_update().filter(pk=user.pk):
            return
        profiles = JobSeeker.objects.filter(pk=user.pk), Employer.objects.filter(pk=user.pk)
        for profile in profiles:
            profile.select_for_update().first()
        account_erasing.send(sender=User, user=user)
        for rows in (User.objects.filter(pk=user.pk), *profiles, Skill.objects.filter(user=user.pk)):
            _forget_in_admin_log(rows)
        audit.forget_subject(user)
        audit.record(audit.Kind.ACCOUNT_ERASED, user=by)
        reopen_account(email=user.email)
        user.delete()


def _forget_in_admin_log(rows: QuerySet[Any]) -> None:
    """Take out what the log of the admin site says of `rows`; that somebody did something, and when, stays."""
    entries = LogEntry.objects.filter(
        content_type__app_label=rows.model._meta.app_label,
        content_type__model=rows.model._meta.model_name,
        object_id__in=rows.order_by().values_list(Cast("pk", TextField())),
    )
    entries.update(object_id=None, object_repr=ERASED, change_message="")
