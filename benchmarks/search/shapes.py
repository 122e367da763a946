"""JSON of the floor's rows: as AnyWork's, without its rules.

Signed links to files are omitted, and withdrawn applications are not redacted.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]
Shape = Callable[[Row], dict[str, Any]]


def columns_of(statement: str) -> list[str]:
    """Return the columns of a SELECT of the ORM as table.column, or by their alias if they are computed."""
    # A job seeker's statement computes the status that is told.
    told = r'CASE .+? END(?= AS "shown_status")'
    fetched = re.sub(told, '"applications_application"."status"', statement)
    while fetched != (shorter := re.sub(r"\([^()]*\)", "", fetched)):
        fetched = shorter
    columns = fetched[: fetched.index(" FROM ")].split(", ")
    return [".".join(re.findall(r'"(\w+)"', column.removeprefix("SELECT "))[:2]) for column in columns]


def _job(row: Row) -> dict[str, Any]:
    same = ("job_id", "title", "description", "salary_range", "job_type", "posted_at", "expires_at", "is_active")
    keys = ("employer", "location", "category")
    return {
        **{name: row[f"jobs_job.{name}"] for name in same},
        **{name: row[f"jobs_job.{name}_id"] for name in keys},
    }


def _application(row: Row) -> dict[str, Any]:
    same = ("application_id", "cover_letter", "status", "applied_at")
    keys = ("job_seeker", "job", "resume")
    first_name, last_name = row["accounts_jobseeker.first_name"], row["accounts_jobseeker.last_name"]
    return {
        **{name: row[f"applications_application.{name}"] for name in same},
        **{name: row[f"applications_application.{name}_id"] for name in keys},
        "job_seeker_details": {
            "first_name": first_name,
            "last_name": last_name,
            "full_name": f"{first_name} {last_name}".strip(),
            "phone_number": row["accounts_jobseeker.phone_number"],
            "email": row["email"],
        },
        "resume_details": {
            "resume_id": row["applications_application.resume_id"],
            **{name: row[f"resumes_resume.{name}"] for name in ("file_name", "uploaded_at")},
        },
        "job_details": {
            "title": row["jobs_job.title"],
            "company_name": row["company_name"],
        },
    }


SHAPES: dict[str, Shape] = {"jobs_job": _job, "applications_application": _application}


def comparable(response: dict[str, Any]) -> dict[str, Any]:
    """Return AnyWork's response without links and withdrawn applications, as the floor should return it."""
    if "results" not in response:
        return response
    rows = [row for row in response["results"] if row.get("status") != "withdrawn"]
    for row in rows:
        (row.get("resume_details") or {}).pop("file_url", None)
    return {**response, "results": rows}
