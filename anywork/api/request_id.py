"""One id per request: echoed to the client, named in every error body and, with the caller, in every log line."""

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_current: ContextVar[str] = ContextVar("request_id", default="-")
_user: ContextVar[str] = ContextVar("user_id", default="-")


def current_request_id() -> str:
    """Return the id of the request that this thread answers or answered last; "-" before the first."""
    return _current.get()


def current_user_id() -> str:
    """Return the id of the user who made that request; "-" while that is not known."""
    return _user.get()


def remember_user(user_id: object) -> None:
    """Tell whose request it is."""
    _user.set(str(user_id))


class RequestIDMiddleware:
    """Takes the client's X-Request-ID if it is a plain token of up to 64 characters, else makes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get(HEADER, "")
        request_id = offered if _ACCEPTED.fullmatch(offered) else str(uuid.uuid4())
        # Never reset: Django logs a refused request after the middleware has returned.
        _current.set(request_id)
        _user.set("-")
        response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response
