"""How applications read in the OpenAPI schema."""

from rest_framework.exceptions import PermissionDenied, ValidationError

from accounts.schema import EMPLOYER, JOB_SEEKER_INPUT
from anywork.api.exceptions import AlreadyExists, Conflict
from anywork.api.schema import documented, operation
from applications.models import Application
from applications.serializers import (
    ApplicationCreateSerializer,
    ApplicationSerializer,
    ApplicationUpdateSerializer,
)
from applications.services import NOT_OPEN
from jobs.schema import JOB
from resumes.schema import RESUME

APPLICATION_INPUT = {
    "job_seeker": "34a64143-12d2-4932-8259-5613e1e27eec",
    "job": "2f53287a-13b2-4ea1-9c79-a0d6b930581d",
    "resume": "1d5d5ddd-c18f-4442-b784-81ace316b13e",
    "cover_letter": "I am excited to apply for this position.",
}
APPLICATION = {
    "application_id": "7380e23f-d34b-4e5a-aa99-0d4953ed3654",
    "cover_letter": "I am excited to apply for this position.",
    "status": "pending",
    "applied_at": "2030-03-06T06:37:42.030094Z",
    "job_seeker": "34a64143-12d2-4932-8259-5613e1e27eec",
    "job": "2f53287a-13b2-4ea1-9c79-a0d6b930581d",
    "resume": "1d5d5ddd-c18f-4442-b784-81ace316b13e",
}
APPLICATION_DETAILS = {
    **APPLICATION,
    "job_seeker_details": {
        "first_name": JOB_SEEKER_INPUT["first_name"],
        "last_name": JOB_SEEKER_INPUT["last_name"],
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

applications_documented = documented(
    "Applications",
    noun="application",
    list=operation(
        "Job seekers find their own, employers those to their jobs. Newest first. The `*_details` are what a person "
        "wants to read. Of a withdrawn application the employer keeps the row, without letter, contact details and "
        "file (`resume_details` is null); of one whose applicant has deleted the account also without a person "
        "(`job_seeker` and `resume` are null).",
        response=[APPLICATION_DETAILS],
        errors=(ValidationError({"job": ["Enter a valid UUID."]}),),
    ),
    create=operation(
        "For job seekers: upload a resume first, then apply with its id. `job_seeker` may be left out; if given, it "
        "must be the caller. One live application for each job: a 409 names the `existing` one; after a withdrawal "
        "one may apply again. The seeker gets an email, the employer a notification.",
        request=ApplicationCreateSerializer,
        responses={201: ApplicationSerializer},
        body=APPLICATION_INPUT,
        response=APPLICATION,
        errors=(
            ValidationError({"job": [NOT_OPEN]}),
            AlreadyExists("You have applied to this job already.", Application(pk=APPLICATION["application_id"])),
        ),
        summary="Apply to a job",
    ),
    retrieve=operation("With the details that a person wants to read.", response=APPLICATION_DETAILS),
    partial_update=operation(
        "The job's employer sets `status`; the applicant may set it to `withdrawn`, and change `cover_letter` while it "
        "is pending. The same status again changes nothing.\n\n"
        "| from | to |\n|---|---|\n"
        "| pending | reviewed, accepted, rejected, withdrawn |\n"
        "| reviewed | pending, accepted, rejected, withdrawn |\n"
        "| accepted | reviewed, rejected |\n"
        "| rejected | reviewed, accepted |\n"
        "| withdrawn | (final) |\n\n"
        "Every change leaves the seeker a notification; accepted and rejected also send an email.",
        request=ApplicationUpdateSerializer,
        body={"status": "accepted"},
        response={**APPLICATION, "status": "accepted"},
        errors=(
            ValidationError({"status": ['"hired" is not a valid choice.']}),
            PermissionDenied("You may not set this application to withdrawn."),
            Conflict("This application is withdrawn; that is final.", "invalid_status_change"),
        ),
        summary="Decide on an application, or edit it",
    ),
    destroy=operation(
        "The same as setting its status to `withdrawn`: for the applicant, while it is pending or reviewed.",
        errors=(Conflict("This application is accepted; that is final.", "invalid_status_change"),),
        summary="Withdraw an application",
    ),
)
