"""A job as schema.org's JobPosting, with the fields that Google for Jobs asks for.

https://developers.google.com/search/docs/appearance/structured-data/job-posting
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from jobs.models import Job, JobType, Location, SalarySource, Workplace
from jobs.outside.pages import SITE_NAME, job_page_url
from jobs.rendering import render_html
from jobs.searching.countries import country_title
from jobs.searching.salary import names_period

# The type "remote" says nothing about the employment.
EMPLOYMENT_TYPES: Mapping[str, str] = {
    JobType.FULL_TIME: "FULL_TIME",
    JobType.PART_TIME: "PART_TIME",
    JobType.CONTRACT: "CONTRACTOR",
    JobType.INTERNSHIP: "INTERN",
    JobType.TEMPORARY: "TEMPORARY",
}


def render_posting(job: Job) -> bytes:
    """Return the JobPosting as JSON that is safe within a script element: no text of it can end the element."""
    body = orjson.dumps(job_posting(job), option=orjson.OPT_UTC_Z)
    return body.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")


def job_posting(job: Job) -> dict[str, Any]:
    """Return the JobPosting of a job with its details."""
    posting = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": job.title,
        "description": render_html(job.description),
        "datePosted": job.posted_at,
        "validThrough": job.closes_at,
        "hiringOrganization": _organization(job),
        "identifier": {"@type": "PropertyValue", "name": job.company_name or SITE_NAME, "value": str(job.pk)},
        "url": job_page_url(job.pk),
        # Applications are made on the page of the job.
        "directApply": True,
        "employmentType": EMPLOYMENT_TYPES.get(job.job_type),
        "baseSalary": _base_salary(job),
        "skills": ", ".join(skill["name"] for skill in job.skill_list) or None,
        **_place(job),
    }
    return {name: value for name, value in posting.items() if value is not None}


def _organization(job: Job) -> dict[str, Any] | str:
    if not job.company_name:
        # Google's word for an organization that is not named.
        return "confidential"
    website = job.employer.website if job.employer else ""
    return {
        "@type": "Organization",
        "name": job.company_name,
        **({"sameAs": website} if website else {}),
    }


def _place(job: Job) -> dict[str, Any]:
    """Return where the job is, or where people may work from."""
    if job.workplace == Workplace.REMOTE:
        return {
            "jobLocationType": "TELECOMMUTE",
            "applicantLocationRequirements": {"@type": "Country", "name": _country(job.location)},
        }
    location = job.location
    address = {
        "addressLocality": location.city,
        "addressRegion": location.state,
        "addressCountry": location.country_code or location.country,
    }
    place: dict[str, Any] = {
        "@type": "Place",
        "address": {"@type": "PostalAddress", **{name: value for name, value in address.items() if value}},
    }
    if location.placed:
        place["geo"] = {"@type": "GeoCoordinates", "latitude": location.latitude, "longitude": location.longitude}
    return {"jobLocation": place}


def _country(location: Location) -> str:
    return country_title(location.country_code) if location.country_code else location.country


def _base_salary(job: Job) -> dict[str, Any] | None:
    """Return the salary if the employer states it, or if the text leaves nothing to guess."""
    salary = job.salary
    # In a known country, "$" is its currency.
    is_certain = job.salary_source == SalarySource.STATED or (
        job.location.country_code and names_period(job.salary_range)
    )
    if not (is_certain and salary.currency and salary.period):
        return None
    amounts = {"minValue": salary.minimum, "maxValue": salary.maximum}
    if salary.minimum == salary.maximum:
        amounts = {"value": salary.minimum}
    known = {name: _number(amount) for name, amount in amounts.items() if amount is not None}
    if not known:
        return None
    return {
        "@type": "MonetaryAmount",
        "currency": salary.currency,
        "value": {"@type": "QuantitativeValue", **known, "unitText": salary.period.upper()},
    }


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == int(amount) else float(amount)
