"""Context of a request: its id, which the client gets and log lines name, its user and its network."""

from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="-")
_user: ContextVar[str] = ContextVar("user_id", default="-")
_network: ContextVar[str] = ContextVar("network", default="")


def begin_request(request_id: str, network: str) -> None:
    """Set the context. It is never reset, since Django logs failed requests after the middleware has returned."""
    _current.set(request_id)
    _user.set("-")
    _network.set(network)


def current_request_id() -> str:
    """Return the id of the current or latest request of this thread; "-" before the first."""
    return _current.get()


def current_user_id() -> str:
    """Return the id of the user of that request; "-" while unknown."""
    return _user.get()


def current_network() -> str:
    """Return the network of the client, /24, or /48 of IPv6; "" outside of requests."""
    return _network.get()


def set_user(user_id: object) -> None:
    """Set the user of the request."""
    _user.set(str(user_id))
