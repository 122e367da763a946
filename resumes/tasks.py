"""Periodic tasks."""

import time

from celery import shared_task

from anywork.api.batches import SWEEP_SECONDS
from resumes import orphans


@shared_task(name="resumes.sweep_resume_files")
def sweep_resume_files() -> None:
    """Delete files without a row, and log rows whose file is missing."""
    orphans.sweep_resume_files(until=time.monotonic() + SWEEP_SECONDS)
