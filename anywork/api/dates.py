"""Dates in requests."""

import re
from datetime import date

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def missing_day(text: str) -> str | None:
    """Return the message for a text that begins with a day that does not exist, such as 2027-02-29."""
    if day := _DAY.match(text.strip()):
        try:
            date(*map(int, day.groups()))
        except ValueError:
            return f"The day {day[0]} does not exist."
    return None
