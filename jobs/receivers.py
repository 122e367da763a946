"""What becomes of jobs whose employer goes."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erasing
from jobs.services import detach_jobs


@receiver(account_erasing, dispatch_uid="jobs.close_jobs_of_erased_employer")
def close_jobs_of_erased_employer(user: User, **kwargs: Any) -> None:
    detach_jobs(user)
