"""What becomes of a job that its owner deletes."""

from django.db import transaction
from django.db.models import ProtectedError
from django.shortcuts import get_object_or_404

from jobs.models import Job


def delete_or_close_job(job: Job) -> None:
    """Delete a job; one that has applications is closed instead, so that none is lost.

    Raises:
        Http404: another request has deleted it at the same moment.
    """
    try:
        with transaction.atomic():
            # Applying locks the same row: an application either is seen here or finds the job gone.
            get_object_or_404(Job.objects.select_for_update(), pk=job.pk).delete()
    except ProtectedError:
        job.is_active = False
        job.save(update_fields=["is_active"])
