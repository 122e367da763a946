"""What links to the front end: its name, and the pages of jobs."""

from uuid import UUID

from django.conf import settings

SITE_NAME = "AnyWork"


def job_page_url(job_id: UUID | str) -> str:
    """Return the URL of a job's page."""
    return settings.JOB_PAGE_URL.replace("{job_id}", str(job_id))
