"""Applications and the history of their status."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import JobSeeker, User
from applications.choices import Status
from applications.querysets import ApplicationQuerySet
from jobs.models import Job
from resumes.models import Resume


class Application(models.Model):
    """Application of a job seeker to a job. Only `applications.services` writes `status`."""

    application_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # NULL once the applicant's account is erased: the employer keeps the record of the decision, without personal data.
    # No index of its own, like the job: the indexes below begin with it.
    job_seeker = models.ForeignKey(
        JobSeeker, on_delete=models.CASCADE, null=True, related_name="applications", db_index=False
    )
    # PROTECT: an application is never deleted along with its job or resume.
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="applications", db_index=False)
    resume = models.ForeignKey(Resume, on_delete=models.PROTECT, null=True, related_name="applications")
    cover_letter = models.TextField(max_length=10_000, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    applied_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ("-applied_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("job", "job_seeker"),
                condition=~models.Q(status=Status.WITHDRAWN),
                name="applications_application_unique_live",
            ),
            models.CheckConstraint(
                name="applications_application_status_known", condition=models.Q(status__in=Status.values)
            ),
        )
        indexes = (
            # For the list of a job seeker, newest first.
            models.Index(fields=("job_seeker", "-applied_at", "-application_id"), name="applications_seeker_newest"),
            # For the applications to a job, newest first.
            models.Index(fields=("job", "-applied_at", "-application_id"), name="applications_job_newest"),
            # For the lists of administrators, newest first.
            models.Index(fields=("-applied_at", "-application_id"), name="applications_newest"),
            # For the filter by status in the admin site.
            models.Index(fields=("status", "-applied_at", "-application_id"), name="applications_status"),
        )

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def applicant(self) -> JobSeeker:
        """The applicant; an unsaved, empty one if the account is erased."""
        return self.job_seeker or JobSeeker(user=User())


class StatusChange(models.Model):
    """Change of an application's status."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="status_changes")
    # NULL once the actor's account is erased.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    from_status = models.CharField(max_length=20, choices=Status, blank=True)
    to_status = models.CharField(max_length=20, choices=Status)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "pk")
        constraints = (
            models.CheckConstraint(
                name="applications_statuschange_status_known",
                condition=models.Q(from_status__in=["", *Status.values], to_status__in=Status.values),
            ),
        )

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} -> {self.to_status}"
