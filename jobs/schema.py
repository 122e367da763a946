"""OpenAPI documentation of categories, locations and jobs."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db.models import Model
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError, ValidationError

from accounts.schema import EMPLOYER
from anywork.api.exceptions import InUse
from anywork.api.schema import documented, operation
from jobs.exceptions import NameExists, unknown_details
from jobs.filters import UNKNOWN_CITY
from jobs.idempotency import INVALID_KEY, IdempotencyKeyReused
from jobs.models import Category, Location
from jobs.searching.limits import Limits
from jobs.serializers import (
    DATE_IN_PAST,
    DID_YOU_MEAN,
    EXPANDABLE,
    EXPANDABLE_ALONE,
    JOB_FIELDS,
    FacetsSerializer,
    JobDetailsSerializer,
    JobSerializer,
    SuggestionsSerializer,
    SuggestQuerySerializer,
    TypedQuerySerializer,
)

CATEGORY = {
    "category_id": "45cee174-0222-451d-afc3-ef8a7940e027",
    "name": "Software Development",
    "description": "Jobs related to software development",
}
LOCATION = {
    "location_id": "e7df170d-9bba-41f6-9645-ae50ec0ed572",
    "city": "Abeokuta",
    "state": "Ogun",
    "country": "Nigeria",
}


def _vocabulary(tag: str, model: type[Model], order: str, row: dict[str, str]) -> Any:
    noun = str(model._meta.verbose_name)
    (key, value), *fields = row.items()
    write = partial(operation, body=dict(fields), response=row, errors=(NameExists(noun, model(pk=value)),))
    return documented(
        tag,
        noun=noun,
        list=operation(
            f"All, ordered by {order}; with `q`, the ten in which words begin with those typed, the best first.",
            parameters=[TypedQuerySerializer],
            response=[row],
            errors=(ValidationError({"q": ["Ensure this field has no more than 100 characters."]}),),
        ),
        create=write(
            f"For employers and administrators. Names are unique, ignoring case: a 409 has the `{key}` of the existing "
            "row in `existing`."
        ),
        retrieve=operation(f"A {noun} by its key.", response=row),
        update=write("For administrators."),
        partial_update=write("For administrators. Changes the given fields only.", body=dict(fields[1:2])),
        destroy=operation("For administrators, while no job uses it.", errors=(InUse(),)),
    )


categories_documented = _vocabulary("Categories", Category, "name", CATEGORY)
locations_documented = _vocabulary("Locations", Location, "country, state and city", LOCATION)

JOB_INPUT = {
    "title": "Software Engineer",
    "description": "We are looking for a skilled software engineer.",
    "location": LOCATION["location_id"],
    "category": CATEGORY["category_id"],
    "salary_range": "$80,000 - $100,000",
    "salary": {"minimum": 80000, "maximum": 100000, "currency": "USD", "period": "year"},
    "job_type": "full-time",
    "expires_at": "2030-12-12",
}
_job = {
    **JOB_INPUT,
    "job_id": "2f53287a-13b2-4ea1-9c79-a0d6b930581d",
    "posted_at": "2030-03-04T20:51:00.718945Z",
    "expires_at": "2030-12-12T00:00:00Z",
    "is_active": True,
    "employer": "89824eaf-233f-45e1-a417-262e8333c977",
}
JOB = {field: _job[field] for field in JOB_FIELDS}
JOB_DETAILS = {
    **JOB,
    "employer_details": {**EMPLOYER, "user": JOB["employer"]},
    "location_details": {**LOCATION, "placed": True},
    "category_details": CATEGORY,
}
FACETS = {
    "count": 3,
    "did_you_mean": None,
    "job_type": [{"value": "full-time", "name": "full-time", "count": 3}],
    "workplace": [{"value": "onsite", "name": "onsite", "count": 3}],
    "category": [{"value": CATEGORY["category_id"], "name": CATEGORY["name"], "count": 3}],
    "location": [{"value": LOCATION["location_id"], "name": "Abeokuta, Nigeria", "count": 3}],
    "country": [{"value": "NG", "name": "Nigeria", "count": 3}],
    "employer": [{"value": JOB["employer"], "name": "Microsoft", "count": 3}],
    "without": [],
    "without_word": None,
}


class ExpandableJobSerializer(JobDetailsSerializer):
    """A job; `expand` adds the other fields."""

    class Meta(JobDetailsSerializer.Meta):
        optional_fields = tuple(
            field for added in (*EXPANDABLE.values(), *EXPANDABLE_ALONE.values()) for field in added
        )

    def get_fields(self) -> dict[str, Any]:
        """Return all fields, without regard to `expand`."""
        return super(JobDetailsSerializer, self).get_fields()


class EmployerJobSerializer(ExpandableJobSerializer):
    """A job with its details; `expand` adds the other fields."""

    class Meta(ExpandableJobSerializer.Meta):
        optional_fields = tuple(
            field for field in ExpandableJobSerializer.Meta.optional_fields if field not in JOB_DETAILS
        )


def _expand_parameter(names: Iterable[str], more: str = "") -> OpenApiParameter:
    return OpenApiParameter(
        "expand",
        {"type": "array", "items": {"type": "string", "enum": list(names)}},
        style="form",
        explode=False,
        description="Adds `employer_details`, `location_details`, `category_details`; `state` and `closes_at`; "
        f"`salary_details`; `workplace`{more}. Several may be repeated, or joined by commas.",
    )


_expand = _expand_parameter(EXPANDABLE)
_expand_alone = _expand_parameter((*EXPANDABLE, *EXPANDABLE_ALONE), "; `description_html`")
_idempotency_key = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 8, "maxLength": 64},
    OpenApiParameter.HEADER,
    description="Any visible ASCII characters, such as a UUID, chosen for this job. For 24 hours, while the job "
    "exists, a request with the same key and the same JSON (in any order) posts nothing, and returns the job as it is "
    "now.",
)
_did_you_mean = OpenApiParameter(
    "X-Did-You-Mean", str, OpenApiParameter.HEADER, response=[200], description=DID_YOU_MEAN
)
_unknown_detail = unknown_details(["company"], EXPANDABLE)
_unknown_detail_alone = unknown_details(["company"], (*EXPANDABLE, *EXPANDABLE_ALONE))
_bad_filter = ValidationError({"employer": ["Enter a valid UUID."]})
_write = partial(operation, body=JOB_INPUT, response=JOB, errors=(ValidationError({"expires_at": [DATE_IN_PAST]}),))
_create = partial(
    _write,
    parameters=[_idempotency_key],
    errors=(ValidationError({"expires_at": [DATE_IN_PAST]}), ParseError(INVALID_KEY), IdempotencyKeyReused()),
)
_destroy = partial(operation, "A job that has applications is closed instead, because applications are never lost.")

jobs_documented = documented(
    "Jobs",
    noun="job",
    list=operation(
        "Open jobs (active and not expired), newest first. A job must match all filters; `job_type` and `category` may "
        "be repeated, also as `job_type[]`, and then any of them matches. Commas join types, too. Administrators also "
        "find closed jobs.\n\n"
        "With `search`, jobs that have the words in the title come first, then those that have them in title, company, "
        "category and location, then the others; in each group the newest first. If nothing matches, similar words are "
        "searched for; the header `X-Did-You-Mean` names them (percent-encoded UTF-8).\n\n"
        "Rows are always current. `count` may be five seconds old if counting is slow. If counting takes more than "
        f"{Limits.search_count_ms} ms ({Limits.filter_count_ms} ms without a search), the list ends after "
        f"{Limits.uncounted_jobs:,} jobs, and facets are those of the newest {Limits.uncounted_facet_jobs:,}.",
        parameters=[_expand, _did_you_mean],
        responses=ExpandableJobSerializer(many=True),
        response=[JOB],
        errors=(_bad_filter, _unknown_detail),
    ),
    facets=operation(
        responses=FacetsSerializer,
        # Not a list, but with its filters.
        filters=True,
        response=FACETS,
        errors=(_bad_filter, ValidationError({"near": [UNKNOWN_CITY]})),
    ),
    suggest=operation(
        parameters=[SuggestQuerySerializer],
        responses=SuggestionsSerializer,
        response={"titles": ["Software Engineer"], "companies": ["Softly Ltd"], "places": []},
        errors=(ValidationError({"q": ["Ensure this field has no more than 100 characters."]}),),
    ),
    similar=operation(
        parameters=[_expand], responses=ExpandableJobSerializer(many=True), response=[JOB], errors=(_unknown_detail,)
    ),
    create=_create(
        "For employers; the caller becomes its `employer`. `salary_range` is optional and kept verbatim; "
        "`salary` gives its numbers."
    ),
    retrieve=operation(
        "An open job, or any job that the caller owns or has applied to. A request by any caller but its owner "
        "counts as a view in the analytics.",
        parameters=[_expand_alone],
        responses=ExpandableJobSerializer,
        response=JOB,
        errors=(_unknown_detail_alone,),
    ),
    update=_write("Replaces a job of the caller; `is_active` false closes it.", body={**JOB_INPUT, "is_active": True}),
    partial_update=_write(
        "Changes the given fields of a job of the caller; `is_active` false closes it.",
        body={"salary_range": JOB["salary_range"], "salary": JOB_INPUT["salary"]},
    ),
    destroy=_destroy(),
)

employer_jobs_documented = documented(
    "Employer jobs",
    noun="employer job",
    list=operation(
        "The caller's own jobs in every state, with their details. Newest first; takes the filters of GET /api/jobs/.",
        parameters=[_expand],
        responses=EmployerJobSerializer(many=True),
        response=[JOB_DETAILS],
        errors=(_bad_filter, _unknown_detail),
    ),
    create=_create("The same as POST /api/jobs/.", request=JobSerializer, responses={201: JobSerializer}),
    retrieve=operation(
        "A job of the caller in any state, with its details. This is not counted as a view.",
        parameters=[_expand_alone],
        responses=EmployerJobSerializer,
        response=JOB_DETAILS,
        errors=(_unknown_detail_alone,),
    ),
    update=_write("Replaces a job of the caller. Without `is_active` its state stays the same."),
    partial_update=_write(
        "Changes the given fields only; `is_active` false closes the job.",
        body={"is_active": False},
        response={**JOB, "is_active": False},
    ),
    destroy=_destroy(),
)
