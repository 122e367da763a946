"""What is kept of a job seeker here."""

import logging

from django.db.models import F

from accounts.export import Archive
from accounts.models import User
from anywork.api.exceptions import ServiceUnavailable
from resumes.models import Resume, ResumeAccess

logger = logging.getLogger(__name__)


def export_resumes(user: User, archive: Archive) -> None:
    """Add the resumes of `user`, rows and files, with those that an application alone still holds."""
    resumes = Resume.objects.filter(job_seeker=user.pk)
    archive.add_json(
        "resumes.json", list(resumes.values("resume_id", "file_name", "checksum", "size", "uploaded_at", "removed_at"))
    )
    accesses = ResumeAccess.objects.filter(resume__job_seeker=user.pk)
    archive.add_json(
        "resume_accesses.json",
        list(accesses.values("resume", "opened_at", "by_link", company=F("actor__employer__company_name"))),
    )
    for resume in resumes:
        try:
            file = resume.file.open()
        except FileNotFoundError:
            logger.error("The file of resume %s is lost", resume.pk)  # noqa: TRY400 - the path tells no more
            continue
        except OSError as error:
            raise ServiceUnavailable("A file cannot be read now. Please try again later.") from error
        with file:
            archive.add_file(f"resumes/{resume.pk}.pdf", file)
