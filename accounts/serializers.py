"""Accounts as JSON."""

from typing import Any

from rest_framework import serializers

from accounts.models import Employer, JobSeeker, Session, Skill, User
from anywork.api.fields import (
    BlankableLineField,
    BlankableNameField,
    BlankableTextField,
    BlankableURLField,
    EmailField,
    LineField,
    NameField,
    UUIDField,
)
from anywork.api.serializers import ModelSerializer

# Administrators are made by administrators alone.
OPEN_ROLES = [(role.value, role.label) for role in (User.Role.JOB_SEEKER, User.Role.EMPLOYER)]


class UserSerializer(ModelSerializer[User]):
    """A user, as its owner sees it."""

    role = serializers.ChoiceField(
        choices=User.Role.choices, allow_blank=True, read_only=True, help_text='"" until its owner has chosen one.'
    )

    class Meta:
        model = User
        fields = ("user_id", "email", "role", "created_at", "updated_at")
        read_only_fields = fields


class JobSeekerSerializer(ModelSerializer[JobSeeker]):
    """A job seeker's profile."""

    first_name = NameField(max_length=100)
    last_name = NameField(max_length=100)
    phone_number = BlankableLineField(max_length=32)

    class Meta:
        model = JobSeeker
        fields = ("user", "first_name", "last_name", "phone_number")
        read_only_fields = ("user",)


class EmployerSerializer(ModelSerializer[Employer]):
    """A company's card."""

    company_name = NameField(max_length=255)
    company_description = BlankableTextField(max_length=5_000)
    website = BlankableURLField(max_length=200)

    class Meta:
        model = Employer
        fields = ("user", "company_name", "company_description", "website")
        read_only_fields = ("user",)


class SkillSerializer(ModelSerializer[Skill]):
    """A skill of the caller's."""

    name = NameField(max_length=100)

    class Meta:
        model = Skill
        fields = ("skill_id", "name", "user")
        read_only_fields = ("skill_id", "user")


class OpenRoleField(serializers.ChoiceField):
    """A role that people may give themselves."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=OPEN_ROLES, **kwargs)


class PasswordField(LineField):
    """A password, to the letter."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=128, trim_whitespace=False, write_only=True, **kwargs)


class RegistrationSerializer(serializers.Serializer[Any]):
    """What a new user sends."""

    email = EmailField(max_length=254)
    password = PasswordField()
    role = OpenRoleField()
    first_name = BlankableNameField(max_length=100)
    last_name = BlankableNameField(max_length=100)
    phone_number = BlankableLineField(max_length=32)
    company_name = BlankableNameField(max_length=255)


class LoginSerializer(serializers.Serializer[Any]):
    """What somebody sends to sign in."""

    email = LineField(max_length=254)
    password = PasswordField()


class GoogleLoginSerializer(serializers.Serializer[Any]):
    """What the client got back from Google's consent page."""

    code = LineField(max_length=2_048)
    redirect_uri = LineField(max_length=2_048, required=False)
    code_verifier = LineField(max_length=128, required=False)


class RefreshTokenSerializer(serializers.Serializer[Any]):
    """The refresh token that a client keeps."""

    refreshToken = LineField(max_length=4_096)  # noqa: N815 - the documented key


class RoleChoiceSerializer(serializers.Serializer[Any]):
    """The role that a user who came by Google chooses, once."""

    role = OpenRoleField()


class SessionSerializer(ModelSerializer[Session]):
    """A sign-in on a device."""

    device = serializers.CharField(read_only=True, help_text='In words; "" if it did not say.')
    address = serializers.CharField(read_only=True, help_text="From where it was last used: the network alone.")
    is_current = serializers.SerializerMethodField(help_text="The one that asks.")

    class Meta:
        model = Session
        fields = ("session_id", "device", "address", "created_at", "last_used_at", "is_current")
        read_only_fields = fields

    def get_is_current(self, session: Session) -> bool:
        return str(session.pk) == self.context["session_id"]


class PasswordChangeSerializer(serializers.Serializer[Any]):
    """The password that was, and the one that shall be."""

    current_password = PasswordField()
    new_password = PasswordField()


class PasswordResetSerializer(serializers.Serializer[Any]):
    """Whose password is to be set anew."""

    email = EmailField(max_length=254)


class LinkSerializer(serializers.Serializer[Any]):
    """What the link in a mail carries."""

    uid = UUIDField()
    token = LineField(max_length=128)


class PasswordResetConfirmSerializer(LinkSerializer):
    """The same, with the password that shall be."""

    new_password = PasswordField()


class GoogleLinkSerializer(GoogleLoginSerializer):
    """The password of the account, and what the client got back from Google's consent page."""

    password = PasswordField()


class OwnPasswordSerializer(serializers.Serializer[Any]):
    """What its owner confirms a change of the account by."""

    password = PasswordField()


class ErasureSerializer(GoogleLoginSerializer):
    """What its owner confirms the end of an account by: a password, or Google's code where there is none."""

    password = PasswordField(required=False)
    code = LineField(max_length=2_048, required=False)


class EmailChangeSerializer(ErasureSerializer):
    """A new email address, with what its owner confirms it by."""

    email = EmailField(max_length=254)
