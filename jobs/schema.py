"""OpenAPI documentation of categories, locations and jobs."""

from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from typing import Any

from django.db.models import Model
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError, ValidationError

from accounts.schema import EMPLOYER
from anywork.api.exceptions import InUse
from anywork.api.expanding import expand_parameter, unknown_details
from anywork.api.schema import documented, operation
from jobs import life, serializers
from jobs.counts import COUNTS
from jobs.exceptions import NameExists
from jobs.filters import UNKNOWN_CITY
from jobs.idempotency import INVALID_KEY, IdempotencyKeyReused
from jobs.models import Category, Location
from jobs.querysets import JobState
from jobs.saving.marks import SAVED
from jobs.searching.limits import Limits
from jobs.skills import FORMULA

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
            parameters=[serializers.TypedQuerySerializer],
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
    "skills": [{"name": "JavaScript", "importance": "required"}, {"name": "Docker", "importance": "useful"}],
}
_job = {
    **JOB_INPUT,
    "job_id": "2f53287a-13b2-4ea1-9c79-a0d6b930581d",
    "posted_at": "2030-03-04T20:51:00.718945Z",
    "expires_at": "2030-12-12T00:00:00Z",
    "is_active": True,
    "employer": "89824eaf-233f-45e1-a417-262e8333c977",
}
JOB = {field: _job[field] for field in serializers.JOB_FIELDS}
JOB_DETAILS = {
    **JOB,
    "employer_details": {**EMPLOYER, "user": JOB["employer"]},
    "location_details": {**LOCATION, "placed": True},
    "category_details": CATEGORY,
    "state": "open",
    "closes_at": "2030-12-13T00:00:00Z",
    "publish_at": None,
    "closed_reason": None,
    "skills": JOB_INPUT["skills"],
}
MATCH = {
    "score": 66,
    "matched": [{"name": "JavaScript", "importance": "required", "own_name": "JS"}],
    "missing_required": [],
    "missing_useful": ["Docker"],
    "formula": FORMULA,
}
EMPLOYER_JOB = {
    **JOB_DETAILS,
    "counts": {
        "applications": {"pending": 2, "reviewed": 1, "accepted": 0, "rejected": 4, "withdrawn": 0},
        "views": 120,
    },
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
    "skill": [{"value": "javascript", "name": "JavaScript", "count": 2}],
    "without": [],
    "without_word": None,
}
JOB_POSTING = {
    "@context": "https://schema.org/",
    "@type": "JobPosting",
    "title": JOB["title"],
    "description": "<p>We are looking for a skilled software engineer.</p>",
    "datePosted": JOB["posted_at"],
    "validThrough": "2030-12-13T00:00:00Z",
    "hiringOrganization": {"@type": "Organization", "name": "Microsoft"},
    "jobLocation": {
        "@type": "Place",
        "address": {"@type": "PostalAddress", "addressLocality": "Abeokuta", "addressCountry": "NG"},
    },
    "identifier": {"@type": "PropertyValue", "name": "Microsoft", "value": JOB["job_id"]},
    "url": f"https://www.example.org/jobs/{JOB['job_id']}",
    "directApply": True,
    "employmentType": "FULL_TIME",
}


class ExpandableJobSerializer(serializers.JobDetailsSerializer):
    """A job; `expand` adds the other fields."""

    class Meta(serializers.JobDetailsSerializer.Meta):
        optional_fields = serializers.EXPANDED_FIELDS

    def get_fields(self) -> dict[str, Any]:
        """Return all fields, without regard to `expand`."""
        return {**super(serializers.JobDetailsSerializer, self).get_fields(), SAVED.key: deepcopy(SAVED.field)}


class ExpandableRecommendedJobSerializer(ExpandableJobSerializer, serializers.RecommendedJobSerializer):
    """A recommended job; `expand` adds the other fields."""

    class Meta(ExpandableJobSerializer.Meta):
        fields = serializers.RecommendedJobSerializer.Meta.fields


class EmployerJobSerializer(ExpandableJobSerializer):
    """A job with its details and counts; `expand` adds the other fields."""

    class Meta(ExpandableJobSerializer.Meta):
        optional_fields = tuple(field for field in serializers.EXPANDED_FIELDS if field not in JOB_DETAILS)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), COUNTS.key: deepcopy(COUNTS.field)}


_DETAILS = (
    "Adds `employer_details`, `location_details`, `category_details`; `state` and `closes_at`; `publish_at` and "
    "`closed_reason`; `salary_details`; `workplace`; `skills`; for job seekers `saved_job_id`"
)
_expand = expand_parameter(serializers.EXPANDABLE, f"{_DETAILS}.")
_expand_alone = expand_parameter(serializers.EXPANDABLE_ALONE, f"{_DETAILS}; `description_html`.")
_idempotency_key = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 8, "maxLength": 64},
    OpenApiParameter.HEADER,
    description="Any visible ASCII characters, such as a UUID, chosen for this job. For 24 hours, while the job "
    "exists, a request with the same key and the same JSON (in any order) posts nothing, and returns the job as it is "
    "now.",
)
_did_you_mean = OpenApiParameter(
    "X-Did-You-Mean", str, OpenApiParameter.HEADER, response=[200], description=serializers.DID_YOU_MEAN
)
_unknown_detail = unknown_details(["company"], serializers.EXPANDABLE)
_unknown_detail_alone = unknown_details(["company"], serializers.EXPANDABLE_ALONE)
_past_date = ValidationError({"expires_at": [serializers.DATE_IN_PAST]})
_bad_filter = ValidationError({"employer": ["Enter a valid UUID."]})
_write = partial(
    operation,
    body=JOB_INPUT,
    response=JOB,
    errors=(_past_date, life.IllegalState(JobState.CLOSED)),
)
_create = partial(
    _write,
    request=serializers.NewJobSerializer,
    responses={201: serializers.JobSerializer},
    parameters=[_idempotency_key],
    errors=(_past_date, ParseError(INVALID_KEY), IdempotencyKeyReused()),
)
_destroy = partial(
    operation, "A job that has applications is closed as cancelled instead, because applications are never lost."
)
# What is_active does in a change.
_IS_ACTIVE = (
    "`is_active` false pauses an open job; true publishes a draft or scheduled one and resumes a paused one, and is a "
    "409 for a closed one. Left out, the state stays the same."
)
_PAUSED = {**JOB, "is_active": False}
_LATER = {
    "request": serializers.ExpirySerializer,
    "body": {"expires_at": "2030-12-31"},
    "response": {**JOB, "expires_at": "2030-12-31T00:00:00Z"},
    "errors": (_past_date,),
}
# Of each action: its effect, and what else `operation` takes.
_EFFECTS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "publish": (
        "It opens, `posted_at` is now; with `publish_at` it is scheduled, and opens within 30 seconds of that.",
        {
            "request": serializers.PublishSerializer,
            "body": {"publish_at": "2030-03-11T08:00:00Z"},
            "response": _PAUSED,
            "errors": (life.expires_too_soon("publish_at"),),
        },
    ),
    "pause": ("It takes no applications until it is resumed.", {"response": _PAUSED}),
    "resume": ("It is open again; `posted_at` stays.", {}),
    "close": (
        "Undecided applicants are told if the employer does it; the status of their applications stays.",
        {"request": serializers.CloseSerializer, "body": {"reason": "filled"}, "response": _PAUSED},
    ),
    "extend": ("It expires later.", _LATER),
    "relist": ("It is open, and `posted_at` is now; its applications stay.", _LATER),
    "duplicate": (
        "Returns a draft with the same content and questions.",
        {"responses": {201: serializers.JobSerializer}, "response": _PAUSED},
    ),
}


def _life_operations(noun: str) -> dict[str, Any]:
    operations = {}
    for action, states in life.ACTIONS.items():
        effect, more = _EFFECTS[action]
        callers = "the employer and administrators" if action == "close" else "the employer"
        more = {"request": None, "responses": serializers.JobSerializer, "response": JOB, "errors": (), **more}
        more["errors"] += tuple(life.IllegalState(state) for state in reversed(JobState) if state not in states)[:1]
        said = f"For {callers}, while it is {' or '.join(states)}. {effect}"
        operations[action] = operation(said, summary=f"{action.capitalize()} {noun}", **more)
    return operations


jobs_documented = documented(
    "Jobs",
    noun="job",
    list=operation(
        "Open jobs (active and not expired), newest first. A job must match all filters; `job_type`, `category` and "
        "`skill` may be repeated, also as `job_type[]`, and then any of them matches. Commas join types, too. "
        "Administrators also find closed jobs.\n\n"
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
        responses=serializers.FacetsSerializer,
        # Not a list, but with its filters.
        filters=True,
        response=FACETS,
        errors=(_bad_filter, ValidationError({"near": [UNKNOWN_CITY]})),
    ),
    suggest=operation(
        parameters=[serializers.SuggestQuerySerializer],
        responses=serializers.SuggestionsSerializer,
        response={"titles": ["Software Engineer"], "companies": ["Softly Ltd"], "places": []},
        errors=(ValidationError({"q": ["Ensure this field has no more than 100 characters."]}),),
    ),
    similar=operation(
        parameters=[_expand], responses=ExpandableJobSerializer(many=True), response=[JOB], errors=(_unknown_detail,)
    ),
    match=operation(responses=serializers.MatchSerializer, response=MATCH),
    recommended=operation(
        parameters=[_expand],
        responses=ExpandableRecommendedJobSerializer(many=True),
        response=[{**JOB, "score": MATCH["score"], "because": MATCH["matched"]}],
        errors=(_unknown_detail,),
    ),
    jsonld=operation(
        responses={(200, "application/ld+json"): {"type": "object", "additionalProperties": True}},
        response=JOB_POSTING,
        media_type="application/ld+json",
    ),
    create=_create(
        "For employers; the caller becomes its `employer`. `salary_range` is optional and kept verbatim; "
        "`salary` gives its numbers. With `is_active` false it is a draft, with `publish_at` it is scheduled; the "
        "employer alone sees these."
    ),
    retrieve=operation(
        "An open job, or any job that the caller owns or has applied to. A request by any caller but its owner "
        "counts as a view in the analytics.",
        parameters=[_expand_alone],
        responses=ExpandableJobSerializer,
        response=JOB,
        errors=(_unknown_detail_alone,),
    ),
    update=_write(f"Replaces a job of the caller. {_IS_ACTIVE}", body={**JOB_INPUT, "is_active": True}),
    partial_update=_write(
        f"Changes the given fields of a job of the caller. {_IS_ACTIVE}",
        body={"salary_range": JOB["salary_range"], "salary": JOB_INPUT["salary"]},
    ),
    destroy=_destroy(),
    **_life_operations("a job"),
    history=operation(
        responses=serializers.JobChangeSerializer(many=True),
        response=[
            {
                "at": "2030-03-05T09:12:31.204518Z",
                "actor": "employer",
                "changes": {"title": ["Engineer", JOB["title"]], "description": "changed"},
            }
        ],
    ),
)

employer_jobs_documented = documented(
    "Employer jobs",
    noun="employer job",
    list=operation(
        "The caller's own jobs in every state, with their details, and the numbers of their applications by status and "
        "of their views (`counts`). Newest first; takes the filters of GET /api/jobs/, and `state`.",
        parameters=[_expand],
        responses=EmployerJobSerializer(many=True),
        response=[EMPLOYER_JOB],
        errors=(_bad_filter, _unknown_detail),
    ),
    create=_create("The same as POST /api/jobs/."),
    retrieve=operation(
        "A job of the caller in any state, with its details and `counts`. This is not counted as a view.",
        parameters=[_expand_alone],
        responses=EmployerJobSerializer,
        response=EMPLOYER_JOB,
        errors=(_unknown_detail_alone,),
    ),
    update=_write(f"Replaces a job of the caller. {_IS_ACTIVE}"),
    partial_update=_write(
        f"Changes the given fields only. {_IS_ACTIVE}",
        body={"is_active": False},
        response={**JOB, "is_active": False},
    ),
    destroy=_destroy(),
    counts=operation(
        responses=serializers.JobStateCountsSerializer, response={**dict.fromkeys(JobState.values, 0), "open": 3}
    ),
    **_life_operations("an employer job"),
)
