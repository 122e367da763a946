"""Where a request comes from."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

Address = IPv4Address | IPv6Address

_NOWHERE = IPv4Address("0.0.0.0")  # noqa: S104 - not to bind to

# To read an address takes longer than anything else that a rate does.
_KNOWN_ADDRESSES = 1_000

# What a provider gives to one customer, who is free to use all of it.
_CUSTOMER_PREFIX = {4: 32, 6: 64}
# What tells the region but not the person.
_SHORTENED_PREFIX = {4: 24, 6: 48}


def client_address(request: HttpRequest | Request) -> Address:
    """Return the address of the client.

    Each of NUM_PROXIES proxies has appended to X-Forwarded-For whom it was called by; what stands left of that is
    the client's own invention, as is the whole header without a proxy.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    if settings.NUM_PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= settings.NUM_PROXIES:
            return _parsed(hops[-settings.NUM_PROXIES]) or _parsed(peer) or _NOWHERE
    return _parsed(peer) or _NOWHERE


@lru_cache(_KNOWN_ADDRESSES)
def client_network(address: Address) -> str:
    """Return what stands for everybody at one connection: the address, of IPv6 the /64 that one customer has."""
    return str(ip_network((address, _CUSTOMER_PREFIX[address.version]), strict=False))


@lru_cache(_KNOWN_ADDRESSES)
def network_prefix(address: Address) -> str:
    """Return the address without its personal half: /24, of IPv6 /48."""
    return str(ip_network((address, _SHORTENED_PREFIX[address.version]), strict=False))


@lru_cache(_KNOWN_ADDRESSES)
def _parsed(text: str) -> Address | None:
    # Some proxies append the port, and IPv6 comes in brackets then.
    candidates = (text, text.rpartition(":")[0], text.partition("]")[0].removeprefix("["))
    for candidate in candidates:
        try:
            address = ip_address(candidate)
        except ValueError:
            continue
        # ::ffff:203.0.113.7 is IPv4 that arrived at a socket of both kinds.
        return getattr(address, "ipv4_mapped", None) or address
    return None
