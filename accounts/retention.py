"""Erasure of accounts that are not used, a month after their owners were asked by email.

Apps above say what keeps an account: they add to `uses` and `waits` in AppConfig.ready().
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.erasure import erase_account
from accounts.models import AuditEvent, AuditKind, Session, User
from accounts.signals import account_idle
from anywork.api.dates import months_before

logger = logging.getLogger(__name__)

# Between a notice, and what it tells of.
NOTICE = timedelta(days=30)
# Rows whose keys are read at once.
_BATCH_SIZE = 1_000

# Returns a condition of the user OuterRef("pk").
Condition = Callable[[], Exists]

# What a user has that keeps the account, such as an open job.
uses: list[Condition] = []
# What keeps an account whose owner was asked, until it is over.
waits: list[Condition] = []


def act_on_each(rows: QuerySet[Any], act: Callable[[Any], Any], *, until: float) -> None:
    """Call `act` with each of `rows`, locked, in a transaction of its own, until a moment of time.monotonic()."""
    for key in list(rows.order_by().values_list("pk", flat=True)[:_BATCH_SIZE]):
        if time.monotonic() > until:
            return
        try:
            with transaction.atomic():
                # First locked, then read: nothing changes in between, and another worker does not act on it, too.
                locked = rows.model.objects.order_by().filter(pk=key).select_for_update(skip_locked=True)
                if locked.values_list("pk") and (row := rows.filter(pk=key).first()):
                    act(row)
        except DatabaseError:
            # It must not keep the others from their turn.
            logger.exception("%s %s is left to the next run.", rows.model.__name__, key)


def idle_users() -> QuerySet[User]:
    """Return those whose accounts were not used for RETENTION_MONTHS, and who have nothing that keeps them.

    Neither administrators nor blocked users: these can neither read the email nor log in.
    """
    since = months_before(timezone.now(), settings.RETENTION_MONTHS)
    users = User.objects.filter(is_active=True, is_staff=False, is_superuser=False, created_at__lte=since)
    logins = (AuditKind.SIGN_IN, AuditKind.ADMIN_SIGN_IN)
    return users.exclude(Q(last_login__gt=since) | Q(last_seen_at__gt=since)).exclude(
        Exists(Session.objects.filter(user=OuterRef("pk"), last_used_at__gt=since))
        # Of sessions that were deleted before `last_seen_at` was there.
        | Exists(AuditEvent.objects.filter(user=OuterRef("pk"), kind__in=logins, at__gt=since))
        | _any(uses)
    )


def erase_idle_accounts(*, seconds: float) -> None:
    """Ask the owners of unused accounts to log in, and erase the accounts of those asked long ago, for some seconds."""
    if not settings.RETENTION_MONTHS:
        # Switched on again, it asks again: who was asked may have logged in meanwhile.
        User.objects.filter(asked_at__isnull=False).update(asked_at=None)
        return
    until = time.monotonic() + seconds
    idle = idle_users()
    # An account that is used again is asked for again when it is not.
    used = User.objects.filter(~Exists(idle.filter(pk=OuterRef("pk"))), asked_at__isnull=False)
    used.update(asked_at=None)
    asked = idle.filter(asked_at__lte=timezone.now() - NOTICE)
    act_on_each(asked.exclude(_any(waits)), erase_account, until=until)
    act_on_each(idle.filter(asked_at=None), _ask, until=until)


def _ask(user: User) -> None:
    now = timezone.now()
    User.objects.filter(pk=user.pk).update(asked_at=now)
    account_idle.send(sender=User, user=user, erased_at=now + NOTICE)


def _any(conditions: list[Condition]) -> Q:
    condition = Q(pk__in=[])
    for make in conditions:
        condition |= Q(make())
    return condition
