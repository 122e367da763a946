from decimal import Decimal

import pytest

from jobs.searching.salary import UNSPECIFIED, parse_salary

SPELLINGS = [
    ("$80,000 - $100,000", 80_000, 100_000, "USD", "year"),
    ("80k-100k EUR", 80_000, 100_000, "EUR", "year"),
    ("80-100k", 80_000, 100_000, "", "year"),
    ("£35/hour", 35, 35, "GBP", "hour"),
    ("N250,000 monthly", 250_000, 250_000, "NGN", "month"),
    ("₦250,000 - ₦400,000 per month", 250_000, 400_000, "NGN", "month"),
    ("up to 90000", None, 90_000, "", "year"),
    ("Up to €90.000", None, 90_000, "EUR", "year"),
    ("max. 4.500 € / Monat, 4500 per month", None, 4_500, "EUR", "month"),
    ("from $50,000", 50_000, None, "USD", "year"),
    ("at least 45 000 SEK a month", 45_000, None, "SEK", "month"),
    ("$120k+", 120_000, None, "USD", "year"),
    ("120,000+", 120_000, None, "", "year"),
    ("€52,000 \u2013 €64,000", 52_000, 64_000, "EUR", "year"),
    ("€52.000 bis €64.000", 52_000, 64_000, "EUR", "year"),
    ("CHF 95'000 - 110'000", 95_000, 110_000, "CHF", "year"),
    ("CA$38/hour", 38, 38, "CAD", "hour"),
    ("C$38 an hour", 38, 38, "CAD", "hour"),
    ("A$100k - A$120k p.a.", 100_000, 120_000, "AUD", "year"),
    ("AUD 100,000 per annum", 100_000, 100_000, "AUD", "year"),
    ("$25 - $30", 25, 30, "USD", "hour"),
    ("$17.50 per hour", "17.5", "17.5", "USD", "hour"),
    ("17,50 € / h", "17.5", "17.5", "EUR", "hour"),
    ("£400 per day", 400, 400, "GBP", "day"),
    ("£400-£450/day", 400, 450, "GBP", "day"),
    ("$1,200 weekly", 1_200, 1_200, "USD", "week"),
    ("USD 5,000 to 7,000 per month", 5_000, 7_000, "USD", "month"),
    ("between 60k and 70k", 60_000, 70_000, "", "year"),
    ("1.2m NGN yearly", 1_200_000, 1_200_000, "NGN", "year"),
    ("KES 80,000/month", 80_000, 80_000, "KES", "month"),
    ("Ksh 80,000 monthly", 80_000, 80_000, "KES", "month"),
    ("R25 000 p.m.", 25_000, 25_000, "ZAR", "month"),
    ("₹12,00,000 a year", 1_200_000, 1_200_000, "INR", "year"),
    ("¥6,000,000", 6_000_000, 6_000_000, "JPY", "year"),
    ("$90,000 plus 10% bonus and 401k", 90_000, 90_000, "USD", "year"),
    ("10% bonus, 60,000 EUR", 60_000, 60_000, "EUR", "year"),
    ("50000 Naira per month, 13th salary", 50_000, 50_000, "NGN", "month"),
    ("100,000 - 80,000", 80_000, 100_000, "", "year"),
    ("US$3000 - US$4000 /mo", 3_000, 4_000, "USD", "month"),
    ("under $40k", None, 40_000, "USD", "year"),
    ("min. 30 000 €", 30_000, None, "EUR", "year"),
    ("65000", 65_000, 65_000, "", "year"),
]


@pytest.mark.parametrize(("text", "low", "high", "currency", "period"), SPELLINGS)
def test_salary_is_parsed(text, low, high, currency, period):
    expected = tuple(None if bound is None else Decimal(bound) for bound in (low, high))

    assert parse_salary(text) == (*expected, currency, period)


@pytest.mark.parametrize(
    "text", ["", "negotiable", "Competitive + 401(k)", "DOE", "see 3rd paragraph", "9" * 200, "N/A"]
)
def test_text_without_an_amount_is_unspecified(text):
    assert parse_salary(text) == UNSPECIFIED


def test_amounts_are_annualised():
    hourly = parse_salary("£35 - £40/hour")

    assert hourly.annual_minimum == Decimal(72_800)
    assert hourly.annual_maximum == Decimal(83_200)
    assert parse_salary("up to 4,000 a month").annual_minimum is None
    assert parse_salary("up to 4,000 a month").annual_maximum == 48_000
