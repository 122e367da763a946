"""Applications and the history of their status."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models import JobSeeker, User
from applications.querysets import ApplicationQuerySet
from jobs.models import Job
from resumes.models import Resume


class Status(models.TextChoices):
    """Where an application stands."""

    PENDING = "pending", "Pending"
    REVIEWED = "reviewed", "Reviewed"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Application(models.Model):
    """A job seeker's application to a job. `applications.services` is the only writer of `status`."""

    application_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # NULL once the applicant has erased the account: the employer keeps the record of the decision, without a person.
    # Like the job's, without an index of its own: those below begin with it.
    job_seeker = models.ForeignKey(
        JobSeeker, on_delete=models.CASCADE, null=True, related_name="applications", db_index=False
    )
    # PROTECT: an application is never lost with the job or the file that it was made with.
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
                condition=~models.Q(status="withdrawn"),
                name="applications_application_unique_live",
            ),
            models.CheckConstraint(
                name="applications_application_status_known", condition=models.Q(status__in=Status.values)
            ),
        )
        indexes = (
            # Serves a seeker's own list, newest first.
            models.Index(fields=("job_seeker", "-applied_at", "-application_id"), name="applications_seeker_newest"),
            # Serves the applications to a job, newest first.
            models.Index(fields=("job", "-applied_at", "-application_id"), name="applications_job_newest"),
            # Serves the lists of administrators, newest first.
            models.Index(fields=("-applied_at", "-application_id"), name="applications_newest"),
        )

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def applicant(self) -> JobSeeker:
        """Who applied: somebody without a name once the account is erased."""
        return self.job_seeker or JobSeeker(user=User())


class StatusChange(models.Model):
    """Who changed an application's status, when, from what to what."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="status_changes")
    # The decision outlives the account of who made it.
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
