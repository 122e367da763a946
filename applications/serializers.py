"""Serializers of applications."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.models import JobSeeker, full_name
from anywork.api.fields import BlankableTextField, UUIDField
from anywork.api.serializers import ModelSerializer, RowListSerializer
from applications.choices import Status
from applications.models import Application
from jobs.models import Job
from resumes.models import Resume
from resumes.serializers import SignedURLField
from resumes.signed_links import SignedLinks

COVER_LETTER_LENGTH = 10_000


class ApplicationSerializer(ModelSerializer[Application]):
    """An application, with the ids of related objects.

    A withdrawn application shows cover letter, contact details and file only to its applicant.
    """

    class Meta:
        model = Application
        fields: tuple[str, ...] = (
            "application_id",
            "cover_letter",
            "status",
            "applied_at",
            "job_seeker",
            "job",
            "resume",
        )
        read_only_fields = fields

    def to_representation(self, instance: Application) -> dict[str, Any]:
        return self.redacted(super().to_representation(instance), applicant=instance.job_seeker_id)

    def redacted(self, body: dict[str, Any], *, applicant: UUID | None) -> dict[str, Any]:
        """Return `body`, redacted if the application is withdrawn and the caller is not the applicant."""
        if body["status"] == Status.WITHDRAWN and applicant != self.context["request"].user.pk:
            self.redact(body)
        return body

    def redact(self, body: dict[str, Any]) -> None:
        """Remove what only the applicant sees of a withdrawn application."""
        body["cover_letter"] = ""


class ApplicantSerializer(ModelSerializer[JobSeeker]):
    """The applicant."""

    full_name = serializers.CharField(read_only=True)
    email = serializers.CharField(source="user.email", read_only=True, help_text='"" once withdrawn.')

    class Meta:
        model = JobSeeker
        fields = ("first_name", "last_name", "full_name", "phone_number", "email")


class SubmittedResumeSerializer(ModelSerializer[Resume]):
    """The submitted resume."""

    file_url = SignedURLField()

    class Meta:
        model = Resume
        fields = ("resume_id", "file_url", "file_name", "uploaded_at")


class JobSummarySerializer(ModelSerializer[Job]):
    """The job of an application."""

    company_name = serializers.CharField(read_only=True)

    class Meta:
        model = Job
        fields = ("title", "company_name")


class ApplicationListSerializer(RowListSerializer):
    """A page of applications with details, serialized from rows of values."""

    # Instances and serializers of each application, its applicant, resume, job and company make the whole response take
    # more than twice as long. A new field is added in three places: to the serializer, here and to `_details`; the
    # tests compare them.
    COLUMNS = (
        *ApplicationSerializer.Meta.fields,
        "job_seeker__first_name",
        "job_seeker__last_name",
        "job_seeker__phone_number",
        "job_seeker__user__email",
        "resume__file_name",
        "resume__uploaded_at",
        "job__title",
        "job__employer__company_name",
    )

    child: "ApplicationDetailsSerializer"

    def show_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        links = SignedLinks(self.context["request"])
        return [self.child.redacted(_details(row, links), applicant=row["job_seeker"]) for row in rows]


def _details(row: dict[str, Any], links: SignedLinks) -> dict[str, Any]:
    """Return what ApplicationDetailsSerializer shows, before it is redacted."""
    # The columns of an erased account, of applicant or employer, are NULL.
    first_name, last_name = row["job_seeker__first_name"] or "", row["job_seeker__last_name"] or ""
    return {
        **{name: row[name] for name in ApplicationSerializer.Meta.fields},
        "job_seeker_details": {
            "first_name": first_name,
            "last_name": last_name,
            "full_name": full_name(first_name, last_name),
            "phone_number": row["job_seeker__phone_number"] or "",
            "email": row["job_seeker__user__email"] or "",
        },
        "resume_details": row["resume"]
        and {
            "resume_id": row["resume"],
            "file_url": links.url(row["resume"]),
            "file_name": row["resume__file_name"],
            "uploaded_at": row["resume__uploaded_at"],
        },
        "job_details": {"title": row["job__title"], "company_name": row["job__employer__company_name"] or ""},
    }


class ApplicationDetailsSerializer(ApplicationSerializer):
    """An application with details of applicant, resume and job."""

    job_seeker_details = ApplicantSerializer(source="applicant", read_only=True)
    resume_details = SubmittedResumeSerializer(source="resume", read_only=True, allow_null=True)
    job_details = JobSummarySerializer(source="job", read_only=True)

    class Meta(ApplicationSerializer.Meta):
        fields: tuple[str, ...] = (
            *ApplicationSerializer.Meta.fields,
            "job_seeker_details",
            "resume_details",
            "job_details",
        )
        list_serializer_class = ApplicationListSerializer

    def redact(self, body: dict[str, Any]) -> None:
        super().redact(body)
        body["job_seeker_details"].update(phone_number="", email="")
        body["resume_details"] = None


class ApplicationCreateSerializer(serializers.Serializer[Any]):
    """Request to apply to a job."""

    job_seeker = UUIDField(required=False, help_text="Optional; the caller.")
    job = UUIDField(help_text="An open job.")
    resume = UUIDField(help_text="A resume of the caller.")
    cover_letter = BlankableTextField(max_length=COVER_LETTER_LENGTH, default="")


class ApplicationUpdateSerializer(serializers.Serializer[Any]):
    """Change of an application: the status by the employer, cover letter and withdrawal by the applicant."""

    # Applied in this order: the cover letter while the status still allows it.
    cover_letter = BlankableTextField(max_length=COVER_LETTER_LENGTH)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
