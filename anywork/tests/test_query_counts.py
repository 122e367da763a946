"""How many queries each request takes: a recorded, reviewable fact.

`query_counts.json` holds the number for what `permission_table.py` allows; after a change that is meant,
`RECORD_QUERY_COUNTS=1 python -m pytest anywork/tests/test_query_counts.py` writes it again.
"""

import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import BlockedEmployer, MutedEmployer, User
from accounts.tests.factories import EmployerFactory, JobSeekerFactory, SkillFactory
from analytics.tests.factories import AnalyticsFactory
from anywork.tests.permission_table import CELLS, LIST_CELLS, Cell
from anywork.tests.world import SIGNED_IN, World
from applications.tests.factories import ApplicationFactory, NoteFactory, QuestionFactory
from jobs.tests.factories import JobFactory, JobSkillFactory, SavedJobFactory, SavedSearchFactory
from notifications.tests.factories import NotificationFactory
from resumes.tests.factories import ResumeAccessFactory, ResumeFactory

RECORD = Path(__file__).parent / "query_counts.json"
RECORDED: dict[str, int] = json.loads(RECORD.read_text()) if RECORD.exists() else {}

# A request is measured for the first of these that it is open to; lists for each of them.
MEASURED = ("applicant", "employer", "admin", "undecided", "anonymous")
APPLICATIONS = "/api/applications/?expand=answers,screening"
SAVED_JOBS = "/api/saved-jobs/?expand=job,state"
ALWAYS_ONE_ROW = {"GET /api/jobseekers/ by applicant"}
# These fetch no rows of ours.
UNMEASURED = ("/api/schema/", "/api/docs/", "/api/auth/google/", "/healthz", "/admin/")


def measured_cells() -> list[Cell]:
    cells = [cell for cell in LIST_CELLS if not cell.refusal and cell.caller in MEASURED]
    requests: dict[tuple[object, ...], list[Cell]] = {}
    for cell in CELLS:
        if not cell.refusal and cell.path not in UNMEASURED:
            requests.setdefault((cell.method, cell.path, cell.fields), []).append(cell)
    for allowed in requests.values():
        cells += sorted((cell for cell in allowed if cell.caller in MEASURED), key=lambda c: MEASURED.index(c.caller))[
            :1
        ]
    return cells


MEASURED_CELLS = measured_cells()


def count_queries(world: World, cell: Cell) -> int:
    """Return how many statements the request sends, without those that open and close transactions."""
    client = world.client(cell.caller)
    with CaptureQueriesContext(connection) as captured:
        response = world.send(cell, client=client)
    assert response.status_code < 300, response.content
    return sum("SAVEPOINT" not in query["sql"] for query in captured)


@pytest.mark.parametrize("cell", MEASURED_CELLS, ids=str)
def test_request_takes_the_recorded_number_of_queries(world: World, cell: Cell) -> None:
    count = count_queries(world, cell)
    if os.environ.get("RECORD_QUERY_COUNTS"):
        RECORDED[str(cell)] = count
        order = [str(measured) for measured in MEASURED_CELLS]
        known = {key: RECORDED[key] for key in order if key in RECORDED}
        RECORD.write_text(json.dumps(known, indent=2) + "\n")
    assert count == RECORDED.get(str(cell))


def test_record_holds_nothing_that_is_not_measured() -> None:
    assert list(RECORDED) == [str(cell) for cell in MEASURED_CELLS]


def grow(world: World) -> None:
    """Give every list nine rows more, each with company, category and location of its own."""
    rows = world.rows
    for _ in range(9):
        EmployerFactory()
        JobFactory(employer=rows["rival"])
        job = JobSkillFactory(job__employer=rows["employer"]).job
        AnalyticsFactory(job=job)
        QuestionFactory(job=rows["open"], knock_out=True)
        for person in (rows["applicant"], JobSeekerFactory()):
            resume = ResumeFactory(job_seeker=person)
            ApplicationFactory(job_seeker=person, job=job, resume=resume)
            SkillFactory(user=person.user)
        SavedJobFactory(job_seeker=rows["applicant"])
        SavedSearchFactory(job_seeker=rows["applicant"])
        NoteFactory(application=rows["application"])
        for refused in (BlockedEmployer, MutedEmployer):
            refused.objects.create(job_seeker=rows["applicant"], employer=EmployerFactory())
        ResumeAccessFactory(resume=rows["resume"], actor=EmployerFactory().user)
        for name in SIGNED_IN:
            NotificationFactory(user=User.objects.get(pk=rows[name].pk))


@pytest.mark.parametrize(
    "expand", ["", "/api/jobs/?expand=employer,location,category,saved,skills", SAVED_JOBS, APPLICATIONS]
)
def test_lists_take_as_many_queries_for_ten_rows_as_for_one(world: World, expand: str) -> None:
    lists = [cell for cell in MEASURED_CELLS if cell in LIST_CELLS and cell.expected != "none"]
    lists = [cell for cell in lists if str(cell) not in ALWAYS_ONE_ROW]
    if expand:
        lists = [cell._replace(path=expand) for cell in lists if cell.path == expand.partition("?")[0]]
        lists = [cell for cell in lists if expand != APPLICATIONS or cell.caller != "applicant"]
    # Rows are counted only if there is a second page.
    lists = [cell._replace(path=f"{cell.path}{'&' if expand else '?'}page_size=200") for cell in lists]

    few = {str(cell): count_queries(world, cell) for cell in lists}
    grow(world)

    assert {str(cell): count_queries(world, cell) for cell in lists} == few
    for cell in lists:
        assert world.send(cell).json()["count"] >= 10, cell
