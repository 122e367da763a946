"""Storing and removing resumes: a row and its file come and go together. And who has opened them."""

import hashlib
import logging
import re
from contextlib import suppress
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from accounts import audit
from accounts.models import JobSeeker, User
from anywork.api.constraints import unique_violation_as
from anywork.api.exceptions import AlreadyExists, Conflict, ServiceUnavailable
from resumes.models import Resume, ResumeAccess, storage_name
from resumes.pdf import InvalidPDF, check_pdf

logger = logging.getLogger(__name__)

MAX_NAME_LENGTH = 150
STORAGE_FULL = "Delete a resume first."


def store_resume(*, job_seeker: JobSeeker, upload: File) -> Resume:
    """Store an uploaded PDF: both the row and the file, or neither.

    Raises:
        ValidationError: the file is too large or not a PDF that opens.
        AlreadyExists: the seeker has these very bytes already.
        Conflict: the seeker's list is full (`storage_full`).
        ServiceUnavailable: the file could not be written, as with a full disk.
    """
    data = _checked(upload)
    checksum = hashlib.sha256(data).hexdigest()
    # Before the bytes are written, and once more under a lock: of many uploads at once no more than fit are stored.
    _require_room(job_seeker, checksum, len(data))
    resume = Resume(job_seeker=job_seeker, checksum=checksum, size=len(data), file_name=display_name(upload.name or ""))
    storage, name = resume.file.storage, storage_name(resume, "")
    try:
        resume.file.name = storage.save(name, ContentFile(data))
        with unique_violation_as(
            "resumes_resume_unique_bytes", lambda: _already_there(_with_bytes(job_seeker, checksum))
        ):
            JobSeeker.objects.select_for_update(no_key=True).filter(pk=job_seeker.pk).first()
            _require_room(job_seeker, checksum, len(data))
            resume.save()
    except BaseException as error:
        # Where nothing can be written, nothing can be deleted either.
        with suppress(OSError):
            storage.delete(name)
        if isinstance(error, OSError):
            raise ServiceUnavailable("The file could not be stored. Please try again later.") from error
        raise
    return resume


def remove_resume(resume: Resume) -> None:
    """Delete a resume for good, or only hide it from its owner while an application holds it.

    A file that cannot be deleted now is left to the sweep.

    Raises:
        Http404: another request has deleted it at the same moment.
    """
    try:
        with transaction.atomic():
            get_object_or_404(Resume.objects.select_for_update(), pk=resume.pk).delete()
    except ProtectedError:
        Resume.objects.kept().filter(pk=resume.pk).update(removed_at=timezone.now())
    else:
        delete_file_after_commit(resume)


def record_opening(*, resume: Resume, viewer: User, by_link: bool) -> None:
    """Write down for the owner, and in the audit trail, that `viewer` opened the file; the owner itself does not count.

    Raises:
        Http404: the resume or the viewer has been deleted at this very moment.
    """
    if viewer.pk == resume.job_seeker_id:
        return
    opened_at = timezone.now().replace(second=0, microsecond=0)
    access = ResumeAccess(resume=resume, actor=viewer, opened_at=opened_at, by_link=by_link)
    try:
        with transaction.atomic():
            ResumeAccess.objects.bulk_create([access], ignore_conflicts=True)
            audit.record(audit.Kind.RESUME_OPENED, user=viewer, subject=str(resume.pk))
    except IntegrityError as error:
        raise Http404 from error


def delete_file_after_commit(resume: Resume) -> None:
    """Delete the file once the transaction that takes the row away is committed."""
    # A def or lambda, because the robust error log reads its __qualname__.
    transaction.on_commit(lambda: _delete_file(resume), robust=True)


def display_name(uploaded_name: str) -> str:
    """Return what an uploaded file is called from now on: one path component, printable, ending in .pdf."""
    stem = re.sub(r"[^\w .()+-]", "_", PurePath(uploaded_name).stem).strip(" .") or "resume"
    return f"{stem[: MAX_NAME_LENGTH - 4]}.pdf"


def _delete_file(resume: Resume) -> None:
    try:
        resume.file.storage.delete(str(resume.file.name))
    except OSError as error:
        # `strerror` is the reason without the path.
        logger.warning("The file of a deleted resume is still there (%s)", error.strerror or error)


def _checked(upload: File) -> bytes:
    if (upload.size or 0) > settings.RESUME_MAX_BYTES:
        limit = settings.RESUME_MAX_BYTES // (1024 * 1024)
        raise ValidationError({"file_path": [f"The file is larger than {limit} MiB."]})
    data: bytes = upload.read()
    try:
        check_pdf(data)
    except InvalidPDF as error:
        raise ValidationError({"file_path": [str(error)]}) from error
    return data


def _require_room(job_seeker: JobSeeker, checksum: str, size: int) -> None:
    listed = list(Resume.objects.kept().filter(job_seeker=job_seeker).only("checksum", "size", "file"))
    if existing := next((resume for resume in listed if resume.checksum == checksum), None):
        raise _already_there(existing)
    if len(listed) >= settings.RESUMES_MAX_COUNT:
        raise Conflict(STORAGE_FULL, "storage_full")
    for resume in listed:
        if resume.size is None:
            # A file that is lost has no size; a storage that is away is told when the upload is stored.
            with suppress(OSError):
                resume.size = resume.file.size
                Resume.objects.filter(pk=resume.pk).update(size=resume.size)
    if size + sum(resume.size or 0 for resume in listed) > settings.RESUMES_MAX_BYTES:
        raise Conflict(STORAGE_FULL, "storage_full")


def _with_bytes(job_seeker: JobSeeker, checksum: str) -> Resume | None:
    return Resume.objects.kept().filter(job_seeker=job_seeker, checksum=checksum).first()


def _already_there(existing: Resume | None) -> AlreadyExists:
    return AlreadyExists("You have uploaded this very file already.", existing)
