"""Receivers of signals."""

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erasing
from applications.closings import plan_to_tell
from applications.services import anonymise_applications, copy_questions, remove_texts_of_erased_employers
from jobs.models import Job
from jobs.signals import job_duplicated, jobs_closed


@receiver(account_erasing, dispatch_uid="applications.anonymise_applications_of_erased_seeker")
def anonymise_applications_of_erased_seeker(user: User, **kwargs: Any) -> None:
    anonymise_applications(user=user)


@receiver(account_erasing, dispatch_uid="applications.remove_texts_of_erased_employer")
def remove_texts_of_erased_employer(user: User, **kwargs: Any) -> None:
    # Receivers of `jobs`, which come first, have detached the jobs of the employer.
    remove_texts_of_erased_employers()


@receiver(jobs_closed, dispatch_uid="applications.plan_to_tell_applicants_of_closed_jobs")
def plan_to_tell_applicants_of_closed_jobs(keys: list[UUID], **kwargs: Any) -> None:
    plan_to_tell(keys)


@receiver(job_duplicated, dispatch_uid="applications.copy_questions_of_duplicated_job")
def copy_questions_of_duplicated_job(job: Job, copy: Job, **kwargs: Any) -> None:
    copy_questions(job, copy)
