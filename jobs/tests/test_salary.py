import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from jobs.searching.salary import UNSPECIFIED, parse_salary

# From the field, and others of the same kinds. "?" is not judged; without amounts, nothing may be read.
FILES = ("salaries.csv", "salaries_more.csv")


def cases():
    for name in FILES:
        with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def judged(case):
    """Return "right", "nothing" or "wrong"."""
    salary = parse_salary(case["text"])
    read = {
        "minimum": salary.minimum,
        "maximum": salary.maximum,
        "currency": salary.currency or None,
        "period": salary.period or None,
    }
    expected = {
        name: Decimal(case[name]) if name in {"minimum", "maximum"} and case[name] else case[name] or None
        for name in read
        if case[name] != "?"
    }
    if all(read[name] == value for name, value in expected.items()):
        return "right"
    return "nothing" if salary == UNSPECIFIED else "wrong"


def test_no_text_is_read_wrongly_and_nearly_all_are_read(capsys):
    verdicts = {case["text"]: judged(case) for case in cases()}
    counts = Counter(verdicts.values())
    with capsys.disabled():
        print(f"\nSalaries: {counts['right']} right, {counts['nothing']} nothing, {counts['wrong']} wrong.")  # noqa: T201

    assert [text for text, verdict in verdicts.items() if verdict == "wrong"] == []
    assert counts["right"] >= 0.85 * len(verdicts)


@pytest.mark.parametrize(
    "text", ["", "negotiable", "Competitive + 401(k)", "see 3rd paragraph", "9" * 200, "N/A", "$1.2.3", "€0", "0123 €"]
)
def test_text_without_an_amount_is_unspecified(text):
    assert parse_salary(text) == UNSPECIFIED


@pytest.mark.parametrize(
    ("text", "place", "currency"),
    [
        ("$18 an hour", "", "USD"),
        ("$18 an hour", "Canada", "CAD"),
        ("$18 an hour", "kanada", "CAD"),
        ("$18 an hour", "AU", "AUD"),
        ("$18,000 mensuales", "México", "MXN"),
        ("$1.500.000 mensuales", "Chile", "CLP"),
        ("US$18 an hour", "Canada", "USD"),
        ("$18 an hour", "Germany", "USD"),
        ("$18 an hour", "Atlantis", "USD"),
        ("30 000 kr i månaden", "", ""),
        ("30 000 kr i månaden", "Sweden", "SEK"),
        ("kr 250 per time", "Norge", "NOK"),
        ("Rs 80,000 per month", "Pakistan", "PKR"),
        ("Rs 80,000 per month", "", "INR"),
        ("¥8000/月", "China", "CNY"),
        ("80k per year", "Canada", ""),
    ],
)
def test_sign_means_the_currency_of_the_place(text, place, currency):
    assert parse_salary(text, lambda: place).currency == currency


def test_place_is_not_read_for_a_currency_that_is_named():
    def fail():
        raise AssertionError

    assert parse_salary("€18 an hour", fail).currency == "EUR"


def test_amounts_are_annualised():
    hourly = parse_salary("£35 - £40/hour")

    assert [hourly.annual_minimum, hourly.annual_maximum] == [72_800, 83_200]
    assert parse_salary("up to 4,000 a month").annual_minimum is None
    assert parse_salary("up to 4,000 a month").annual_maximum == 48_000


def test_salary_without_a_period_has_no_annual_amount():
    salary = parse_salary("R$ 12.000 - R$ 18.000")

    assert list(salary) == [12_000, 18_000, "BRL", ""]
    assert [salary.annual_minimum, salary.annual_maximum] == [None, None]
