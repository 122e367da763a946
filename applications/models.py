"""Applications, the history of their status, what was applied to and asked, and what employers write."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from accounts.models import Employer, JobSeeker, User
from applications.choices import DECIDED, EventKind, QuestionKind, Reason, Status
from applications.querysets import ApplicationQuerySet, NoteQuerySet, is_shared
from jobs.models import Job
from resumes.models import Resume

NOTE_LENGTH = 5_000
MIN_RATING, MAX_RATING = 1, 5
MAX_TAGS = 20
TAG_LENGTH = 40


class Question(models.Model):
    """A question to the applicants of a job; none is changed once there is an application."""

    question_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Without an index of its own: the one of the constraint begins with it.
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="questions", db_index=False)
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=500)
    kind = models.CharField(max_length=10, choices=QuestionKind)
    # Of the kinds choice and choices.
    choices = models.JSONField(default=list, blank=True)
    required = models.BooleanField()
    # The answers that pass, as `applications.screening` reads them; NULL if all do.
    knock_out = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("job", "position"), name="applications_question_unique_position"),
            models.CheckConstraint(
                name="applications_question_kind_known", condition=models.Q(kind__in=QuestionKind.values)
            ),
        )

    def __str__(self) -> str:
        return self.text


class Posting(models.Model):
    """A version of a job's posting that was applied to: one row for all applications to it.

    Only `applications.services` writes it.
    """

    # A digest of the job's key and what follows here, so that each version is stored once.
    posting_id = models.UUIDField(primary_key=True, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="postings")
    title = models.CharField(max_length=255)
    # "" once the employer's account is erased, like the description.
    company_name = models.CharField(max_length=255, blank=True)
    place = models.TextField()
    salary_range = models.CharField(max_length=100, blank=True)
    # As jobs.serializers.salary_details returns it.
    salary_details = models.JSONField(null=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.title


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
    # To the job's questions, by their keys.
    answers = models.JSONField(default=dict, db_default={}, editable=False)
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    # What the applicant is told until `tell_at`, instead of a rejection under a hold; "" and NULL: `status`.
    told_status = models.CharField(max_length=20, choices=Status, blank=True, default="", db_default="", editable=False)
    tell_at = models.DateTimeField("told at", null=True, blank=True, editable=False)
    applied_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the applicant took back, after the decision, what the employer saw.
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When the applicant was told that the present decision will be revoked; see `applications.retention`.
    noticed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # TERMS_VERSION of the time.
    terms_version = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    # NULL in applications that are older than this field. Without an index: the job protects it from deletion.
    posting = models.ForeignKey(
        Posting, on_delete=models.DO_NOTHING, null=True, editable=False, related_name="+", db_index=False
    )

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
            models.CheckConstraint(
                name="applications_application_held_or_told",
                condition=models.Q(told_status="", tell_at=None)
                | models.Q(told_status__in=Status.values, tell_at__isnull=False),
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
            # For the task that tells held decisions.
            models.Index(fields=("tell_at",), condition=models.Q(tell_at__isnull=False), name="applications_to_tell"),
            # For the task that revokes old ones.
            models.Index(
                fields=("applied_at",),
                condition=models.Q(status__in=DECIDED, revoked_at=None),
                name="applications_decided_oldest",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def decision_hold(self) -> timedelta:
        """How long the applicant is not told of a rejection that is made now."""
        return (self.job.employer or Employer()).decision_hold

    @property
    def told(self) -> str:
        """The status as the applicant is told it, by the clock; `applications.querysets.told` in a query."""
        return self.told_status if self.tell_at and self.tell_at > timezone.now() else self.status

    @property
    def is_shared(self) -> bool:
        return is_shared(self.status, self.revoked_at)

    def status_for(self, user: User) -> str:
        """Return the status as `user` gets to know it."""
        return self.told if user.pk == self.job_seeker_id else self.status

    @property
    def applicant(self) -> JobSeeker:
        """The applicant; an unsaved, empty one if the account is erased."""
        return self.job_seeker or JobSeeker(user=User())

    @property
    def opinion(self) -> "Assessment":
        """The assessment; an unsaved, empty one if there is none."""
        return getattr(self, "assessment", None) or Assessment()


class StatusChange(models.Model):
    """Change of an application's status."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="status_changes")
    # NULL once the actor's account is erased.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    from_status = models.CharField(max_length=20, choices=Status, blank=True)
    to_status = models.CharField(max_length=20, choices=Status)
    at = models.DateTimeField(default=timezone.now)
    # When the applicant is told of a decision under a hold, unless it is taken back before; NULL: at once.
    tell_at = models.DateTimeField(null=True, blank=True)
    # Of the present rejection only; the applicant gets to know it if it is shared.
    reason = models.CharField(max_length=20, choices=Reason, blank=True, default="", db_default="")
    reason_shared = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ("at", "pk")
        constraints = (
            models.CheckConstraint(
                name="applications_statuschange_status_known",
                condition=models.Q(from_status__in=["", *Status.values], to_status__in=Status.values),
            ),
            models.CheckConstraint(
                name="applications_statuschange_reason_of_rejection",
                condition=models.Q(reason="") | models.Q(reason__in=Reason.values, to_status=Status.REJECTED),
            ),
        )

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} -> {self.to_status}"


class ApplicationEvent(models.Model):
    """What happened to an application beside its status; the kind says who caused it."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=EventKind)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "pk")
        constraints = (
            models.CheckConstraint(
                name="applications_applicationevent_kind_known", condition=models.Q(kind__in=EventKind.values)
            ),
        )

    def __str__(self) -> str:
        return self.get_kind_display()


class Note(models.Model):
    """Note of an employer about an application, which the applicant never gets; deleted with a withdrawal."""

    note_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: the one below begins with it.
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="notes", db_index=False)
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    text = models.TextField(max_length=NOTE_LENGTH)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (
            # For the list of an application's notes, newest first.
            models.Index(fields=("application", "-created_at", "-note_id"), name="applications_note_newest"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Assessment(models.Model):
    """Rating and tags that an employer gives an application; like a note, the applicant never gets it."""

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, primary_key=True, related_name="assessment"
    )
    # Of the latest change.
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    rating = models.PositiveSmallIntegerField(null=True)
    tags = ArrayField(models.CharField(max_length=TAG_LENGTH), size=MAX_TAGS, default=list)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="applications_assessment_rating_in_range",
                condition=models.Q(rating__range=(MIN_RATING, MAX_RATING)),
            ),
        )
        indexes = (
            # For the filter by tags.
            GinIndex(fields=("tags",), name="applications_assessment_tags"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class JobClosing(models.Model):
    """A job that its employer has closed and whose applicants are still to be told; `applications.closings` does it."""

    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="+")
    # The last application that is told, in the order of primary keys.
    reached = models.UUIDField(null=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.job_id} after {self.reached}"
