"""Receivers of signals."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import account_erasing
from applications.services import anonymise_applications


@receiver(account_erasing, dispatch_uid="applications.anonymise_applications_of_erased_seeker")
def anonymise_applications_of_erased_seeker(user: User, **kwargs: Any) -> None:
    anonymise_applications(user=user)
