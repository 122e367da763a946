"""Receivers of signals, which increment the counters of today."""

import logging
from typing import Any

from django.db import Error
from django.dispatch import receiver

from analytics.models import Analytics
from applications.models import Application
from applications.signals import application_submitted
from jobs.models import Job
from jobs.signals import job_viewed

logger = logging.getLogger(__name__)


@receiver(job_viewed, dispatch_uid="analytics.count_view")
def count_view(job: Job, **kwargs: Any) -> None:
    """Count a view, unless the database cannot: the page of the job needs to read only."""
    try:
        Analytics.objects.increment("views", job_id=job.pk)
    except Error as error:
        logger.warning("A view is not counted (%s)", type(error).__name__)


@receiver(application_submitted, dispatch_uid="analytics.count_application")
def count_application(application: Application, **kwargs: Any) -> None:
    Analytics.objects.increment("applications", job_id=application.job_id)
