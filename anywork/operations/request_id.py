"""The context of a request: its id, echoed to the client and named in errors and log lines; its user and network."""

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from anywork.api.throttling.addresses import Address, client_address, shortened

HEADER = "X-Request-ID"

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_current: ContextVar[str] = ContextVar("request_id", default="-")
_user: ContextVar[str] = ContextVar("user_id", default="-")
_address: ContextVar[Address | None] = ContextVar("address", default=None)


def current_request_id() -> str:
    """Return the id of the request that this thread answers or answered last; "-" before the first."""
    return _current.get()


def current_user_id() -> str:
    """Return the id of the user who made that request; "-" while that is not known."""
    return _user.get()


def current_network() -> str:
    """Return the network that the request came from, /24 or of IPv6 /48; "" outside of requests."""
    address = _address.get()
    return "" if address is None else shortened(address)


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
        _address.set(client_address(request))
        response = self.get_response(request)
        response.headers[HEADER] = request_id
        return response
