"""Addresses and networks of clients."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

Address = IPv4Address | IPv6Address

_NOWHERE = IPv4Address("0.0.0.0")  # noqa: S104 - not to bind to

# Parsing an address takes longer than the rest of counting a request.
_KNOWN_ADDRESSES = 1_000

# What a provider assigns to one customer: of IPv6 a /64, all of which the customer may use.
_CLIENT_PREFIX = {4: 32, 6: 64}
# What shows the region, but not the person.
_STORED_PREFIX = {4: 24, 6: 48}


def client_address(request: HttpRequest | Request) -> Address:
    """Return the address of the client.

    Each of NUM_PROXIES proxies has appended the address of its client to X-Forwarded-For. Entries to the left of these,
    and the whole header without a proxy, are the client's own and not trusted.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    if settings.NUM_PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= settings.NUM_PROXIES:
            return _parsed(hops[-settings.NUM_PROXIES]) or _parsed(peer) or _NOWHERE
    return _parsed(peer) or _NOWHERE


@lru_cache(_KNOWN_ADDRESSES)
def client_network(address: Address) -> str:
    """Return the network that one client controls: an IPv4 address, or a /64 of IPv6."""
    return str(ip_network((address, _CLIENT_PREFIX[address.version]), strict=False))


@lru_cache(_KNOWN_ADDRESSES)
def network_prefix(address: Address) -> str:
    """Return the network that is stored instead of an address: /24, or /48 of IPv6."""
    return str(ip_network((address, _STORED_PREFIX[address.version]), strict=False))


@lru_cache(_KNOWN_ADDRESSES)
def _parsed(text: str) -> Address | None:
    # Some proxies append the port; IPv6 then is in brackets.
    candidates = (text, text.rpartition(":")[0], text.partition("]")[0].removeprefix("["))
    for candidate in candidates:
        try:
            address = ip_address(candidate)
        except ValueError:
            continue
        # ::ffff:203.0.113.7 is an IPv4 client of a dual-stack socket.
        return getattr(address, "ipv4_mapped", None) or address
    return None
