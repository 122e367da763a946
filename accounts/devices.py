"""Device and network of a session: enough for its owner to recognize it, and no more."""

from typing import NamedTuple

from rest_framework.request import Request

from anywork.api.throttling.addresses import client_address, network_prefix

# Marks in user agents, specific before general: all browsers except Firefox also contain "Safari".
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_NAME_LENGTH = 100


class Device(NamedTuple):
    """Name of a device, and the network of its latest use."""

    name: str = ""
    address: str = ""


def device_of(request: Request) -> Device:
    """Return the device of `request`."""
    return Device(device_name(request.headers.get("User-Agent", "")), network_prefix(client_address(request)))


def device_name(user_agent: str) -> str:
    """Return a name such as "Firefox on Linux"; of a program that is no browser, the first word of its user agent."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    first_word = next(iter(user_agent.split()), "")
    return "".join(filter(str.isprintable, first_word))[:_NAME_LENGTH]
