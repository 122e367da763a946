"""What becomes of jobs whose employer goes."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erasing
from jobs.models import Job
from jobs.services import delete_or_close_job


@receiver(account_erasing, dispatch_uid="jobs.close_jobs_of_erased_employer")
def close_jobs_of_erased_employer(user: User, **kwargs: Any) -> None:
    jobs = Job.objects.owned_by(user)
    for job in jobs:
        delete_or_close_job(job)
    # For those who applied the title stays, and what it was filed under; the rest is the employer's own words.
    jobs.update(employer=None, description="")
