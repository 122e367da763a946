"""Rates of requests: the syntax of THROTTLE_RATES."""

from collections.abc import Mapping
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured

OFF = "off"

_SECONDS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3_600, "hour": 3_600, "d": 86_400}
_SECONDS["day"] = _SECONDS["d"]


class Rate(NamedTuple):
    """Number of requests in a window of some seconds."""

    limit: int
    seconds: int


def parse_rates(text: str, defaults: Mapping[str, str]) -> dict[str, Rate]:
    """Return the rate of each scope in `defaults`, changed by `text`; a scope that is off has none.

    `text` is `off`, or like `login=20/min,apply=60/hour,upload=off`.

    Raises:
        ImproperlyConfigured: `text` has another form, or names an unknown scope.
    """
    if text.strip().lower() == OFF:
        return {}
    chosen = dict(defaults)
    for item in filter(None, (item.strip() for item in text.split(","))):
        scope, _, rate = (part.strip() for part in item.partition("="))
        if scope not in defaults:
            raise ImproperlyConfigured(f"THROTTLE_RATES: {item!r} begins with none of {', '.join(defaults)}.")
        chosen[scope] = rate
    return {scope: _parse(rate) for scope, rate in chosen.items() if rate.lower() != OFF}


def _parse(text: str) -> Rate:
    limit, _, period = text.partition("/")
    if not (limit.isascii() and limit.isdigit() and int(limit) and period in _SECONDS):
        raise ImproperlyConfigured(f"THROTTLE_RATES: {text!r} is not a rate; one is 20/min, 60/hour, 1000/day or off.")
    return Rate(int(limit), _SECONDS[period])
