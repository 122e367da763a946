"""Receivers of signals."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erasing
from resumes.models import Resume
from resumes.services import delete_file_after_commit


@receiver(account_erasing, dispatch_uid="resumes.delete_files_of_erased_seeker")
def delete_files_of_erased_seeker(user: User, **kwargs: Any) -> None:
    # The rows are deleted with the account.
    for resume in Resume.objects.filter(job_seeker=user.pk):
        delete_file_after_commit(resume)
