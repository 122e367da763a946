"""Dates in requests, and months."""

from calendar import monthrange
from datetime import datetime

from django.utils.dateparse import parse_date


def missing_day(text: str) -> str | None:
    """Return the message for a text that begins with a day that does not exist, such as 2027-02-29."""
    day = text.strip()[:10]
    try:
        parse_date(day)
    except ValueError:
        return f"The day {day} does not exist."
    return None


def months_before(moment: datetime, months: int) -> datetime:
    """Return the same moment `months` earlier; of a shorter month the last day."""
    years, month = divmod(moment.month - 1 - months, 12)
    year, month = moment.year + years, month + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
