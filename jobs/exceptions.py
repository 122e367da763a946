"""Refusals of this app."""

from collections.abc import Collection

from django.db.models import Model
from rest_framework.exceptions import ValidationError

from anywork.api.exceptions import AlreadyExists


class NameExists(AlreadyExists):
    """409 for a category or location that exists."""

    def __init__(self, noun: str, existing: Model | None) -> None:
        super().__init__(f"This {noun} exists already.", existing)


def unknown_details(names: Collection[str], known: Collection[str]) -> ValidationError:
    return ValidationError({"expand": [f"{', '.join(sorted(names))}: not one of {', '.join(known)}."]})
