"""Parser of salaries that are written as free text, for the salary filters."""

import re
from decimal import Decimal
from typing import NamedTuple

# Payments a year, of 52 weeks of 40 hours.
PER_YEAR = {"hour": 2_080, "day": 260, "week": 52, "month": 12, "year": 1}

# A smaller amount without a period is paid by the hour.
_MIN_YEARLY = 500
# A larger number is no salary.
_MAX_AMOUNT = Decimal(10) ** 12

_CURRENCIES = {
    "USD": r"us\$|\busd\b|\bdollars?\b",
    "CAD": r"ca?\$|\bcad\b",
    "AUD": r"au?\$|\baud\b",
    "EUR": r"€|\beuros?\b|\beur\b",
    "GBP": r"£|\bgbp\b|\bpounds?\b",
    "NGN": r"₦|\bngn\b|\bnaira\b|\bn(?=\s?\d)",
    "KES": r"\bkes\b|\bksh\b",
    "GHS": r"₵|\bghs\b",
    "ZAR": r"\bzar\b|\br(?=\s?\d)",
    "INR": r"₹|\binr\b|\brs\.?(?=\s?\d)",
    "CHF": r"\bchf\b",
    "SEK": r"\bsek\b",
    "JPY": r"¥|\bjpy\b",
}
# Tried last, as "$" is part of some of them.
_DOLLAR = re.compile(r"\$")
_PERIODS = {
    "hour": r"(?:/|\bper |\ban? )\s*(?:hour|hr|h)\b|\bhourly\b|\bp\.?h\b",
    "day": r"(?:/|\bper |\ba )\s*day\b|\bdaily\b",
    "week": r"(?:/|\bper |\ba )\s*(?:week|wk)\b|\bweekly\b|\bp\.?w\b",
    "month": r"(?:/|\bper |\ba )\s*(?:month|mo|mth)\b|\bmonthly\b|\bp\.?m\b",
    "year": r"(?:/|\bper |\ba )\s*(?:year|yr|annum)\b|\byearly\b|\bannual(?:ly)?\b|\bp\.?a\b",
}
_UP_TO = re.compile(r"\bup to\b|\bmax(?:imum)?\b|\bunder\b|\bbelow\b|≤|<")
_FROM = re.compile(r"\bfrom\b|\bat least\b|\bmin(?:imum)?\b|\bover\b|\babove\b|\bstarting\b|≥|>|\d[km]?\s*\+")
# Numbers that are no amount.
_NO_AMOUNT = re.compile(r"\b401\s*\(?k\)?|\b\d+(?:\.\d+)?\s*%|\b\d+(?:st|nd|rd|th)\b")
# 12,00,000 as in India, 80,000 or 80.000 or 80'000 or 80 000 as elsewhere, or no groups; then two decimals.
_AMOUNT = re.compile(
    r"(\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d{1,3}(?:[,.' ]\d{3})+(?!\d)|\d+)(?:[.,](\d{1,2})(?!\d))?\s?([km])?\b"
)
_RANGE = re.compile(r"\s*(?:-|to\b|and\b|bis\b)[^\d]*")
_SCALE = {"k": 1_000, "m": 1_000_000, None: 1}


class Salary(NamedTuple):
    """Bounds as written; either may be missing. `period` is a key of PER_YEAR."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    currency: str = ""
    period: str = ""

    @property
    def annual_minimum(self) -> Decimal | None:
        return None if self.minimum is None else self.minimum * PER_YEAR[self.period]

    @property
    def annual_maximum(self) -> Decimal | None:
        return None if self.maximum is None else self.maximum * PER_YEAR[self.period]


UNSPECIFIED = Salary()


def parse_salary(text: str) -> Salary:
    """Return the salary that `text` names; UNSPECIFIED if it names no amount, like "negotiable"."""
    text = _NO_AMOUNT.sub(
        " ", re.sub("[\u2010-\u2015\u2212]", "-", text.lower()).replace("\u00a0", " ").replace("\u202f", " ")
    )
    amounts = _amounts(text)
    if not amounts or amounts[-1] > _MAX_AMOUNT:
        return UNSPECIFIED
    low: Decimal | None = amounts[0]
    high: Decimal | None = amounts[-1]
    if len(amounts) == 1 and _UP_TO.search(text):
        low = None
    elif len(amounts) == 1 and _FROM.search(text):
        high = None
    return Salary(low, high, _currency(text), _period(text, amounts[-1]))


def _amounts(text: str) -> list[Decimal]:
    """Return the first amount, or both bounds of the range that it begins, in order."""
    first = _AMOUNT.search(text)
    if first is None:
        return []
    second = None
    if dash := _RANGE.match(text, first.end()):
        second = _AMOUNT.match(text, dash.end())
    if second is None:
        return [_value(first, first[3])]
    # "80-100k": the first is in thousands as well.
    scale = first[3] or (second[3] if _value(first, None) < _value(second, None) else None)
    return sorted([_value(first, scale), _value(second, second[3])])


def _value(amount: re.Match[str], scale: str | None) -> Decimal:
    whole = re.sub(r"\D", "", amount[1])
    return Decimal(f"{whole}.{amount[2] or 0}") * _SCALE[scale]


def _currency(text: str) -> str:
    found = next((code for code, pattern in _CURRENCIES.items() if re.search(pattern, text)), "")
    return found or ("USD" if _DOLLAR.search(text) else "")


def _period(text: str, highest: Decimal) -> str:
    found = next((name for name, pattern in _PERIODS.items() if re.search(pattern, text)), "")
    return found or ("hour" if highest < _MIN_YEARLY else "year")
