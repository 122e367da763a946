"""The guide to finding jobs, docs/searching.md, is true."""

import importlib
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.http import QueryDict
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.tests.factories import EmployerFactory
from jobs.models import CurrencyRate, Location
from jobs.searching.gathering import gather_words
from jobs.tests.factories import CategoryFactory, JobFactory

GUIDE = Path(__file__).resolve().parents[2] / "docs/searching.md"


def _tables() -> list[list[list[str]]]:
    """Return the cells of the guide's tables, without their headings."""
    tables = re.findall(r"(?:^\|.*\n)+", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[2:]] for table in tables
    ]


BOARD, *EXAMPLES = _tables()


def test_guide_has_its_board_and_examples() -> None:
    assert len(BOARD) == 10
    assert sum(map(len, EXAMPLES)) > 30


@pytest.fixture
def board(db: None) -> None:
    # Tests with transactions of their own delete what migrations wrote.
    importlib.import_module("jobs.migrations.0025_first_synonyms").add(apps, None)
    for currency, rate in {"USD": 1, "NGN": 1450, "EUR": "0.92", "CAD": "1.37"}.items():
        CurrencyRate.objects.update_or_create({"per_dollar": rate}, currency=currency)
    category = CategoryFactory(name="Work")
    companies = {name: EmployerFactory(company_name=name) for name in {row[1] for row in BOARD}}
    for age, (title, company, place, job_type, pay, description) in enumerate(BOARD):
        city, *state, country = place.split(", ")
        JobFactory(
            title=title,
            employer=companies[company],
            location=Location.objects.get_or_create(city=city, state="".join(state), country=country)[0],
            category=category,
            job_type=job_type,
            salary_range=pay,
            description=description,
            posted_at=timezone.now() - timedelta(minutes=age),
        )
    gather_words()


@pytest.mark.parametrize(
    "example", [row for table in EXAMPLES for row in table], ids=lambda row: row[0].strip("`").replace(" ", "_")
)
@pytest.mark.usefixtures("board")
def test_request_finds_what_the_guide_says(anonymous: APIClient, example: list[str]) -> None:
    request, finds, *did_you_mean = example

    jobs, facets = (anonymous.get(f"/api/jobs/{path}", QueryDict(request.strip("`"))) for path in ("", "facets/"))

    assert "; ".join(job["title"] for job in jobs.json()["results"]) == finds.replace("nothing", "")
    assert facets.json()["did_you_mean"] == (did_you_mean[0] if did_you_mean else None)


@pytest.mark.usefixtures("board")
def test_facets_name_the_word_that_finds_nothing(anonymous: APIClient) -> None:
    assert anonymous.get("/api/jobs/facets/", {"search": "nurse lagos"}).json()["without_word"] == "lagos"
