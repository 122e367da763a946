"""Settings of drf-spectacular: the head of the OpenAPI schema, and Swagger UI. `description.md` is its first page."""

from pathlib import Path
from typing import Any

from anywork import __version__

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "AnyWork API",
    "DESCRIPTION": Path(__file__).with_name("description.md").read_text(encoding="utf-8").strip(),
    "VERSION": __version__,
    "TAGS": [
        {"name": "Sign-in", "description": "Accounts and tokens. Answers come in an envelope: status, message, data."},
        {"name": "Account", "description": "One's own account: sessions, password, e-mail address, data."},
        {"name": "Jobs", "description": "What anybody can look for, and what employers post."},
        {"name": "Employer jobs", "description": "An employer's own jobs in every state, with their details."},
        {"name": "Categories", "description": "Fields of work. Anybody reads them, employers add to them."},
        {"name": "Locations", "description": "Places of work. Anybody reads them, employers add to them."},
        {"name": "Resumes", "description": "PDFs of job seekers, private to them and to whom they apply to."},
        {"name": "Applications", "description": "From pending to accepted, rejected or withdrawn."},
        {"name": "Job seekers", "description": "Profiles: one's own, and for employers those of their applicants."},
        {"name": "Employers", "description": "Published company cards."},
        {"name": "Skills", "description": "What a job seeker can do."},
        {"name": "Notifications", "description": "Lines that a user finds in the app."},
        {"name": "Analytics", "description": "Views and applications of an employer's jobs, day by day."},
    ],
    "SCHEMA_PATH_PREFIX": "/api",
    # Bodies and answers differ: keys that the server sets, files that become links.
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Role": "accounts.models.User.Role",
        "OpenRole": "accounts.serializers.OPEN_ROLES",
        "JobType": "jobs.models.Job.Type",
        "ApplicationStatus": "applications.models.Status",
        "ErrorStatus": ["error"],
        "SuccessStatus": ["success"],
    },
    "ENUM_SUFFIX": "",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATION_PARAMETERS": False,
    "APPEND_COMPONENTS": {
        "headers": {
            "X-Request-ID": {
                "description": "The request's id: yours, if you sent a plain one of up to 64 characters.",
                "schema": {"type": "string"},
            },
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
            "RateLimit": {
                "description": "What is left: requests (`r`), and seconds until the window ends (`t`).",
                "schema": {"type": "string"},
                "example": '"apply";r=0;t=30',
            },
            "RateLimit-Policy": {
                "description": "The rate: requests (`q`) in a window of seconds (`w`).",
                "schema": {"type": "string"},
                "example": '"apply";q=60;w=3600',
            },
            "ETag": {
                "description": "Stands for what is shown, as long as it is the same.",
                "schema": {"type": "string"},
                "example": '"5e884898da280471"',
            },
            "WWW-Authenticate": {"description": "How to sign in: Bearer.", "schema": {"type": "string"}},
        },
    },
    # The schema describes the API, not itself, and is as public as the page that shows it.
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    # From our own origin: no CDN learns who reads the docs, and none can change them.
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
        # Else the page asks validator.swagger.io about us as soon as it has a public name.
        "validatorUrl": None,
    },
}
