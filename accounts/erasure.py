"""Erasure of an account, by its owner or by an administrator on the owner's request."""

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
    """Delete an account and its rows; rows that others keep are anonymized by receivers of `account_erasing`.

    `by` is the administrator, None for the owner. Does nothing if a concurrent request has erased the account. A
    concurrent write to its rows may cause a deadlock, which PostgreSQL resolves: one of the two requests is a 503.
    """
    with transaction.atomic():
        # The account and its profile are locked, so that no new row can refer to them.
        if not User.objects.select_for_update().filter(pk=user.pk):
            return
        profiles = JobSeeker.objects.filter(pk=user.pk), Employer.objects.filter(pk=user.pk)
        for profile in profiles:
            profile.select_for_update().first()
        account_erasing.send(sender=User, user=user)
        for rows in (User.objects.filter(pk=user.pk), *profiles, Skill.objects.filter(user=user.pk)):
            _anonymize_admin_log(rows)
        audit.anonymize_subject(user)
        audit.record(audit.Kind.ACCOUNT_ERASED, user=by)
        reopen_account(email=user.email)
        user.delete()


def _anonymize_admin_log(rows: QuerySet[Any]) -> None:
    """Remove `rows` from the log of the admin site; who changed something, and when, stays."""
    entries = LogEntry.objects.filter(
        content_type__app_label=rows.model._meta.app_label,
        content_type__model=rows.model._meta.model_name,
        object_id__in=rows.order_by().values_list(Cast("pk", TextField())),
    )
    entries.update(object_id=None, object_repr=ERASED, change_message="")
