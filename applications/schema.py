"""OpenAPI documentation of applications."""

from rest_framework.exceptions import ValidationError

from accounts.schema import EMPLOYER, JOB_SEEKER_INPUT
from anywork.api.schema import documented, operation
from applications import services
from applications.choices import Status
from applications.models import Application
from applications.serializers import ApplicationCreateSerializer, ApplicationSerializer, ApplicationUpdateSerializer
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

_TRANSITIONS_TABLE = "| from | to |\n|---|---|\n" + "\n".join(
    f"| {start} | {', '.join(following) or '(final)'} |" for start, following in services.TRANSITIONS.items()
)

applications_documented = documented(
    "Applications",
    noun="application",
    list=operation(
        "Job seekers see their own applications, employers those to their jobs, newest first. A withdrawn application "
        "shows the employer no cover letter, contact details or file (`resume_details` is null). If the applicant has "
        "deleted the account, `job_seeker` and `resume` are null, too.",
        response=[APPLICATION_DETAILS],
        errors=(ValidationError({"job": ["Enter a valid UUID."]}),),
    ),
    create=operation(
        "For job seekers, with the id of an uploaded resume. `job_seeker` is optional and must be the caller. One "
        "application to each job, withdrawn ones excepted: a 409 names the `existing` one. The job seeker gets an "
        "email, the employer a notification.",
        request=ApplicationCreateSerializer,
        responses={201: ApplicationSerializer},
        body={name: APPLICATION[name] for name in ("job_seeker", "job", "resume", "cover_letter")},
        response=APPLICATION,
        errors=(services.job_not_open(), services.already_applied(Application(pk=str(APPLICATION["application_id"])))),
        summary="Apply to a job",
    ),
    retrieve=operation("With details of applicant, resume and job.", response=APPLICATION_DETAILS),
    partial_update=operation(
        "The employer of the job sets `status`; the applicant may set it to `withdrawn`, and change `cover_letter` "
        "while the status is `pending`. Setting the present status changes nothing.\n\n"
        f"{_TRANSITIONS_TABLE}\n\n"
        "The job seeker gets a notification of every change, and an email when the status becomes `accepted` or "
        "`rejected`.",
        request=ApplicationUpdateSerializer,
        body={"status": "accepted"},
        response={**APPLICATION, "status": "accepted"},
        errors=(
            ValidationError({"status": ['"hired" is not a valid choice.']}),
            services.may_not_set(Status.WITHDRAWN),
            services.InvalidStatusChange(Status.WITHDRAWN, services.SET_BY_EMPLOYER),
        ),
        summary="Decide on an application, or edit it",
    ),
    destroy=operation(
        "The same as setting its status to `withdrawn`: for the applicant, while it is `pending` or `reviewed`.",
        errors=(services.InvalidStatusChange(Status.ACCEPTED, services.SET_BY_APPLICANT),),
        summary="Withdraw an application",
    ),
)
