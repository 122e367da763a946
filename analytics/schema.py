"""OpenAPI documentation of counters."""

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
    **ANALYTICS,
    "analytics_id": "46d1548b-364a-4457-a637-b16f27b57443",
    "views": 6,
    "applications": 2,
    "job": "c3242a30-1a09-48e1-bb9c-ddba3235a3cd",
}

analytics_documented = documented(
    "Analytics",
    noun="counter",
    list=operation(
        "One row per job and day (UTC), newest first, without days on which nothing happened. Employers see the "
        "counters of their own jobs. `views` counts requests of the job by others than its owner, `applications` new "
        "applications.",
        response=[ANALYTICS, ANOTHER_ANALYTICS],
        errors=(ValidationError({"date_from": ["Enter a valid date."]}),),
    ),
    retrieve=operation("One job on one day.", response=ANALYTICS),
)
