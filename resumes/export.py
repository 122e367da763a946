"""What is kept of a job seeker here."""

import logging

from accounts.export import Archive
from accounts.models import User
from resumes.models import Resume

logger = logging.getLogger(__name__)


def export_resumes(user: User, archive: Archive) -> None:
    """Add the resumes of `user`, rows and files, with those that an application alone still holds."""
    resumes = Resume.objects.filter(job_seeker=user.pk)
    archive.add_json(
        "resumes.json", list(resumes.values("resume_id", "file_name", "checksum", "uploaded_at", "removed_at"))
    )
    for resume in resumes:
        try:
            file = resume.file.open()
        except FileNotFoundError:
            logger.error("The file of resume %s is lost", resume.pk)  # noqa: TRY400 - the path tells no more
            continue
        with file:
            archive.add_file(f"resumes/{resume.pk}.pdf", file)
