"""What becomes of a job that its owner deletes."""

from django.db import transaction
from django.db.models import ProtectedError

from jobs.models import Job


def delete_or_close_job(job: Job) -> None:
    """Delete a job; one that has applications is closed instead, so that none is lost."""
    try:
        with transaction.atomic():
            # Applying locks the same row: an application either is seen here or finds the job gone.
            Job.objects.select_for_update().get(pk=job.pk).delete()
    except ProtectedError:
        job.is_active = False
        job.save(update_fields=["is_active"])
