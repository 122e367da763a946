"""Settings of drf-spectacular: the head of the OpenAPI schema, described by `description.md`, and Swagger UI."""

from pathlib import Path
from typing import Any

from anywork.api.error_codes import ERROR_CODES

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "AnyWork API",
    "DESCRIPTION": Path(__file__).with_name("description.md").read_text(encoding="utf-8").strip(),
    "TAGS": [
        {"name": "Resources", "description": "The URLs of all resources."},
        {
            "name": "Login",
            "description": "Registration, login, tokens. Responses have an envelope: status, message, data.",
        },
        {"name": "Account", "description": "The caller's account: sessions, password, email address, data."},
        {"name": "Jobs", "description": "Public job postings: search, and posting by employers."},
        {"name": "Feeds", "description": "Open jobs for search engines, aggregators and feed readers. Public."},
        {"name": "Employer jobs", "description": "The employer's own jobs in every state, with details."},
        {"name": "Saved jobs", "description": "The jobs that a job seeker has saved."},
        {"name": "Saved searches", "description": "Searches of a job seeker, with emails about new jobs."},
        {"name": "Categories", "description": "Fields of work. Public; employers add to them."},
        {"name": "Locations", "description": "Places of work. Public; employers add to them."},
        {"name": "Resumes", "description": "PDF files, visible to the job seeker and to employers who received them."},
        {
            "name": "Applications",
            "description": "Applications, from pending to accepted, rejected or withdrawn.",
        },
        {
            "name": "Job seekers",
            "description": "Profiles: the caller's own; for employers, their applicants'.",
        },
        {"name": "Employers", "description": "Public company profiles."},
        {"name": "Skills", "description": "Skills of job seekers."},
        {"name": "Notifications", "description": "In-app notifications, and what to be notified of."},
        {"name": "Analytics", "description": "Views and applications of an employer's jobs, per day."},
    ],
    "OAS_VERSION": "3.1.1",
    "SERVERS": [{"url": "/"}],
    "SCHEMA_PATH_PREFIX": "/api",
    # Requests and responses differ: keys that the server sets, files that become links.
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Role": "accounts.models.Role",
        "OpenRole": "accounts.serializers.OPEN_ROLES",
        "JobType": "jobs.models.JobType",
        "Workplace": "jobs.models.Workplace",
        "JobState": "jobs.querysets.JobState",
        "ClosedReason": "jobs.models.ClosedReason",
        "JobActor": "jobs.models.JobActor",
        "SearchFrequency": "jobs.saving.models.Frequency",
        "SalaryPeriod": "jobs.models.SalaryPeriod",
        "SalarySource": "jobs.models.SalarySource",
        "QuestionKind": "applications.choices.QuestionKind",
        "ApplicationStatus": "applications.choices.Status",
        "EmployerStatus": "applications.serializers.EMPLOYER_STATUSES",
        "RejectionReason": "applications.choices.Reason",
        "TimelineKind": "applications.choices.EventKind",
        "TimelineActor": "applications.choices.Actor",
        "BulkOutcome": "applications.choices.Outcome",
        "ErrorCode": list(ERROR_CODES),
        "ErrorStatus": ["error"],
        "SuccessStatus": ["success"],
    },
    "ENUM_SUFFIX": "",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATION_PARAMETERS": False,
    "APPEND_COMPONENTS": {
        "headers": {
            "X-Request-ID": {
                "description": "Id of the request: the client's, if it sent a plain token of up to 64 characters.",
                "schema": {"type": "string"},
            },
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
            "RateLimit": {
                "description": "Requests left (`r`), and seconds until the window ends (`t`).",
                "schema": {"type": "string"},
                "example": '"apply";r=0;t=30',
            },
            "RateLimit-Policy": {
                "description": "Requests (`q`) per window of seconds (`w`).",
                "schema": {"type": "string"},
                "example": '"apply";q=60;w=3600',
            },
            "ETag": {
                "description": "Changes when the representation does.",
                "schema": {"type": "string"},
                "example": '"5e884898da280471"',
            },
            "WWW-Authenticate": {"description": "Authentication scheme: Bearer.", "schema": {"type": "string"}},
        },
    },
    # The schema does not describe itself, and is public like the page that shows it.
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    # Served from our own origin, not from a CDN.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "displayRequestDuration": True,
        "docExpansion": "none",
        "filter": True,
        "persistAuthorization": True,
        "tryItOutEnabled": True,
        "defaultModelsExpandDepth": 0,
        # Otherwise the page sends our URL to validator.swagger.io.
        "validatorUrl": None,
    },
}
