"""Resumes as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from anywork.api.fields import UUIDField
from anywork.api.serializers import ModelSerializer
from resumes.links import signed_url
from resumes.models import Resume


@extend_schema_field({"type": "string", "format": "uri"})
class SignedURLField(serializers.Field[Resume, Any, str, Any]):
    """The absolute URL of a resume's file, signed so that it opens for a while without a token."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "*", "read_only": True, **kwargs})

    def to_representation(self, value: Resume) -> str:
        return signed_url(value, self.context["request"])


class ResumeSerializer(ModelSerializer[Resume]):
    """A resume, with a link to its file."""

    file_path = SignedURLField()

    class Meta:
        model = Resume
        fields = ("resume_id", "file_path", "checksum", "uploaded_at", "job_seeker")
        read_only_fields = fields


@extend_schema_field({"type": "string", "format": "uuid", "example": ""})
class CallerField(UUIDField):
    """Who is calling, which goes without saying: Swagger UI fills forms with examples, so it leaves this one empty."""


class ResumeUploadSerializer(serializers.Serializer[Any]):
    """A PDF to upload (multipart)."""

    file_path = serializers.FileField(allow_empty_file=True, use_url=False)
    job_seeker = CallerField(required=False, help_text="The caller, if given at all.")
