"""Export of a job seeker's resumes."""

import logging

from django.db.models import F

from accounts.export import Archive
from accounts.models import User
from resumes.models import Resume, ResumeAccess
from resumes.services import FileUnavailable

logger = logging.getLogger(__name__)


def export_resumes(user: User, archive: Archive) -> None:
    """Add the resumes of `user`, rows and files, including removed ones that an application refers to."""
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
            logger.error("The file of resume %s is lost", resume.pk)  # noqa: TRY400 - a traceback adds nothing
            continue
        except OSError as error:
            raise FileUnavailable from error
        with file:
            archive.add_file(f"resumes/{resume.pk}.pdf", file)
