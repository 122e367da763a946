"""The rows and people that `permission_table.py` names."""

from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from rest_framework.test import APIClient

from accounts.account_links import email_verification_tokens, password_reset_tokens
from accounts.models import AccountFailures, BlockedEmployer, MutedEmployer, Session, SignInFailures, User
from accounts.tests.factories import AdminFactory, EmployerFactory, JobSeekerFactory, SkillFactory, UserFactory
from analytics.tests.factories import AnalyticsFactory
from anywork.local.pdf import make_pdf
from anywork.tests.permission_table import CALLERS, Cell
from applications.choices import Status
from applications.tests.factories import ApplicationFactory, NoteFactory, QuestionFactory
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory, SavedJobFactory, SavedSearchFactory
from notifications.tests.factories import NotificationFactory
from resumes.tests.factories import ResumeAccessFactory, ResumeFactory

APPS = ("accounts", "jobs", "resumes", "applications", "notifications", "analytics")
SIGNED_IN = CALLERS[1:]


class World(NamedTuple):
    """The rows that the table names, and the tokens of its callers."""

    rows: dict[str, Any]
    tokens: dict[str, Any]
    media: Path
    fingerprint: str

    def key(self, name: str, caller: str = "anonymous") -> str:  # noqa: PLR0911 - a table
        """Return the key of a row of the table; an `own` row of anonymous callers is the applicant's."""
        caller = "applicant" if caller == "anonymous" else caller
        match name:
            case "own_user":
                return str(self.rows[caller].pk)
            case "own_email":
                return str(User.objects.get(pk=self.rows[caller].pk).email)
            case "own_refresh":
                return str(self.tokens[caller].refresh)
            case "own_session":
                return str(Session.objects.get(user=self.rows[caller].pk).pk)
            case "leaver_session":
                return str(Session.objects.get(user=self.rows["leaver"].pk).pk)
            case "own_password_token":
                return password_reset_tokens.make_token(User.objects.get(pk=self.rows[caller].pk))
            case "own_email_token":
                return email_verification_tokens.make_token(User.objects.get(pk=self.rows[caller].pk))
            case "own_notification":
                return str(self.rows[f"{caller}_notification"].pk)
            case "own_resume":
                return str(self.rows["seeker_resume" if caller == "seeker" else "resume"].pk)
        return str(self.rows[name].pk)

    def fill(self, text: str, caller: str = "anonymous") -> str:
        """Replace every name in braces by its key."""
        before, brace, rest = text.partition("{")
        if not brace:
            return text
        name, _, after = rest.partition("}")
        return before + self.key(name, caller) + self.fill(after, caller)

    def client(self, caller: str) -> APIClient:
        client = APIClient()
        if caller != "anonymous":
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.tokens[caller].access}")
        return client

    def send(self, cell: Cell, *, client: APIClient | None = None, path: str = "") -> Any:
        """Send the cell's request."""
        body: Any = cell.body
        if isinstance(body, dict):
            body = {
                field: value == "true" or self.fill(value, cell.caller) if isinstance(value, str) else value
                for field, value in body.items()
            }
            if "ids" in body:
                body["ids"] = [self.fill(key, cell.caller) for key in body["ids"]]
        format_ = "json"
        if cell.path == "/api/resumes/" and cell.method == "POST":
            format_ = "multipart"
            body["file_path"] = SimpleUploadedFile("resume.pdf", make_pdf("New"), "application/pdf")
        request = getattr(client or self.client(cell.caller), cell.method.lower())
        response = request(path or self.fill(cell.path, cell.caller), body, format=format_)
        if response.streaming:
            response.getvalue()
        return response


def fingerprint() -> str:
    """Return a digest of every row of the project, but for the counts of passwords that were tried."""
    models = [model for model in apps.get_models() if model._meta.app_label in APPS]
    tables = [model._meta.db_table for model in models if model not in {SignInFailures, AccountFailures}]
    digests = " || ".join(
        f"(SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {table} t)"  # noqa: S608
        for table in sorted(tables)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {digests}")
        return str(cursor.fetchone()[0])


def build_rows() -> dict[str, Any]:
    applicant, seeker, leaver = JobSeekerFactory.create_batch(3)
    employer, rival = EmployerFactory.create_batch(2)
    rows: dict[str, Any] = {
        "undecided": UserFactory(),
        "applicant": applicant,
        "seeker": seeker,
        "leaver": leaver,
        "employer": employer,
        "rival": rival,
        "admin": AdminFactory(),
        "category": CategoryFactory(),
        "unused_category": CategoryFactory(),
        "location": LocationFactory(),
        "unused_location": LocationFactory(),
        "resume": ResumeFactory(job_seeker=applicant),
        "spare_resume": ResumeFactory(job_seeker=applicant),
        "seeker_resume": ResumeFactory(job_seeker=seeker),
        "leaver_resume": ResumeFactory(job_seeker=leaver),
        "skill": SkillFactory(user=applicant.user),
        "leaver_skill": SkillFactory(user=leaver.user),
    }
    filed = {"category": rows["category"], "location": rows["location"]}
    rows |= {
        "open": JobFactory(employer=employer, **filed),
        "closed": JobFactory(employer=employer, closed=True, **filed),
        "hidden": JobFactory(employer=employer, expired=True, **filed),
        "paused": JobFactory(employer=employer, is_active=False, **filed),
        "draft": JobFactory(employer=employer, draft=True, **filed),
        "vacant": JobFactory(employer=rival, **filed),
    }
    rows |= {
        "application": ApplicationFactory(job_seeker=applicant, job=rows["open"], resume=rows["resume"]),
        "decided": ApplicationFactory(
            job_seeker=applicant, job=rows["closed"], resume=rows["resume"], status=Status.ACCEPTED
        ),
        "withdrawn": ApplicationFactory(
            job_seeker=leaver, job=rows["open"], resume=rows["leaver_resume"], status=Status.WITHDRAWN
        ),
        "saved_job": SavedJobFactory(job_seeker=applicant, job=rows["closed"]),
        "search": SavedSearchFactory(job_seeker=applicant),
        "question": QuestionFactory(job=rows["open"]),
        "access": ResumeAccessFactory(resume=rows["resume"], actor=employer.user),
        "views": AnalyticsFactory(job=rows["open"]),
        "rival_views": AnalyticsFactory(job=rows["vacant"]),
    }
    for refused in (BlockedEmployer, MutedEmployer):
        refused.objects.create(job_seeker=applicant, employer=rival)
    rows["note"] = NoteFactory(application=rows["application"])
    for name in (*SIGNED_IN, "leaver"):
        rows[f"{name}_notification"] = NotificationFactory(user=User.objects.get(pk=rows[name].pk))
    return rows
