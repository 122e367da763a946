"""Resumes, whose files are in a private storage, and records of access."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import JobSeeker, User
from resumes.querysets import ResumeQuerySet


def storage_name(resume: "Resume", filename: str) -> str:
    """Return a random name for the file, since the original name is personal data."""
    return f"{settings.MEDIA_PREFIX}/{uuid.uuid4()}.pdf"


class Resume(models.Model):
    """PDF uploaded by a job seeker."""

    resume_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job_seeker = models.ForeignKey(JobSeeker, on_delete=models.CASCADE, related_name="resumes")
    file = models.FileField(upload_to=storage_name, max_length=100)
    # Name of the uploaded file: shown to users who may open it, and used for downloads.
    file_name = models.CharField(max_length=150)
    checksum = models.CharField(max_length=64, help_text="SHA-256 of the bytes, in hexadecimal.")
    # In bytes; NULL for files older than this field, until the next upload of their owner.
    size = models.PositiveIntegerField(null=True, editable=False)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    # Set when the owner deletes a resume that an application refers to.
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ResumeQuerySet.as_manager()

    class Meta:
        ordering = ("-uploaded_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("job_seeker", "checksum"),
                condition=models.Q(removed_at=None),
                name="resumes_resume_unique_bytes",
            ),
        )
        indexes = (
            # For the list in the admin site.
            models.Index(fields=("-uploaded_at", "-resume_id"), name="resumes_newest"),
            # For its filter: few resumes are removed.
            models.Index(
                fields=("-uploaded_at", "-resume_id"),
                condition=models.Q(removed_at__isnull=False),
                name="resumes_removed",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class ResumeAccess(models.Model):
    """Access to a resume's file by another user than its owner; written by `resumes.services.record_opening`."""

    access_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: that of the constraint begins with it.
    resume = models.ForeignKey(Resume, on_delete=models.CASCADE, related_name="accesses", db_index=False)
    # NULL once the actor's account is erased: the owner keeps the record.
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    # Rounded to the minute: requests of one actor within a minute, as in a resumed download, are one access.
    opened_at = models.DateTimeField()
    # Opened by the link that was signed for the actor, who may have shared it.
    by_link = models.BooleanField()

    class Meta:
        ordering = ("-opened_at", "pk")
        verbose_name_plural = "resume accesses"
        constraints = (
            # Also for the list that the owner sees.
            models.UniqueConstraint(fields=("resume", "opened_at", "actor"), name="resumes_resumeaccess_unique_minute"),
        )

    def __str__(self) -> str:
        return f"{self.resume_id}, {self.opened_at:%Y-%m-%d %H:%M}"


class SweepPause(models.Model):
    """Pause of the sweep of files, of which a row means: the database may lack the rows of some files."""

    began_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"since {self.began_at}"
