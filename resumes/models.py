"""Resumes as rows; the files lie in private storage."""

import uuid

from django.db import models

from accounts.models import JobSeeker, User
from resumes.querysets import ResumeQuerySet

# Of the storage: everything in it is a resume's.
FOLDER = "resumes"


def storage_name(resume: "Resume", filename: str) -> str:
    """Return where the file is stored: under a random name, for what people call their files is theirs alone."""
    return f"{FOLDER}/{uuid.uuid4()}.pdf"


class Resume(models.Model):
    """A PDF that a job seeker uploaded."""

    resume_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job_seeker = models.ForeignKey(JobSeeker, on_delete=models.CASCADE, related_name="resumes")
    file = models.FileField(upload_to=storage_name, max_length=100)
    # What the owner called it: shown to those who may open it, and the name it is downloaded under.
    file_name = models.CharField(max_length=150)
    checksum = models.CharField(max_length=64, help_text="SHA-256 of the bytes, in hexadecimal.")
    # Bytes; NULL of files stored before this was kept, until the next upload of their owner.
    size = models.PositiveIntegerField(null=True, editable=False)
    uploaded_at = models.DateTimeField(auto_now_add=True)
    # Deleted by its owner while an application still holds it.
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

    def __str__(self) -> str:
        return str(self.pk)


class ResumeAccess(models.Model):
    """Somebody else than its owner opened a resume's file; written by `resumes.services.record_opening` alone."""

    access_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Without an index of its own: the constraint's begins with it.
    resume = models.ForeignKey(Resume, on_delete=models.CASCADE, related_name="accesses", db_index=False)
    # The owner keeps the record of an opening when the account that opened it goes.
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    # Whole minutes: whatever one actor opens within the same minute is one access, as a download that is resumed.
    opened_at = models.DateTimeField()
    # By the link that was signed for the actor, who may have passed it on.
    by_link = models.BooleanField()

    class Meta:
        ordering = ("-opened_at", "pk")
        verbose_name_plural = "resume accesses"
        constraints = (
            # Also serves the owner's list.
            models.UniqueConstraint(fields=("resume", "opened_at", "actor"), name="resumes_resumeaccess_unique_minute"),
        )

    def __str__(self) -> str:
        return f"{self.resume_id}, {self.opened_at:%Y-%m-%d %H:%M}"
