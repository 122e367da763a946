"""Searches as people type them, each on a board of its own."""

import importlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.tests.factories import EmployerFactory
from jobs.models import Location
from jobs.searching.gathering import gather_words
from jobs.tests.factories import CategoryFactory, JobFactory

CASES = json.loads(Path(__file__).with_name("searches.json").read_text(encoding="utf-8"))
# Kinds that the search does not know yet.
NOT_YET = {
    # Other names of cities.
    "bangalore",
    "munich",
}


def _cases(*, done):
    cases = [case for case in CASES if (case["search"] not in NOT_YET) == done]
    return pytest.mark.parametrize("case", cases, ids=[case["search"] for case in cases])


@pytest.fixture(autouse=True)
def _synonyms(db):
    # Tests with transactions of their own delete what migrations wrote.
    importlib.import_module("jobs.migrations.0025_first_synonyms").add(apps, None)


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


@_cases(done=False)
@pytest.mark.xfail(raises=AssertionError)
def test_search_does_not_find_it_yet(found, case):
    titles = found(case)

    assert is_right(case, titles), titles


@_cases(done=True)
def test_search_finds_what_is_meant(found, case):
    titles = found(case)

    assert is_right(case, titles), titles


def test_kinds_that_are_not_known_yet_are_among_the_cases():
    assert {case["search"] for case in CASES} >= NOT_YET


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


def test_tags_are_no_words(found):
    jobs = [{"title": "Packer", "description": '<strong class="red">Pack</strong>&nbsp;boxes'}]

    assert found({"jobs": jobs, "search": "strong or red"}) == []


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
