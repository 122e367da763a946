"""Serializers of accounts."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from accounts.models import (
    LAST_HOUR,
    MAX_DECISION_HOLD_MINUTES,
    BlockedEmployer,
    Employer,
    JobSeeker,
    MutedEmployer,
    Role,
    Session,
    Skill,
    User,
)
from anywork.api.fields import (
    BlankableLineField,
    BlankableNameField,
    BlankableTextField,
    BlankableURLField,
    EmailField,
    LineField,
    NameField,
    StringMixin,
    UUIDField,
)
from anywork.api.serializers import ModelSerializer

UNKNOWN_TIME_ZONE = "Enter a time zone of the IANA database, such as Africa/Lagos."

# Only administrators create administrators.
OPEN_ROLES = [(role.value, role.label) for role in (Role.JOB_SEEKER, Role.EMPLOYER)]


class UserSerializer(ModelSerializer[User]):
    """User, for its owner."""

    role = serializers.ChoiceField(
        choices=Role.choices, allow_blank=True, read_only=True, help_text='"" until the user has chosen one.'
    )

    class Meta:
        model = User
        fields = ("user_id", "email", "role", "created_at", "updated_at")
        read_only_fields = fields


class JobSeekerSerializer(ModelSerializer[JobSeeker]):
    """Profile of a job seeker."""

    first_name = NameField(max_length=100)
    last_name = NameField(max_length=100)
    phone_number = BlankableLineField(max_length=32)

    class Meta:
        model = JobSeeker
        fields = ("user", "first_name", "last_name", "phone_number")
        read_only_fields = ("user",)


class EmployerSerializer(ModelSerializer[Employer]):
    """Public profile of a company."""

    company_name = NameField(max_length=255)
    company_description = BlankableTextField(max_length=5_000)
    website = BlankableURLField(max_length=200)

    class Meta:
        model = Employer
        fields = ("user", "company_name", "company_description", "website")
        read_only_fields = ("user",)


class EmployerSettingsSerializer(ModelSerializer[Employer]):
    """Settings of an employer."""

    decision_hold_minutes = serializers.IntegerField(
        min_value=0,
        max_value=MAX_DECISION_HOLD_MINUTES,
        allow_null=True,
        help_text="Until then, a rejection may be taken back. 0 tells at once.",
    )

    class Meta:
        model = Employer
        fields = ("decision_hold_minutes",)

    def update(self, instance: Employer, validated_data: dict[str, Any]) -> Employer:
        # Nothing else: another request may be changing the profile, or erasing the account.
        Employer.objects.filter(pk=instance.pk).update(**validated_data)
        instance.decision_hold_minutes = validated_data["decision_hold_minutes"]
        return instance


# Linux has these beside the names of IANA: the first is the server's own.
_NO_ZONES = {"localtime", "Factory"}


@cache
def _time_zones() -> frozenset[str]:
    """Return the names of the IANA database, which are read from some 600 files."""
    return frozenset(available_timezones() - _NO_ZONES)


class SettingsSerializer(ModelSerializer[User]):
    """Settings of the caller."""

    time_zone = LineField(max_length=64, help_text="A name of the IANA database, such as Africa/Lagos.")
    alert_hour = serializers.IntegerField(
        min_value=0, max_value=LAST_HOUR, help_text="The local hour of emails about new jobs."
    )

    class Meta:
        model = User
        fields = ("time_zone", "alert_hour")

    def validate_time_zone(self, value: str) -> str:
        if value not in _time_zones():
            raise serializers.ValidationError(UNKNOWN_TIME_ZONE)
        return value


class RefusedEmployerSerializer(ModelSerializer[Any]):
    """Base of blocked and muted employers."""

    company_name = serializers.CharField(source="employer.company_name", read_only=True)


class BlockedEmployerSerializer(RefusedEmployerSerializer):
    """An employer that the caller has blocked."""

    blocked_at = serializers.DateTimeField(source="since", read_only=True)

    class Meta:
        model = BlockedEmployer
        fields = ("employer", "company_name", "blocked_at")


class MutedEmployerSerializer(RefusedEmployerSerializer):
    """An employer that the caller has muted."""

    muted_at = serializers.DateTimeField(source="since", read_only=True)

    class Meta:
        model = MutedEmployer
        fields = ("employer", "company_name", "muted_at")


class SkillSerializer(ModelSerializer[Skill]):
    """Skill of a job seeker."""

    name = NameField(max_length=100)

    class Meta:
        model = Skill
        fields = ("skill_id", "name", "user")
        read_only_fields = ("skill_id", "user")


class SkillQuerySerializer(serializers.Serializer[Any]):
    """What was typed of a skill."""

    q = BlankableLineField(max_length=100, default="", help_text="At least two letters; fewer give no suggestions.")


class SkillSuggestionsSerializer(serializers.Serializer[Any]):
    """Skills that several users have."""

    names = serializers.ListField(child=serializers.CharField())


class OpenRoleField(serializers.ChoiceField):
    """Role that users may choose."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=OPEN_ROLES, **kwargs)


class PasswordField(StringMixin, serializers.CharField):
    """Password, verbatim."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=128, trim_whitespace=False, write_only=True, **kwargs)


class RegistrationSerializer(serializers.Serializer[Any]):
    """Body of a registration."""

    email = EmailField(max_length=254)
    password = PasswordField()
    role = OpenRoleField()
    first_name = BlankableNameField(max_length=100)
    last_name = BlankableNameField(max_length=100)
    phone_number = BlankableLineField(max_length=32)
    company_name = BlankableNameField(max_length=255)
    terms_version = BlankableLineField(
        max_length=32, help_text="Version of the terms of use that the user accepts, where the site requires it."
    )


class TermsSerializer(serializers.Serializer[Any]):
    """Version of the terms of use that the user accepts."""

    version = LineField(max_length=32)


class CredentialsSerializer(serializers.Serializer[Any]):
    """Email address and password."""

    email = LineField(max_length=254)
    password = PasswordField()


class LoginSerializer(CredentialsSerializer):
    """Body of a login."""

    otp = LineField(
        max_length=32,
        required=False,
        allow_blank=True,
        help_text="Code of the authenticator app, or a recovery code, of administrators where the site requires it.",
    )


class GoogleLoginSerializer(serializers.Serializer[Any]):
    """Response of Google's consent page to the client."""

    code = LineField(max_length=2_048)
    redirect_uri = LineField(max_length=2_048, required=False)
    code_verifier = LineField(max_length=128, required=False)


class RefreshTokenSerializer(serializers.Serializer[Any]):
    """Body with a refresh token."""

    refreshToken = LineField(max_length=4_096)  # noqa: N815 - the documented key


class RoleChoiceSerializer(serializers.Serializer[Any]):
    """Role of a user who registered with Google."""

    role = OpenRoleField()


class SessionSerializer(ModelSerializer[Session]):
    """Session of the caller."""

    device = serializers.CharField(read_only=True, help_text='Name of the device; "" if unknown.')
    address = serializers.CharField(read_only=True, help_text="Network of its latest use.")
    is_current = serializers.SerializerMethodField(help_text="Whether this request belongs to it.")

    class Meta:
        model = Session
        fields = ("session_id", "device", "address", "created_at", "last_used_at", "is_current")
        read_only_fields = fields

    def get_is_current(self, session: Session) -> bool:
        return str(session.pk) == self.context["session_id"]


class PasswordChangeSerializer(serializers.Serializer[Any]):
    """Current and new password."""

    current_password = PasswordField()
    new_password = PasswordField()


class PasswordResetSerializer(serializers.Serializer[Any]):
    """Body of a request for a password reset."""

    email = EmailField(max_length=254)


class LinkSerializer(serializers.Serializer[Any]):
    """Parameters of a one-time link."""

    uid = UUIDField()
    token = LineField(max_length=128)


class PasswordResetConfirmSerializer(LinkSerializer):
    """Parameters of a one-time link, and the new password."""

    new_password = PasswordField()


class GoogleLinkSerializer(GoogleLoginSerializer):
    """Password of the account, and the response of Google's consent page."""

    password = PasswordField()


class OwnPasswordSerializer(serializers.Serializer[Any]):
    """Password of the caller."""

    password = PasswordField()


class ErasureSerializer(GoogleLoginSerializer):
    """Password, or Google's code if the account has no password."""

    password = PasswordField(required=False)
    code = LineField(max_length=2_048, required=False)


class EmailChangeSerializer(ErasureSerializer):
    """New email address, with the password or Google's code."""

    email = EmailField(max_length=254)
