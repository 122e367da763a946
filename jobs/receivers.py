"""Receivers of account signals: jobs of employers that are blocked, unblocked or erased; times of alerts."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_blocked, account_erasing, account_unblocked, alert_time_changed
from jobs import services
from jobs.saving.models import SavedSearch


@receiver(account_erasing, dispatch_uid="jobs.detach_jobs_of_erased_employer")
def detach_jobs_of_erased_employer(user: User, **kwargs: Any) -> None:
    services.detach_jobs(user)


@receiver(account_blocked, dispatch_uid="jobs.close_jobs_of_blocked_employer")
def close_jobs_of_blocked_employer(user: User, **kwargs: Any) -> None:
    services.close_jobs_of_blocked(user)


@receiver(account_unblocked, dispatch_uid="jobs.open_jobs_of_unblocked_employer")
def open_jobs_of_unblocked_employer(user: User, **kwargs: Any) -> None:
    services.open_jobs_of_unblocked(user)


@receiver(alert_time_changed, dispatch_uid="jobs.plan_alerts_again")
def plan_alerts_again(user: User, **kwargs: Any) -> None:
    # Locked: one that is being sent has another time then.
    for search in SavedSearch.objects.visible_to(user).order_by("pk").select_for_update(no_key=True):
        search.alert_at = user.next_alert_at(search.alert_at, days=0)
        search.save(update_fields=["alert_at"])
