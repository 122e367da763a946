"""Exceptions of services and views beside DRF's own; `anywork.api.errors` turns them into responses."""

import math

from django.db.models import Model
from rest_framework import exceptions, status

RETRY_AFTER_SECONDS = 5
MINUTE = 60


class Unauthorized(exceptions.APIException):
    """401 of a view without authentication, such as the login, where DRF turns its own exceptions into a 403."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = "The token is missing, expired or no longer valid. Log in again."
    default_code = "not_authenticated"


class Conflict(exceptions.APIException):
    """409: the request is valid, but conflicts with the present state."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "This conflicts with the current state."
    default_code = "conflict"


class InUse(Conflict):
    """409 for a row that other rows refer to."""

    default_detail = "This is still in use, so it cannot be deleted."
    default_code = "in_use"


class LimitReached(Conflict):
    """409 for a row more than a user may have."""

    default_code = "limit_reached"

    def __init__(self, noun: str, most: int) -> None:
        super().__init__(f"You have {most} {noun}, the most there can be. Remove one first.")


class AlreadyExists(Conflict):
    """409 for a row that exists already; the body has its key in `existing`."""

    default_detail = "This exists already."
    default_code = "already_exists"

    def __init__(self, detail: str, existing: Model | None) -> None:
        super().__init__(detail)
        self.existing = {existing._meta.pk.name: str(existing.pk)} if existing else None


class PreconditionFailed(exceptions.APIException):
    """412: the row was changed since the client read the state that If-Match names."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This was changed in the meantime, so nothing was saved. Read it again, then repeat your change."
    default_code = "precondition_failed"


class RequestTooLarge(exceptions.APIException):
    """413: the body is longer than the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is too large: a file may have up to 10 MiB, any other request 1 MiB."
    default_code = "request_too_large"


class ServiceUnavailable(exceptions.APIException):
    """503 with Retry-After: a service that the request needs is unavailable."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The service is unavailable for a moment. Please try again."
    default_code = "service_unavailable"
    wait = RETRY_AFTER_SECONDS


class TooManyRequests(exceptions.APIException):
    """429 with Retry-After."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_code = "throttled"

    def __init__(self, *, wait: float, detail: str = "Too many requests.") -> None:
        self.wait = max(1, math.ceil(wait))
        super().__init__(f"{detail} Please try again in {_in_words(self.wait)}.")


def _in_words(seconds: int) -> str:
    number, unit = (seconds, "second") if seconds < 2 * MINUTE else (math.ceil(seconds / MINUTE), "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"
