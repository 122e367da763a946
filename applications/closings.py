"""Telling applicants that their job was closed, in batches: a job may have thousands."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from django.db import transaction

from accounts.models import User
from applications.choices import UNDECIDED, EventKind
from applications.models import Application, ApplicationEvent, JobClosing
from applications.querysets import told
from applications.signals import job_of_application_closed
from jobs.batches import repeat
from jobs.models import Job
from jobs.querysets import IN_STATE, JobState

# Applications told in one transaction.
BATCH_SIZE = 100


def plan_to_tell(jobs: Collection[UUID]) -> None:
    """Let `tell_applicants` work through the applications to these jobs; one that is under way starts again."""
    JobClosing.objects.bulk_create(
        [JobClosing(job_id=key) for key in jobs],
        update_conflicts=True,
        unique_fields=["job"],
        update_fields=["reached"],
    )


def tell_applicants(*, seconds: float, batch_size: int = BATCH_SIZE) -> None:
    """Tell the undecided applicants of closed jobs, for about `seconds`."""
    repeat(partial(_tell_batch, batch_size), seconds=seconds)


@transaction.atomic
def _tell_batch(batch_size: int) -> bool:
    """Tell some applicants; return False if no job is left that another worker has not locked."""
    closing = JobClosing.objects.select_for_update(skip_locked=True).first()
    if closing is None:
        return False
    # Empty if the job is open again.
    closed = Job.objects.filter(IN_STATE[JobState.CLOSED], pk=closing.job_id)
    # By what applicants are told: a rejection under a hold does not exist for them.
    undecided = Application.objects.alias(shown_status=told()).filter(shown_status__in=UNDECIDED)
    applications = undecided.filter(job__in=closed).order_by("pk")
    if closing.reached:
        applications = applications.filter(pk__gt=closing.reached)
    people = dict(applications.values_list("pk", "job_seeker")[:batch_size])
    # In the order of an erasure, which locks the account and then its applications.
    list(User.objects.filter(pk__in=people.values()).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    # Locked, so that none is decided meanwhile.
    locked = applications.with_details().select_for_update(of=("self",), no_key=True)
    batch = list(locked.filter(pk__in=people))
    # Of a job that was relisted and is closed again, those are not told twice.
    earlier = ApplicationEvent.objects.filter(application__in=batch, kind=EventKind.JOB_CLOSED)
    told_earlier = set(earlier.values_list("application", flat=True))
    for application in batch:
        if application.pk not in told_earlier:
            job_of_application_closed.send(sender=Application, application=application)
    ApplicationEvent.objects.bulk_create(
        ApplicationEvent(application=application, kind=EventKind.JOB_CLOSED) for application in batch
    )
    if len(people) < batch_size:
        closing.delete()
    else:
        closing.reached = max(people)
        closing.save(update_fields=["reached"])
    return True
