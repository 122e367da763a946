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

analytics_documented = documented(
    "Analytics",
    noun="counter",
    list=operation(
        "One row per job and day (UTC), newest first, without days on which nothing happened. Employers see the "
        "counters of their own jobs. `views` counts requests of the job by others than its owner.",
        response=[ANALYTICS],
        errors=(ValidationError({"date_from": ["Enter a valid date."]}),),
    ),
    retrieve=operation("Counters of one job on one day.", response=ANALYTICS),
)
