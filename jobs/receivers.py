"""Receivers of account signals: jobs of employers that are blocked, unblocked or erased."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_blocked, account_erasing, account_unblocked
from jobs import services


@receiver(account_erasing, dispatch_uid="jobs.detach_jobs_of_erased_employer")
def detach_jobs_of_erased_employer(user: User, **kwargs: Any) -> None:
    services.detach_jobs(user)


@receiver(account_blocked, dispatch_uid="jobs.close_jobs_of_blocked_employer")
def close_jobs_of_blocked_employer(user: User, **kwargs: Any) -> None:
    services.close_jobs_of_blocked(user)


@receiver(account_unblocked, dispatch_uid="jobs.open_jobs_of_unblocked_employer")
def open_jobs_of_unblocked_employer(user: User, **kwargs: Any) -> None:
    services.open_jobs_of_unblocked(user)
