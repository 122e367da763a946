"""Periodic tasks."""

from celery import shared_task

from anywork.api.batches import SWEEP_SECONDS
from applications import closings, retention, services


@shared_task(name="applications.tell_held_decisions")
def tell_held_decisions() -> None:
    """Tell applicants of the rejections whose hold is over."""
    services.tell_held_decisions(seconds=SWEEP_SECONDS)


@shared_task(name="applications.tell_applicants")
def tell_applicants() -> None:
    """Tell applicants that the employer has closed their job."""
    closings.tell_applicants(seconds=SWEEP_SECONDS)


@shared_task(name="applications.revoke_old_applications")
def revoke_old_applications() -> None:
    """Revoke old applications, and give notice of the next."""
    retention.revoke_old_applications(seconds=SWEEP_SECONDS)
