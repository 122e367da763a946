"""Applications as JSON."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.models import JobSeeker, full_name
from anywork.api.fields import BlankableTextField, UUIDField
from anywork.api.serializers import ModelSerializer, RowListSerializer
from applications.models import Application, Status
from jobs.models import Job
from resumes.models import Resume
from resumes.serializers import SignedURLField
from resumes.signed_links import SignedLinks

COVER_LETTER_LENGTH = 10_000


class ApplicationSerializer(ModelSerializer[Application]):
    """An application, with the keys alone of what belongs to it.

    Of a withdrawn one, everybody but the applicant sees neither letter, contact details nor file.
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
        return self.as_seen(super().to_representation(instance), applicant=instance.job_seeker_id)

    def as_seen(self, body: dict[str, Any], *, applicant: UUID | None) -> dict[str, Any]:
        """Return `body`, without what the applicant took back unless that is who looks."""
        if body["status"] == Status.WITHDRAWN and applicant != self.context["request"].user.pk:
            self.redact(body)
        return body

    def redact(self, body: dict[str, Any]) -> None:
        """Take out what the applicant took back."""
        body["cover_letter"] = ""


class ApplicantSerializer(ModelSerializer[JobSeeker]):
    """Who applied."""

    full_name = serializers.CharField(read_only=True)
    email = serializers.CharField(source="user.email", read_only=True, help_text='"" once withdrawn.')

    class Meta:
        model = JobSeeker
        fields = ("first_name", "last_name", "full_name", "phone_number", "email")


class SubmittedResumeSerializer(ModelSerializer[Resume]):
    """What was submitted."""

    file_url = SignedURLField()

    class Meta:
        model = Resume
        fields = ("resume_id", "file_url", "file_name", "uploaded_at")


class JobSummarySerializer(ModelSerializer[Job]):
    """What was applied to."""

    company_name = serializers.CharField(read_only=True)

    class Meta:
        model = Job
        fields = ("title", "company_name")


class ApplicationListSerializer(RowListSerializer):
    """Applications with their details."""

    # Of rows of these, since the models and serializers of each application, its applicant, resume, job and company
    # would make the whole answer take more than twice as long. Whoever shows more adds it in three places: to the
    # serializer, to these and to `_show`; the tests compare.
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
        return [self.child.as_seen(_show(row, links), applicant=row["job_seeker"]) for row in rows]


def _show(row: dict[str, Any], links: SignedLinks) -> dict[str, Any]:
    """Return what ApplicationDetailsSerializer shows, before anything is redacted."""
    # Of an account that is erased, applicant's or employer's, the columns are NULL.
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
            "file_url": links.to(row["resume"]),
            "file_name": row["resume__file_name"],
            "uploaded_at": row["resume__uploaded_at"],
        },
        "job_details": {"title": row["job__title"], "company_name": row["job__employer__company_name"] or ""},
    }


class ApplicationDetailsSerializer(ApplicationSerializer):
    """An application with what a person wants to read beside it."""

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
    """What a job seeker sends to apply."""

    job_seeker = UUIDField(required=False, help_text="The caller, if given at all.")
    job = UUIDField(help_text="An open job.")
    resume = UUIDField(help_text="A resume of the caller's.")
    cover_letter = BlankableTextField(max_length=COVER_LETTER_LENGTH, default="")


class ApplicationUpdateSerializer(serializers.Serializer[Any]):
    """What can be changed: the status by the employer, the letter and the withdrawal by the applicant."""

    # In the order in which they are applied: the letter while the status still allows it.
    cover_letter = BlankableTextField(max_length=COVER_LETTER_LENGTH)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
