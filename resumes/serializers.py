"""Serializers of resumes."""

from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Employer
from anywork.api.fields import UUIDField
from anywork.api.serializers import ModelSerializer
from resumes.models import Resume, ResumeAccess
from resumes.signed_links import SignedLinks


@extend_schema_field({"type": "string", "format": "uri"})
class SignedURLField(serializers.Field[Resume, Any, str, Any]):
    """Absolute, signed URL of a resume's file, which opens for a limited time without a token."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "*", "read_only": True, **kwargs})

    @cached_property
    def _links(self) -> SignedLinks:
        # One instance for all rows of a list.
        return SignedLinks(self.context["request"])

    def to_representation(self, value: Resume) -> str:
        return self._links.url(value.pk)


class ResumeSerializer(ModelSerializer[Resume]):
    """A resume with a signed link to its file."""

    file_path = SignedURLField()

    class Meta:
        model = Resume
        fields = ("resume_id", "file_path", "checksum", "uploaded_at", "job_seeker")
        read_only_fields = fields


class ResumeAccessSerializer(serializers.ModelSerializer[ResumeAccess]):
    """Access to a resume's file."""

    opened_by = serializers.SerializerMethodField(
        help_text="The company name, or `an employer`, `an administrator` or `a deleted account`."
    )
    employer = serializers.SerializerMethodField(help_text="The id of the employer, or null.")
    by_link = serializers.BooleanField(
        read_only=True, help_text="Opened by a link that was signed for this user, who may have shared it."
    )

    class Meta:
        model = ResumeAccess
        fields = ("access_id", "opened_at", "opened_by", "employer", "by_link")
        read_only_fields = fields

    def get_opened_by(self, access: ResumeAccess) -> str:
        if access.actor is None:
            return "a deleted account"
        company = _company(access)
        # Other users than employers and administrators cannot open the resumes of others.
        return (company.company_name or "an employer") if company else "an administrator"

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_employer(self, access: ResumeAccess) -> str | None:
        company = _company(access)
        return str(company.pk) if company else None


def _company(access: ResumeAccess) -> Employer | None:
    is_staff = access.actor is not None and access.actor.is_staff
    return None if is_staff else getattr(access.actor, "employer", None)


@extend_schema_field({"type": "string", "example": ""})
class CallerField(UUIDField):
    """Optional id of the caller; without a format, because Swagger UI fills forms with the example, which is empty."""


class ResumeUploadSerializer(serializers.Serializer[Any]):
    """Upload of a PDF (multipart)."""

    file_path = serializers.FileField(allow_empty_file=True, use_url=False)
    job_seeker = CallerField(required=False, help_text="Optional; the caller.")
