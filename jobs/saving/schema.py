"""Examples and errors of saved jobs and saved searches in the OpenAPI schema."""

from functools import partial
from typing import Any

from rest_framework.exceptions import ValidationError

from anywork.api.exceptions import LimitReached
from anywork.api.expanding import expand_parameter, unknown_details
from anywork.api.schema import documented, operation
from jobs.exceptions import already_saved
from jobs.saving.models import MAX_SEARCHES, SavedJob
from jobs.saving.serializers import EXPANDABLE_SAVED, SavedJobDetailsSerializer
from jobs.schema import JOB

SAVED_JOB: dict[str, Any] = {
    "saved_job_id": "c0f5f3a1-0f0c-4d9e-9a44-3b0d1d1f3a55",
    "job": JOB["job_id"],
    "saved_at": "2030-03-06T09:12:31.204518Z",
}

saved_jobs_documented = documented(
    "Saved jobs",
    noun="saved job",
    list=operation(
        "The jobs that the caller has saved, the latest first. They stay when they are closed: `expand=state` tells. "
        "Three days before one closes, the caller is reminded of it once.",
        parameters=[
            expand_parameter(EXPANDABLE_SAVED, "Adds `job_details`; `state` and `closes_at` of the job."),
        ],
        responses=SavedJobDetailsSerializer(many=True),
        response=[SAVED_JOB],
        errors=(unknown_details(["company"], EXPANDABLE_SAVED),),
    ),
    create=operation(
        "Saves a job that the caller sees.",
        body={"job": JOB["job_id"]},
        response=SAVED_JOB,
        errors=(already_saved(SavedJob(pk=SAVED_JOB["saved_job_id"])),),
    ),
    destroy=operation("By the key of the saved job, which `expand=saved` of job lists names, too."),
)

SAVED_SEARCH = {
    "saved_search_id": "5a0f4c0e-6d0f-4e57-8b0b-2d1b1c9a7f10",
    "name": "Engineer in Lagos",
    "query": "search=engineer&city=lagos",
    "frequency": "daily",
    "created_at": "2030-03-06T09:14:02.118302Z",
}
_invalid_query = ValidationError({"query": {"employer": ["Enter a valid UUID."]}})
_write = partial(operation, response=SAVED_SEARCH, errors=(_invalid_query,))
_INPUT = {name: SAVED_SEARCH[name] for name in ("name", "query", "frequency")}

saved_searches_documented = documented(
    "Saved searches",
    noun="saved search",
    list=operation("The searches of the caller, the latest first.", response=[SAVED_SEARCH]),
    create=_write(
        f"Saves a search, up to {MAX_SEARCHES}. Once a day, or once in seven days, the caller gets an email with its "
        "jobs that were posted since, at the hour of the settings. `query` is checked as `GET /api/jobs/` does.",
        body=_INPUT,
        errors=(_invalid_query, LimitReached("saved searches", MAX_SEARCHES)),
    ),
    retrieve=operation("A search of the caller.", response=SAVED_SEARCH),
    update=_write("Replaces a search. After another query only jobs posted from then on are news.", body=_INPUT),
    partial_update=_write(
        "Changes the given fields. After `off`, only jobs posted from then on are news.",
        body={"frequency": "off"},
        response={**SAVED_SEARCH, "frequency": "off"},
    ),
    destroy=operation("Its emails end, also those that are being sent."),
)
