"""How counters read in the OpenAPI schema."""

from rest_framework.exceptions import ValidationError

from anywork.api.schema import documented, operation

ANALYTICS = {
    "analytics_id": "51b52b95-8cbc-46d3-a9be-2d43136d82cd",
    "views": 7,
    "applications": 0,
    "date": "2030-03-08",
    "job": "2f53287a-13b2-4ea1-9c79-a0d6b930581d",
}
ANOTHER_ANALYTICS = {
    "analytics_id": "46d1548b-364a-4457-a637-b16f27b57443",
    "views": 6,
    "applications": 2,
    "date": "2030-03-08",
    "job": "c3242a30-1a09-48e1-bb9c-ddba3235a3cd",
}

analytics_documented = documented(
    "Analytics",
    noun="counter",
    list=operation(
        "One row for each job and day (UTC) on which something happened, latest first. Employers find those of their "
        "own jobs. `views` counts who looked at the job's page, its owner excepted; `applications` who applied.",
        response=[ANALYTICS, ANOTHER_ANALYTICS],
        errors=(ValidationError({"date_from": ["Enter a valid date."]}),),
    ),
    retrieve=operation("One job on one day.", response=ANALYTICS),
)
