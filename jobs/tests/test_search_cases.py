"""Searches as people type them, each on a board of its own."""

import importlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from accounts.tests.factories import EmployerFactory
from jobs.models import Location
from jobs.searching.gathering import gather_words
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory

CASES = json.loads(Path(__file__).with_name("searches.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _synonyms(db):
    # Tests with transactions of their own delete what migrations wrote.
    importlib.import_module("jobs.migrations.0025_first_synonyms").add(apps, None)
    with connection.cursor() as cursor:
        cursor.execute(importlib.import_module("jobs.migrations.0028_apply_again").SYNONYMS)


@pytest.fixture
def found(db, anonymous):
    """Return a function that posts the jobs of a case, the first one oldest, and lists what its search finds."""

    def titles(case):
        category, company = CategoryFactory(name="Kind"), EmployerFactory(company_name="Acme")
        jobs = [{"title": job} if isinstance(job, str) else job for job in case["jobs"]]
        for age, job in enumerate(reversed(jobs)):
            place = {"city": "Jos", "state": "", "country": "Nigeria"} | {
                name: job[name] for name in ("city", "state", "country") if name in job
            }
            JobFactory(
                title=job["title"],
                description=job.get("description", "Come."),
                job_type=job.get("job_type", "full-time"),
                category=category,
                employer=company,
                location=Location.objects.get_or_create(**place)[0],
                posted_at=timezone.now() - timedelta(minutes=age),
            )
        gather_words()
        response = anonymous.get("/api/jobs/", {"search": case["search"]}).json()
        return [job["title"] for job in response["results"]]

    return titles


def is_right(case, titles):
    if "first" in case:
        return titles[:1] == [case["first"]]
    return set(case["finds"]) <= set(titles) and not set(case["misses"]) & set(titles)


@pytest.mark.parametrize("case", CASES, ids=[case["search"] for case in CASES])
def test_search_finds_what_is_meant(found, case):
    titles = found(case)

    assert is_right(case, titles), titles


@pytest.mark.parametrize(
    ("search", "title"),
    [
        ("sr. software engineer", "Senior Software Engineer"),
        ("r.n.", "Registered Nurse"),
        ("RN", "R.N. Night"),
        ("quality assurance", "QA Tester"),
        ("dba", "Database Administrator"),
        ("c plus plus", "C++ Developer"),
        ("dot net", ".NET Developer"),
        ("b.sc. chemist", "BSc Chemist"),
        ("MBA", "M.B.A. Graduate"),
        ("h&s officer", "Health and Safety Officer"),
        ("preschool", "Pre-school Teacher"),
        ("pre school", "Preschool Teacher"),
        ("onsite chef", "On-site Chef"),
        ("looking for a driver", "Driver"),
        ("driver vacancies near me", "Driver"),
        ("jobs", "Jobs Editor"),
        ("job coach", "Job Coach"),
        ("no experience", "Packer (no experience needed)"),
        ("開発", "ウェブ開発者"),
        ("إدارة", "ادارة"),
        ("مدير", "مـديـر"),
    ],
)
def test_search_of_a_kind_finds_the_title(found, search, title):
    assert found({"jobs": [title, "Gardener"], "search": search}) == [title]


def test_no_experience_is_not_experience(found):
    jobs = ["Manager with experience", {"title": "Packer", "description": "<p>No <b>experience</b> needed.</p>"}]

    assert found({"jobs": jobs, "search": "no experience"}) == ["Packer"]


@pytest.mark.parametrize(("search", "word"), [("nizza", "nice"), ("spalato", "split"), ("мобил", "mobile")])
def test_other_name_of_a_city_is_no_word_of_descriptions(found, search, word):
    jobs = [{"title": f"{word} Packer", "description": f"A {word} team."}]

    assert found({"jobs": jobs, "search": search}) == []


def test_tags_are_no_words(found):
    jobs = [{"title": "Packer", "description": '<strong class="red">Pack</strong>&nbsp;boxes'}]

    assert found({"jobs": jobs, "search": "strong or red"}) == []


def test_main_name_of_a_city_is_typed_and_proposes_it(anonymous):
    location = LocationFactory(city="München", country="Germany")

    response = anonymous.get("/api/locations/", {"q": "munich"}).json()

    assert [row["location_id"] for row in response["results"]] == [str(location.pk)]
    assert location.other_names.split()[:2] == ["Munich", "Germany"]


@pytest.mark.parametrize(
    "search",
    [
        "'",
        "\\",
        "\\'",
        "a'b\\",
        "!&|<->:*",
        ":*",
        "no",
        "no no",
        '"no',
        '-"',
        "工",
        '"工程师"',
        "🙂 chef",
        "½ ²",
        "-jobs",
        "ー",
    ],
)
def test_signs_of_queries_are_no_syntax(anonymous, db, search):
    JobFactory(title="Chef 工程师")

    for ordering in ("relevance", "newest"):
        assert anonymous.get("/api/jobs/", {"search": search, "ordering": ordering}).status_code == 200
    assert anonymous.get("/api/jobs/facets/", {"search": search}).status_code == 200
