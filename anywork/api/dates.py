"""Dates in requests."""

from django.utils.dateparse import parse_date


def missing_day(text: str) -> str | None:
    """Return the message for a text that begins with a day that does not exist, such as 2027-02-29."""
    day = text.strip()[:10]
    try:
        parse_date(day)
    except ValueError:
        return f"The day {day} does not exist."
    return None
