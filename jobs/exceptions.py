"""Refusals of this app."""

from django.db.models import Model

from anywork.api.exceptions import AlreadyExists
from jobs.saving.models import SavedJob


class NameExists(AlreadyExists):
    """409 for a category or location that exists."""

    def __init__(self, noun: str, existing: Model | None) -> None:
        super().__init__(f"This {noun} exists already.", existing)


def already_saved(existing: SavedJob | None) -> AlreadyExists:
    return AlreadyExists("You have saved this job already.", existing)
