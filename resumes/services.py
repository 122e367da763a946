"""Services of resumes: upload, removal, and records of access."""

import hashlib
import logging
import re
import unicodedata
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
from anywork.api.text import remove_invisible
from resumes.models import Resume, ResumeAccess, storage_name
from resumes.pdf import InvalidPDF, check_pdf

logger = logging.getLogger(__name__)

MAX_NAME_LENGTH = 150


class StorageFull(Conflict):
    default_detail = "Your resume storage is full. Delete a resume first."
    default_code = "storage_full"


class FileUnavailable(ServiceUnavailable):
    default_detail = "The file cannot be read at the moment. Please try again later."


def invalid_file(reason: str) -> ValidationError:
    return ValidationError({"file_path": [reason]})


def already_uploaded(existing: Resume | None) -> AlreadyExists:
    return AlreadyExists("You have already uploaded this file.", existing)


def store_resume(*, job_seeker: JobSeeker, upload: File) -> Resume:
    """Store an uploaded PDF, row and file or neither.

    Raises:
        ValidationError: the file is too large or not a valid PDF.
        AlreadyExists: the job seeker has already uploaded the same bytes.
        StorageFull: the job seeker has too many resumes, or too many bytes.
        ServiceUnavailable: the file could not be written, for example because the disk is full.
    """
    data = _checked(upload)
    checksum = hashlib.sha256(data).hexdigest()
    # Checked before the file is written, and again under a lock, so that concurrent uploads do not exceed the limits.
    _check_limits(job_seeker, checksum, len(data))
    resume = Resume(job_seeker=job_seeker, checksum=checksum, size=len(data), file_name=display_name(upload.name or ""))
    storage, name = resume.file.storage, storage_name(resume, "")
    try:
        resume.file.name = storage.save(name, ContentFile(data))
        with unique_violation_as(
            "resumes_resume_unique_bytes",
            lambda: already_uploaded(Resume.objects.kept().filter(job_seeker=job_seeker, checksum=checksum).first()),
        ):
            JobSeeker.objects.select_for_update(no_key=True).filter(pk=job_seeker.pk).first()
            _check_limits(job_seeker, checksum, len(data))
            resume.save()
    except BaseException as error:
        # If the storage fails, deleting may fail, too.
        with suppress(OSError):
            storage.delete(name)
        if isinstance(error, OSError):
            raise ServiceUnavailable("The file could not be stored. Please try again later.") from error
        raise
    return resume


def remove_resume(resume: Resume) -> None:
    """Delete a resume, or only hide it from its owner if an application refers to it.

    A file that cannot be deleted is left to the sweep.

    Raises:
        Http404: a concurrent request has deleted the resume.
    """
    try:
        with transaction.atomic():
            get_object_or_404(Resume.objects.select_for_update(), pk=resume.pk).delete()
    except ProtectedError:
        Resume.objects.kept().filter(pk=resume.pk).update(removed_at=timezone.now())
    else:
        delete_file_after_commit(resume)


def record_opening(*, resume: Resume, viewer: User, by_link: bool) -> None:
    """Record, for the owner and in the audit trail, that `viewer` opened the file, unless the viewer is the owner.

    Raises:
        Http404: a concurrent request has deleted the resume or the viewer.
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
    """Delete the file after the transaction that deletes the row."""
    # A def or lambda, because the robust error log reads its __qualname__.
    transaction.on_commit(lambda: _delete_file(resume), robust=True)


def display_name(uploaded_name: str) -> str:
    """Return a safe name for an uploaded file: one printable path component that ends in .pdf."""
    stem = unicodedata.normalize("NFC", PurePath(uploaded_name).stem)
    stem = re.sub(r"[^\w .()+-]", lambda letter: letter[0] if _is_safe(letter[0]) else "_", stem)
    stem = remove_invisible(stem).strip(" .")
    return f"{stem[: MAX_NAME_LENGTH - 4] or 'resume'}.pdf"


def _is_safe(letter: str) -> bool:
    # Dashes, typographic quotes, and the marks without which words of many scripts cannot be written.
    return unicodedata.category(letter) in {"Pd", "Pi", "Pf", "Mn", "Mc"}


def _delete_file(resume: Resume) -> None:
    try:
        resume.file.storage.delete(str(resume.file.name))
    except OSError as error:
        # `strerror` is the reason, without the path.
        logger.warning("The file of a deleted resume could not be deleted (%s)", error.strerror or error)


def _checked(upload: File) -> bytes:
    if (upload.size or 0) > settings.RESUME_MAX_BYTES:
        limit = settings.RESUME_MAX_BYTES // (1024 * 1024)
        raise invalid_file(f"The file is larger than {limit} MiB.")
    data: bytes = upload.read()
    try:
        check_pdf(data)
    except InvalidPDF as error:
        raise invalid_file(str(error)) from error
    return data


def _check_limits(job_seeker: JobSeeker, checksum: str, size: int) -> None:
    resumes = list(Resume.objects.kept().filter(job_seeker=job_seeker).only("checksum", "size", "file"))
    if existing := next((resume for resume in resumes if resume.checksum == checksum), None):
        raise already_uploaded(existing)
    if len(resumes) >= settings.RESUMES_MAX_COUNT:
        raise StorageFull
    for resume in resumes:
        if resume.size is None:
            # A lost file counts as empty; if the storage is unavailable, storing the upload fails.
            with suppress(OSError):
                resume.size = resume.file.size
                Resume.objects.filter(pk=resume.pk).update(size=resume.size)
    if size + sum(resume.size or 0 for resume in resumes) > settings.RESUMES_MAX_BYTES:
        raise StorageFull
