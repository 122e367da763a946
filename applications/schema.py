"""OpenAPI documentation of applications."""

from copy import deepcopy
from functools import partial
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework.exceptions import NotFound, ValidationError

from accounts.schema import EMPLOYER, JOB_SEEKER_INPUT
from anywork.api.expanding import expand_parameter, unknown_details
from anywork.api.schema import documented, operation
from applications import screening, serializers, services
from applications.choices import Status
from applications.csv_export import HEADERS
from applications.expansions import EXPANSIONS, FOR_APPLICANTS
from applications.models import MAX_RATING, Application
from jobs.schema import JOB
from resumes.schema import RESUME

APPLICATION = {
    "application_id": "7380e23f-d34b-4e5a-aa99-0d4953ed3654",
    "cover_letter": "I am excited to apply for this position.",
    "status": "pending",
    "applied_at": "2030-03-06T06:37:42.030094Z",
    "job_seeker": "34a64143-12d2-4932-8259-5613e1e27eec",
    "job": JOB["job_id"],
    "resume": RESUME["resume_id"],
}
APPLICATION_DETAILS = {
    **APPLICATION,
    "job_seeker_details": {
        **{name: JOB_SEEKER_INPUT[name] for name in ("first_name", "last_name")},
        "full_name": "Ben Carson",
        "phone_number": JOB_SEEKER_INPUT["phone_number"],
        "email": "testuser@gmail.com",
    },
    "resume_details": {
        "resume_id": RESUME["resume_id"],
        "file_url": RESUME["file_path"],
        "file_name": "resume.pdf",
        "uploaded_at": RESUME["uploaded_at"],
    },
    "job_details": {"title": JOB["title"], "company_name": EMPLOYER["company_name"]},
}

QUESTION = {
    "question_id": "0b6e0f0d-3f3c-4a0e-9d7a-6f0d3f8f2a51",
    "text": "For how many years have you worked with Django?",
    "kind": "number",
    "choices": [],
    "required": True,
}
EMPLOYER_QUESTION = {**QUESTION, "knock_out": {"minimum": 2}}
ANSWERS = {str(QUESTION["question_id"]): 5}
POSTING = {
    "title": JOB["title"],
    "company_name": EMPLOYER["company_name"],
    "place": "Abeokuta, Ogun, Nigeria",
    "salary_range": JOB["salary_range"],
    "salary_details": None,
    "description": JOB["description"],
    "as_of": APPLICATION["applied_at"],
}


ASSESSMENT = {"rating": 4, "tags": ["Python", "from October"]}
NOTE = {
    "note_id": "0b0b6cf2-6d2c-4a0f-8a3c-4d8f7a3f7a55",
    "text": "Knows our stack; ask about the notice period.",
    "author": EMPLOYER["user"],
    "created_at": "2030-03-07T09:12:00.120000Z",
    "updated_at": "2030-03-07T09:12:00.120000Z",
}
COUNTS = {"pending": 12, "reviewed": 3, "accepted": 1, "rejected": 4, "withdrawn": 2}
CSV = (
    f"{','.join(HEADERS)}\r\n"
    f"{APPLICATION['application_id']},{APPLICATION['job']},Software Engineer,Ben,Carson,testuser@gmail.com,"
    '080444555666,pending,2030-03-06T06:37:42Z,4,Python; from October,"Dear Sirs,\nI am excited."\r\n'
)


class ExpandableApplicationSerializer(serializers.ApplicationDetailsSerializer):
    """An application with its details; `expand` adds the other fields."""

    class Meta(serializers.ApplicationDetailsSerializer.Meta):
        optional_fields = tuple(expansion.key for expansion in EXPANSIONS.values())

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **{one.key: deepcopy(one.field) for one in EXPANSIONS.values()}}


_expand = expand_parameter(
    EXPANSIONS,
    " ".join(
        f"`{name}` adds `{one.key}`{'' if name in FOR_APPLICANTS else ' (not for job seekers)'}."
        for name, one in EXPANSIONS.items()
    ),
)
_unknown_detail = unknown_details(["company"], EXPANSIONS)

_TIMELINE = [
    dict(zip(serializers.EntrySerializer().fields, values, strict=True))
    for values in (
        (APPLICATION["applied_at"], "applied", None, "pending", "applicant", None, ""),
        ("2030-03-08T09:15:00.000000Z", "status", "pending", "rejected", "employer", "position_filled", ""),
    )
]
_OUTCOMES = [
    dict(zip(serializers.BulkStatusResultSerializer().fields, values, strict=True))
    for values in (
        (APPLICATION["application_id"], "changed", "This application is now rejected."),
        (JOB["job_id"], "not_found", "There is no such application."),
    )
]
_reason_refused = ValidationError({"reason": [serializers.ONLY_A_REJECTION]})

_TRANSITIONS_TABLE = "| from | to |\n|---|---|\n" + "\n".join(
    f"| {start} | {', '.join(following) or '(final)'} |" for start, following in services.TRANSITIONS.items()
)

applications_documented = documented(
    "Applications",
    noun="application",
    list=operation(
        "Job seekers see their own applications, employers those to their jobs, newest first. One that is withdrawn or "
        "revoked shows the employer no cover letter, contact details or file (`resume_details` is null). If the "
        "applicant has deleted the account, `job_seeker` and `resume` are null, too.",
        parameters=[_expand],
        responses=ExpandableApplicationSerializer(many=True),
        response=[APPLICATION_DETAILS],
        errors=(
            ValidationError({"job": ["Enter a valid UUID."]}),
            _unknown_detail,
        ),
    ),
    create=operation(
        "For job seekers, with the id of an uploaded resume. `job_seeker` is optional and must be the caller. One "
        "application to each job, withdrawn ones excepted: a 409 names the `existing` one. `answers` answers the "
        "questions of the job, if there are any. The job seeker gets an email, the employer a notification.",
        request=serializers.ApplicationCreateSerializer,
        responses={201: serializers.ApplicationSerializer},
        body={
            **{name: APPLICATION[name] for name in ("job_seeker", "job", "resume", "cover_letter")},
            "answers": ANSWERS,
        },
        response=APPLICATION,
        errors=(
            services.job_not_open(),
            ValidationError({"answers": {key: [screening.UNANSWERED] for key in ANSWERS}}),
            services.already_applied(Application(pk=str(APPLICATION["application_id"]))),
        ),
        summary="Apply to a job",
    ),
    retrieve=operation(
        "With details of applicant, resume and job.",
        parameters=[_expand],
        responses=ExpandableApplicationSerializer,
        response=APPLICATION_DETAILS,
        errors=(_unknown_detail,),
    ),
    counts=operation(
        responses=serializers.StatusCountsSerializer,
        # Not a list, but with its filters.
        filters=True,
        response=COUNTS,
        errors=(ValidationError({"job": ["Enter a valid UUID."]}),),
    ),
    export=operation(
        parameters=[serializers.ExportQuerySerializer],
        responses={
            (200, "text/csv"): OpenApiResponse(
                OpenApiTypes.STR, examples=[OpenApiExample("Response", CSV, media_type="text/csv")]
            )
        },
        filters=True,
        errors=(ValidationError({"excel": ["Must be a valid boolean."]}),),
    ),
    partial_update=operation(
        "The employer of the job sets `status`; the applicant may set it to `withdrawn`, and change `cover_letter` "
        "while the status is `pending`. Setting the present status changes nothing.\n\n"
        f"{_TRANSITIONS_TABLE}\n\n"
        "The job seeker gets a notification of every change, and an email when the status becomes `accepted` or "
        "`rejected`. A rejection may have a `reason`, which the job seeker gets to know if `reason_shared` is true; "
        "with `rejected` again, they change reason and sharing, and nothing is told again; another status drops "
        "both.\n\n"
        "Where the employer's settings, or the site's, say so, the job seeker is told of a rejection later; until then "
        "it does not exist for the job seeker, and may be taken back.",
        request=serializers.ApplicationUpdateSerializer,
        body={"status": "accepted"},
        response={**APPLICATION, "status": "accepted"},
        errors=(
            _reason_refused,
            ValidationError({"status": ['"hired" is not a valid choice.']}),
            services.may_not_set(Status.WITHDRAWN),
            services.InvalidStatusChange(Status.WITHDRAWN, services.SET_BY_EMPLOYER),
        ),
        summary="Decide on an application, or edit it",
    ),
    timeline=operation(responses=serializers.EntrySerializer(many=True), response=_TIMELINE),
    bulk_status=operation(
        request=serializers.BulkStatusSerializer,
        responses=serializers.BulkStatusResultsSerializer,
        body={"ids": [row["application_id"] for row in _OUTCOMES], "status": "rejected", "reason": "skills"},
        response={"results": _OUTCOMES},
        errors=(_reason_refused,),
    ),
    destroy=operation(
        "The same as setting its status to `withdrawn`: for the applicant, while it is `pending` or `reviewed`.",
        errors=(services.InvalidStatusChange(Status.ACCEPTED, services.SET_BY_APPLICANT),),
        summary="Withdraw an application",
    ),
    posting=operation(responses=serializers.PostingSerializer, response=POSTING),
    revoke=operation(
        "For the applicant, once told of a decision. As after a withdrawal, the employer no longer gets letter, "
        "answers, contact details, file, skills and profile, and its notes are deleted. Job, dates and status stay for "
        "good; there is no other application to the job.",
        request=None,
        responses=serializers.ApplicationSerializer,
        response={**APPLICATION, "status": "rejected"},
        errors=(services.NotDecided(),),
        summary="Revoke an application",
    ),
    draft=operation(
        "For job seekers: what to send to apply to a job, with letter, resume and fitting answers of the latest "
        "application. Nothing is sent. An answer fits if the question has the same text and kind.",
        parameters=[serializers.DraftQuerySerializer],
        responses=serializers.DraftSerializer,
        response={**{name: APPLICATION[name] for name in ("job", "resume", "cover_letter")}, "answers": ANSWERS},
        errors=(services.job_not_open(),),
        summary="Draft an application",
    ),
)

questions_documented = documented(
    "Jobs",
    list=operation(
        "In the order in which the employer asks. `answers` of POST /api/applications/ answers them: with a text of up "
        f"to {screening.MAX_ANSWER:,} letters, a number, true or false, one of `choices`, or a list of them.",
        summary="List questions to applicants",
        responses=serializers.QuestionSerializer(many=True),
        response=[QUESTION],
    ),
    replace=operation(
        f"For the owner of the job, until the first application: up to {screening.MAX_QUESTIONS} questions. Each gets "
        "a new `question_id`. A `knock_out` names the answers that pass; `expand=screening` of the applications shows "
        "which do, and nothing is rejected by itself. An empty list asks nothing.",
        summary="Replace questions to applicants",
        parameters=[OpenApiParameter(name, exclude=True) for name in ("page", "page_size")],
        request=serializers.EmployerQuestionSerializer(many=True),
        responses=serializers.EmployerQuestionSerializer(many=True),
        body={name: EMPLOYER_QUESTION[name] for name in ("text", "kind", "required", "knock_out")},
        response=[EMPLOYER_QUESTION],
        errors=(
            NotFound(),
            ValidationError([{}, {"choices": ["Give at least one choice."]}]),
            services.QuestionsAnswered(),
        ),
    ),
)

employer_questions_documented = documented(
    "Employer jobs",
    list=operation(
        "Questions to the applicants of a job of the caller, with their knock-outs.",
        summary="List questions with knock-outs",
        responses=serializers.EmployerQuestionSerializer(many=True),
        response=[EMPLOYER_QUESTION],
    ),
)

_GONE = "Deleted with a withdrawal, and with the account of applicant or employer."
_of_application = [
    OpenApiParameter(
        "application_id",
        OpenApiTypes.UUID,
        OpenApiParameter.PATH,
        description="A UUID string identifying the application.",
    )
]
_about = partial(operation, parameters=_of_application)
_write_note = partial(_about, body={"text": NOTE["text"]}, response=NOTE)

notes_documented = documented(
    "Applications",
    noun="note",
    list=_about(
        f"The employer's notes about an application, newest first. The applicant never gets them. {_GONE}",
        response=[NOTE],
    ),
    create=_write_note("For the employer of the job.", errors=(services.nothing_to_write_about(),)),
    retrieve=_about("Of an application to a job of the caller.", response=NOTE),
    update=_write_note("For its author."),
    partial_update=_write_note("For its author."),
    destroy=_about("For its author."),
)

assessments_documented = documented(
    "Applications",
    retrieve=_about(
        "Rating and tags; null and [] if there are none. `expand=assessment` adds them to applications. The applicant "
        f"never gets them. {_GONE}",
        response=ASSESSMENT,
        summary="Retrieve an assessment",
    ),
    update=_about(
        "For the employer of the job. Replaces both: what is left out becomes null or []. Of tags that are "
        "equal in any case, the first is kept.",
        request=serializers.AssessmentSerializer,
        body=ASSESSMENT,
        response=ASSESSMENT,
        errors=(
            ValidationError({"rating": [f"Ensure this value is less than or equal to {MAX_RATING}."]}),
            services.nothing_to_write_about(),
        ),
        summary="Assess an application",
    ),
)
