"""Receivers of signals, which increment the counters of today."""

from typing import Any

from django.dispatch import receiver

from analytics.models import Analytics
from applications.models import Application
from applications.signals import application_submitted
from jobs.models import Job
from jobs.signals import job_viewed


@receiver(job_viewed, dispatch_uid="analytics.count_view")
def count_view(job: Job, **kwargs: Any) -> None:
    Analytics.objects.increment("views", job_id=job.pk)


@receiver(application_submitted, dispatch_uid="analytics.count_application")
def count_application(application: Application, **kwargs: Any) -> None:
    Analytics.objects.increment("applications", job_id=application.job_id)
