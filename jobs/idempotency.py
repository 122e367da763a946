"""Idempotency keys: a job that a client sends twice, such as by a double click, is posted once."""

import hashlib
import json
import re
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from anywork.api.exceptions import Conflict
from jobs.models import Job
from jobs.querysets import JobQuerySet

WINDOW = timedelta(hours=24)

INVALID_KEY = "Idempotency-Key takes 8 to 64 visible ASCII characters, such as a UUID."
_FORGOTTEN = {"idempotency_key": None, "idempotency_digest": None}
_KEY = re.compile(r"[\x21-\x7e]{8,64}")


class IdempotencyKeyReused(Conflict):
    """409: the key belongs to a request with another body."""

    default_detail = "This Idempotency-Key was used for another job in the last 24 hours. Send a new key."
    default_code = "idempotency_key_reused"


def idempotency_columns(request: Request) -> dict[str, str]:
    """Return the columns of a job by which a repetition of `request` finds it; none without a key.

    Raises:
        ParseError: the key is invalid.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return {}
    if not _KEY.fullmatch(key):
        raise ParseError(INVALID_KEY)
    body = json.dumps(request.data, sort_keys=True).encode()
    return {"idempotency_key": key, "idempotency_digest": hashlib.sha256(body).hexdigest()}


def find_posted_job(jobs: JobQuerySet, *, idempotency_key: str, idempotency_digest: str) -> Job | None:
    """Return the job that an earlier request with this key posted, or None.

    The caller must hold the lock of the employer's row.

    Raises:
        IdempotencyKeyReused: the earlier request had another body.
    """
    job: Job | None = jobs.filter(idempotency_key=idempotency_key).first()
    if job is None:
        return None
    if job.posted_at <= timezone.now() - WINDOW:
        jobs.filter(pk=job.pk).update(**_FORGOTTEN)
        return None
    if job.idempotency_digest != idempotency_digest:
        raise IdempotencyKeyReused
    return job


def forget_keys(jobs: JobQuerySet, *, batch_size: int = 500) -> None:
    """Forget the keys of jobs that were posted before WINDOW."""
    old = jobs.filter(idempotency_key__isnull=False, posted_at__lte=timezone.now() - WINDOW)
    # Read first: even an UPDATE of no rows invalidates cached lists.
    keys = list(old.values_list("pk", flat=True))
    for start in range(0, len(keys), batch_size):
        with transaction.atomic():
            # The next run finds those that a request has locked.
            unlocked = old.filter(pk__in=keys[start : start + batch_size])
            unlocked = unlocked.only("pk").select_for_update(skip_locked=True, no_key=True)
            Job.objects.filter(pk__in=[job.pk for job in unlocked]).update(**_FORGOTTEN)
