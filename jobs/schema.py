"""How categories, locations and jobs read in the OpenAPI schema."""

from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from accounts.schema import EMPLOYER
from anywork.api.exceptions import AlreadyExists, Conflict
from anywork.api.schema import documented, operation
from jobs.models import Category, Location
from jobs.searching.listing import MOST_IN_FACETS, MOST_UNCOUNTED
from jobs.serializers import (
    FacetsSerializer,
    JobDetailsSerializer,
    JobSerializer,
    SuggestionsSerializer,
    SuggestQuerySerializer,
)

# --- Examples ---------------------------------------------------------------------------------------------------------

CATEGORY_INPUT = {"name": "Software Development", "description": "Jobs related to software development"}
CATEGORY = {"category_id": "45cee174-0222-451d-afc3-ef8a7940e027", **CATEGORY_INPUT}
LOCATION_INPUT = {"city": "Abeokuta", "state": "Ogun", "country": "Nigeria"}
LOCATION = {"location_id": "e7df170d-9bba-41f6-9645-ae50ec0ed572", **LOCATION_INPUT}
JOB_INPUT = {
    "title": "Software Engineer",
    "description": "We are looking for a skilled software engineer.",
    "location": LOCATION["location_id"],
    "category": CATEGORY["category_id"],
    "salary_range": "$80,000 - $100,000",
    "job_type": "full-time",
    "expires_at": "2030-12-12",
}
JOB = {
    "job_id": "2f53287a-13b2-4ea1-9c79-a0d6b930581d",
    "title": "Software Engineer",
    "description": "We are looking for a skilled software engineer.",
    "salary_range": "$80,000 - $100,000",
    "job_type": "full-time",
    "posted_at": "2030-03-04T20:51:00.718945Z",
    "expires_at": "2030-12-12T00:00:00Z",
    "is_active": True,
    "employer": "89824eaf-233f-45e1-a417-262e8333c977",
    "location": LOCATION["location_id"],
    "category": CATEGORY["category_id"],
}
JOB_DETAILS = {
    **JOB,
    "employer_details": {**EMPLOYER, "user": JOB["employer"]},
    "location_details": LOCATION,
    "category_details": CATEGORY,
}

FACETS = {
    "count": 3,
    "did_you_mean": None,
    "job_type": [
        {"value": "full-time", "name": "full-time", "count": 2},
        {"value": "remote", "name": "remote", "count": 1},
    ],
    "category": [{"value": CATEGORY["category_id"], "name": CATEGORY["name"], "count": 3}],
    "location": [{"value": LOCATION["location_id"], "name": "Abeokuta, Nigeria", "count": 3}],
    "employer": [{"value": JOB["employer"], "name": "Microsoft", "count": 3}],
    "without": [],
}

# --- Categories and locations -----------------------------------------------------------------------------------------

_in_use = Conflict("This is still in use, so it cannot be deleted.", code="in_use")
_writing_a_category = partial(
    operation,
    body=CATEGORY_INPUT,
    response=CATEGORY,
    errors=(AlreadyExists("This category exists already.", Category(pk=CATEGORY["category_id"])),),
)
_writing_a_location = partial(
    operation,
    body=LOCATION_INPUT,
    response=LOCATION,
    errors=(AlreadyExists("This location exists already.", Location(pk=LOCATION["location_id"])),),
)

categories_documented = documented(
    "Categories",
    noun="category",
    list=operation("All fields of work, by name.", response=[CATEGORY]),
    create=_writing_a_category(
        "For employers and administrators. Names are unique without regard to case: a 409 names the `existing` one, "
        "ready to be used instead.",
    ),
    retrieve=operation("A field of work.", response=CATEGORY),
    update=_writing_a_category(
        "For administrators: every employer's jobs may be filed under it.",
    ),
    partial_update=_writing_a_category(
        "Changes the given fields only; for administrators.",
        body={"description": "Jobs related to software development"},
    ),
    destroy=operation("For administrators, while no job is filed under it.", errors=(_in_use,)),
)

locations_documented = documented(
    "Locations",
    noun="location",
    list=operation("All places of work, by country, state and city.", response=[LOCATION]),
    create=_writing_a_location(
        "For employers and administrators. Places are unique without regard to case: a 409 names the `existing` one, "
        "ready to be used instead.",
    ),
    retrieve=operation("A place of work.", response=LOCATION),
    update=_writing_a_location(
        "For administrators: every employer's jobs may be there.",
    ),
    partial_update=_writing_a_location(
        "Changes the given fields only; for administrators.",
        body={"state": "Ogun"},
    ),
    destroy=operation("For administrators, while no job is there.", errors=(_in_use,)),
)

# --- Jobs -------------------------------------------------------------------------------------------------------------


class ExpandableJobSerializer(JobDetailsSerializer):
    """A job; `expand` adds the details."""

    class Meta(JobDetailsSerializer.Meta):
        optional_fields = tuple(f"{name}_details" for name in JobDetailsSerializer.DETAILS)

    def get_fields(self) -> dict[str, Any]:
        """Return all of them: the schema tells what there can be."""
        return super(JobDetailsSerializer, self).get_fields()


_expand = OpenApiParameter(
    "expand",
    {"type": "array", "items": {"type": "string", "enum": list(JobDetailsSerializer.DETAILS)}},
    style="form",
    explode=False,
    description="Adds `employer_details`, `location_details`, `category_details`. Several are joined by commas.",
)
_did_you_mean = OpenApiParameter(
    "X-Did-You-Mean",
    str,
    OpenApiParameter.HEADER,
    response=[200],
    description="The words that the caller seems to have meant; these were looked for if its own find nothing.",
)
_unknown_city = ValidationError({"near": ["No city of this name is known. Is there a larger one nearby?"]})
_unknown_detail = ValidationError({"expand": ["company: not one of employer, location, category."]})
_bad_filter = ValidationError({"employer": ["Enter a valid UUID."]})
_writing_a_job = partial(
    operation, body=JOB_INPUT, response=JOB, errors=(ValidationError({"expires_at": ["This date is in the past."]}),)
)

jobs_documented = documented(
    "Jobs",
    noun="job",
    list=operation(
        "Open jobs (active and not expired), newest first. All filters narrow together; `job_type` and `category` may "
        "be repeated, and then any of them fits. Administrators also find closed jobs.\n\n"
        "With `search`, first come jobs that have the words in the title, then those that have them in title, company, "
        "category and place, then the others; in each group the newest first. Words that find nothing are taken for "
        "mistyped: if similar ones find something, these are the answer, and the header `X-Did-You-Mean` names them "
        "(percent-encoded UTF-8).\n\n"
        "Rows are always current. `count` may be up to five seconds old where counting takes long. Where it would take "
        f"longer than a second, the list ends after {MOST_UNCOUNTED:,} jobs, and facets are those of the newest "
        f"{MOST_IN_FACETS:,}.",
        parameters=[_expand, _did_you_mean],
        responses=ExpandableJobSerializer(many=True),
        response=[JOB],
        errors=(_bad_filter, _unknown_detail),
    ),
    facets=operation(
        responses=FacetsSerializer,
        # It is no list, but is narrowed like one.
        filters=True,
        response=FACETS,
        errors=(_bad_filter, _unknown_city),
    ),
    suggest=operation(
        parameters=[SuggestQuerySerializer],
        responses=SuggestionsSerializer,
        response={"titles": ["Software Engineer"], "companies": ["Softly Ltd"], "places": []},
        errors=(ValidationError({"q": ["Ensure this field has no more than 100 characters."]}),),
    ),
    similar=operation(
        parameters=[_expand],
        responses=ExpandableJobSerializer(many=True),
        response=[JOB],
        errors=(_unknown_detail,),
    ),
    create=_writing_a_job(
        "For employers; the caller becomes its `employer`. `salary_range` is optional and kept word for word.",
    ),
    retrieve=operation(
        "An open job; one's own and those one has applied to in any state. Each call by others than its owner counts "
        "as a view in the analytics.",
        parameters=[_expand],
        responses=ExpandableJobSerializer,
        response=JOB,
        errors=(_unknown_detail,),
    ),
    update=_writing_a_job(
        "Replaces a job of one's own. `is_active` false closes it.",
        body={**JOB_INPUT, "is_active": True},
    ),
    partial_update=_writing_a_job(
        "Changes the given fields of a job of one's own; `is_active` false closes it.",
        body={"salary_range": "$80,000 - $100,000"},
    ),
    destroy=operation("A job that has applications is closed instead, because applications are never lost."),
)

employer_jobs_documented = documented(
    "Employer jobs",
    noun="employer job",
    list=operation(
        "The caller's own jobs, open or not, with their details. Newest first; takes the filters of the job search.",
        response=[JOB_DETAILS],
        errors=(_bad_filter,),
    ),
    create=_writing_a_job(
        "The same as POST /api/jobs/.",
        request=JobSerializer,
        responses={201: JobSerializer},
    ),
    retrieve=operation("A job of one's own in any state, with its details. Counts no view.", response=JOB_DETAILS),
    update=_writing_a_job(
        "Replaces a job of one's own. Without `is_active` it stays as open or closed as it is.",
    ),
    partial_update=_writing_a_job(
        "Changes the given fields only; `is_active` false closes the job.",
        body={"is_active": False},
        response={**JOB, "is_active": False},
    ),
    destroy=operation("A job that has applications is closed instead, because applications are never lost."),
)
