"""Applications as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.models import JobSeeker
from anywork.api.fields import BlankableTextField, UUIDField
from anywork.api.serializers import ModelSerializer
from applications.models import Application, Status
from jobs.models import Job
from resumes.models import Resume
from resumes.serializers import SignedURLField

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
        body = super().to_representation(instance)
        if instance.status == Status.WITHDRAWN and instance.job_seeker_id != self.context["request"].user.pk:
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
