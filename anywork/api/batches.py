"""Deletion and change of many old rows, in batches."""

import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

# Of a periodic task: less than its interval, because the same workers send mail.
SWEEP_SECONDS = 10
# Rows of a statement, far within the statement timeout: blanking 5,000 emails takes 0.5 to 1 s.
BATCH_SIZE = 5_000


def sweep(
    rows: QuerySet[Any],
    change: Callable[[QuerySet[Any]], Any] = QuerySet.delete,
    *,
    until: float,
    batch_size: int = BATCH_SIZE,
) -> int:
    """Delete `rows`, or call `change` with them, in batches; return their number.

    At least one batch, then until a moment of time.monotonic(): the next run goes on. `change` must take the rows out
    of `rows`. Each batch is a transaction of its own, without rows that others have locked.
    """
    number = 0
    while True:
        with transaction.atomic():
            locked = rows.order_by().select_for_update(of=("self",), skip_locked=True)
            keys = list(locked.values_list("pk", flat=True)[:batch_size])
            change(rows.model.objects.filter(pk__in=keys))
        number += len(keys)
        if len(keys) < batch_size or time.monotonic() > until:
            return number
