"""Resumes as JSON."""

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
    """The absolute URL of a resume's file, signed so that it opens for a while without a token."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "*", "read_only": True, **kwargs})

    @cached_property
    def _links(self) -> SignedLinks:
        # A list shows all its rows by this one field.
        return SignedLinks(self.context["request"])

    def to_representation(self, value: Resume) -> str:
        return self._links.to(value.pk)


class ResumeSerializer(ModelSerializer[Resume]):
    """A resume, with a link to its file."""

    file_path = SignedURLField()

    class Meta:
        model = Resume
        fields = ("resume_id", "file_path", "checksum", "uploaded_at", "job_seeker")
        read_only_fields = fields


class ResumeAccessSerializer(serializers.ModelSerializer[ResumeAccess]):
    """Who opened a resume, and when."""

    opened_by = serializers.SerializerMethodField(
        help_text="The company's name; administrators and deleted accounts are called just that."
    )
    employer = serializers.SerializerMethodField(help_text="The company's id; null when it was none.")
    by_link = serializers.BooleanField(
        read_only=True, help_text="By a link that was made for this viewer, who may have passed it on."
    )

    class Meta:
        model = ResumeAccess
        fields = ("access_id", "opened_at", "opened_by", "employer", "by_link")
        read_only_fields = fields

    def get_opened_by(self, access: ResumeAccess) -> str:
        if access.actor is None:
            return "a deleted account"
        company = _company(access)
        # Only administrators open what others have without being the company that it was submitted to.
        return (company.company_name or "an employer") if company else "an administrator"

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_employer(self, access: ResumeAccess) -> str | None:
        company = _company(access)
        return str(company.pk) if company else None


def _company(access: ResumeAccess) -> Employer | None:
    is_staff = access.actor is not None and access.actor.is_staff
    return None if is_staff else getattr(access.actor, "employer", None)


@extend_schema_field({"type": "string", "format": "uuid", "example": ""})
class CallerField(UUIDField):
    """Who is calling, which goes without saying: Swagger UI fills forms with examples, so it leaves this one empty."""


class ResumeUploadSerializer(serializers.Serializer[Any]):
    """A PDF to upload (multipart)."""

    file_path = serializers.FileField(allow_empty_file=True, use_url=False)
    job_seeker = CallerField(required=False, help_text="The caller, if given at all.")
