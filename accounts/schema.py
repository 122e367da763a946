"""How accounts, profiles and skills read in the OpenAPI schema."""

from functools import partial
from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.drainage import set_override
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError

from accounts.authentication import JWTAuthentication
from accounts.backoff import SignInClosed
from accounts.models import Skill
from accounts.serializers import (
    EmailChangeSerializer,
    ErasureSerializer,
    GoogleLinkSerializer,
    GoogleLoginSerializer,
    LinkSerializer,
    LoginSerializer,
    PasswordChangeSerializer,
    PasswordResetConfirmSerializer,
    PasswordResetSerializer,
    RefreshTokenSerializer,
    RegistrationSerializer,
    RoleChoiceSerializer,
    SessionSerializer,
    UserSerializer,
)
from accounts.services import (
    GOOGLE_ACCOUNT_CONFLICT,
    GOOGLE_ACCOUNT_TAKEN,
    GOOGLE_LINK_REQUIRED,
    OTHER_ACCOUNT,
    SIGN_IN_TO_CONFIRM,
)
from accounts.tokens import REFRESH_TOKEN_USED, SESSION_ENDED
from anywork.api.exceptions import AlreadyExists, Conflict, ServiceUnavailable, Unauthorized
from anywork.api.schema import documented, operation


class AccessTokenScheme(SimpleJWTScheme):
    """The Authorize button, named after the key that its value is found under."""

    target_class = "accounts.authentication.JWTAuthentication"
    match_subclasses = True
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `accessToken` that POST /api/auth/login/ answers, without the word Bearer.",
        }


# One scheme for the authentication of private and of public endpoints.
set_override(JWTAuthentication, "suppress_collision_warning", True)  # noqa: FBT003

# --- Examples ---------------------------------------------------------------------------------------------------------

USER = {
    "user_id": "8b6c295a-4eaa-47f5-964e-6c2efeb35ed5",
    "email": "testuser@gmail.com",
    "role": "job_seeker",
    "created_at": "2030-03-02T16:11:51.378291Z",
    "updated_at": "2030-03-02T16:11:51.378629Z",
}
GOOGLE_USER = {
    "user_id": "c95b0b81-e7b2-41f4-b09b-0ee416d988f9",
    "email": "jubriltayo@gmail.com",
    "role": "",
    "created_at": "2030-03-01T14:23:28.453365Z",
    "updated_at": "2030-03-01T14:23:28.664644Z",
}
CREDENTIALS = {"email": "testuser@gmail.com", "password": "testing321"}
TOKENS = {
    "accessToken": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...",
    "refreshToken": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...",
}
JOB_SEEKER_INPUT = {"first_name": "Ben", "last_name": "Carson", "phone_number": "080444555666"}
JOB_SEEKER = {"user": "34a64143-12d2-4932-8259-5613e1e27eec", **JOB_SEEKER_INPUT}
EMPLOYER_INPUT = {
    "company_name": "Microsoft",
    "company_description": "A tech company",
    "website": "https://www.microsoft.com",
}
EMPLOYER = {"user": "b7ff1ac5-a3e6-4707-9ee3-863ff6382abd", **EMPLOYER_INPUT}
SKILL = {
    "skill_id": "f1ad5a15-4ba0-4a62-bb49-cc8bf1715253",
    "name": "Django",
    "user": "9a6a44cd-d90d-4418-856f-7b192d3bb3c5",
}
ANOTHER_SKILL = {**SKILL, "skill_id": "75418398-9387-4fff-9228-719dda982d0b", "name": "Python"}

SESSION = {
    "session_id": "6f0f1c5e-2f4b-4a56-9f8b-0f7f3f1f2b11",
    "device": "Firefox on Linux",
    "address": "203.0.113.0/24",
    "created_at": "2030-03-02T16:12:08.114207Z",
    "last_used_at": "2030-03-04T08:40:31.905113Z",
    "is_current": True,
}
GOOGLE_CODE = "4/0AQSTgQENJgEcYjxIMw9ceWcDIjQlzuKkcRsbiZKzsS9cssu48V0Y9Rk8W_UMI9Vblou3Vg"
LINK = {"uid": USER["user_id"], "token": "d8xq2v-0c1f6a2f5d7b4e1f8a9c3d2e6b5a4f10"}

# --- Sign-in ----------------------------------------------------------------------------------------------------------


def success(message: str, data: Any) -> dict[str, Any]:
    """Return the example of an answer of /api/auth/."""
    return {"status": "success", "message": message, "data": data}


def envelope(name: str, data: serializers.Field[Any, Any, Any, Any]) -> serializers.Serializer[Any]:
    """Return the shape of an answer of /api/auth/."""
    fields: dict[str, serializers.Field[Any, Any, Any, Any]] = {
        "status": serializers.ChoiceField(choices=["success"]),
        "message": serializers.CharField(help_text="For people."),
        "data": data,
    }
    return inline_serializer(name, fields)


_token_fields: dict[str, serializers.Field[Any, Any, Any, Any]] = {
    "accessToken": serializers.CharField(help_text="Goes into the Authorization header."),
    "refreshToken": serializers.CharField(help_text="Works once, at POST /api/auth/refresh/."),
}
USER_ENVELOPE = envelope("UserEnvelope", inline_serializer("UserData", {"user": UserSerializer()}))
SIGN_IN_ENVELOPE = envelope(
    "SignInEnvelope", inline_serializer("SignInData", {**_token_fields, "user": UserSerializer()})
)
TOKENS_ENVELOPE = envelope("TokensEnvelope", inline_serializer("TokensData", dict(_token_fields)))
EMPTY_ENVELOPE = envelope("EmptyEnvelope", serializers.DictField(help_text="Always empty."))

register_documented = documented(
    "Login",
    post=operation(
        request=RegistrationSerializer,
        responses={201: USER_ENVELOPE},
        body={**CREDENTIALS, "role": "job_seeker"},
        response=success("User registered successfully", {"user": USER}),
        errors=(
            ValidationError({"email": ["A user with this email address already exists."]}),
            ValidationError({"password": ["This password is too common.", "This password is entirely numeric."]}),
        ),
    ),
)

login_documented = documented(
    "Login",
    post=operation(
        request=LoginSerializer,
        responses={200: SIGN_IN_ENVELOPE},
        body=CREDENTIALS,
        response=success("Login successful", {**TOKENS, "user": USER}),
        errors=(
            Unauthorized("The email address or the password is wrong.", "invalid_credentials"),
            SignInClosed(wait=60),
        ),
    ),
)

google_documented = documented(
    "Login",
    post=operation(
        request=GoogleLoginSerializer,
        responses={200: SIGN_IN_ENVELOPE},
        body={"code": GOOGLE_CODE},
        response=success("Login successful", {**TOKENS, "user": GOOGLE_USER}),
        errors=(
            Unauthorized("Google did not accept this code. Start again.", "invalid_google_code"),
            PermissionDenied("Google has not verified the email address of this account.", "google_email_unverified"),
            Conflict(GOOGLE_LINK_REQUIRED, "google_link_required"),
            Conflict(GOOGLE_ACCOUNT_CONFLICT, "google_account_conflict"),
            ServiceUnavailable("Sign-in with Google is not configured here.", "google_not_configured"),
            ServiceUnavailable("Google cannot be reached at the moment. Please try again.", "google_unavailable"),
        ),
    ),
)

google_link_documented = documented(
    "Account",
    post=operation(
        request=GoogleLinkSerializer,
        responses={200: USER_ENVELOPE},
        body={"password": CREDENTIALS["password"], "code": GOOGLE_CODE},
        response=success("Google account linked", {"user": USER}),
        errors=(
            ValidationError({"password": ["The password is wrong."]}),
            ValidationError({"code": ["Google did not accept this code. Start again."]}),
            PermissionDenied("Google has not verified the email address of this account.", "google_email_unverified"),
            Conflict(GOOGLE_ACCOUNT_TAKEN, "google_account_conflict"),
            ServiceUnavailable("Sign-in with Google is not configured here.", "google_not_configured"),
        ),
    ),
)

refresh_documented = documented(
    "Login",
    post=operation(
        request=RefreshTokenSerializer,
        responses={200: TOKENS_ENVELOPE},
        body={"refreshToken": TOKENS["refreshToken"]},
        response=success("Token refreshed", TOKENS),
        errors=(
            Unauthorized(),
            Unauthorized(REFRESH_TOKEN_USED, "refresh_token_used"),
            Unauthorized(SESSION_ENDED, "session_ended"),
        ),
    ),
)

logout_documented = documented(
    "Login",
    post=operation(
        request=inline_serializer("Logout", {"refreshToken": serializers.CharField(required=False)}),
        responses={200: EMPTY_ENVELOPE},
        body={"refreshToken": TOKENS["refreshToken"]},
        response=success("Logged out", {}),
        errors=(
            Unauthorized(),
            ValidationError({"refreshToken": ["This field is required."]}),
        ),
    ),
)

logout_all_documented = documented(
    "Login",
    post=operation(
        request=None,
        responses={200: EMPTY_ENVELOPE},
        response=success("Logged out everywhere", {}),
    ),
)

sessions_documented = documented(
    "Account",
    get=operation(
        operation_id="auth_sessions_list",
        request=None,
        responses={200: envelope("SessionsEnvelope", SessionSerializer(many=True))},
        response=success("Your sessions", [SESSION]),
    ),
)

session_documented = documented(
    "Account",
    delete=operation(
        parameters=[
            OpenApiParameter("session_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The session's id.")
        ],
        request=None,
        responses={204: None},
    ),
)

_wrong_password = ValidationError({"password": ["The password is wrong."]})
_weak_password = ValidationError({"new_password": ["This password is too common."]})
_bad_link = ValidationError({"token": ["This link was used already or has expired. Ask for another one."]})

password_change_documented = documented(
    "Account",
    post=operation(
        request=PasswordChangeSerializer,
        responses={200: TOKENS_ENVELOPE},
        body={"current_password": "testing321", "new_password": "correct-horse-42"},
        response=success("Password changed", TOKENS),
        errors=(ValidationError({"current_password": ["The password is wrong."]}), _weak_password),
    ),
)

password_reset_documented = documented(
    "Account",
    post=operation(
        request=PasswordResetSerializer,
        responses={200: EMPTY_ENVELOPE},
        body={"email": CREDENTIALS["email"]},
        response=success("If somebody signs in with this address, a link is on its way to it.", {}),
    ),
)

password_reset_confirm_documented = documented(
    "Account",
    post=operation(
        request=PasswordResetConfirmSerializer,
        responses={200: EMPTY_ENVELOPE},
        body={**LINK, "new_password": "correct-horse-42"},
        response=success("Password set. Log in with it.", {}),
        errors=(_bad_link, _weak_password),
    ),
)

email_verification_documented = documented(
    "Account",
    post=operation(
        request=None,
        responses={200: EMPTY_ENVELOPE},
        response=success("A link is on its way, unless your address is verified already.", {}),
    ),
)

email_verification_confirm_documented = documented(
    "Account",
    post=operation(
        request=LinkSerializer,
        responses={200: EMPTY_ENVELOPE},
        body=LINK,
        response=success("Address confirmed", {}),
        errors=(
            _bad_link,
            Unauthorized(SIGN_IN_TO_CONFIRM, "sign_in_to_confirm"),
            PermissionDenied(OTHER_ACCOUNT, "other_account"),
        ),
    ),
)

email_change_documented = documented(
    "Account",
    patch=operation(
        request=EmailChangeSerializer,
        responses={200: EMPTY_ENVELOPE},
        body={"email": "new@example.com", "password": CREDENTIALS["password"]},
        response=success("A link is on its way to the new address.", {}),
        errors=(
            ValidationError({"email": ["A user with this email address already exists."]}),
            _wrong_password,
        ),
    ),
)

export_documented = documented(
    "Account",
    get=operation(
        operation_id="auth_me_export",
        request=None,
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    ),
)

me_documented = documented(
    "Account",
    get=operation(
        request=None,
        responses={200: USER_ENVELOPE},
        response=success("Your account", {"user": USER}),
    ),
    patch=operation(
        request=RoleChoiceSerializer,
        responses={200: USER_ENVELOPE},
        body={"role": "job_seeker"},
        response=success("Role chosen", {"user": {**GOOGLE_USER, "role": "job_seeker"}}),
        errors=(ValidationError({"role": ["The role was chosen already and cannot be changed."]}),),
    ),
    delete=operation(
        request=ErasureSerializer,
        responses={204: None},
        body={"password": CREDENTIALS["password"]},
        errors=(_wrong_password, ValidationError({"code": ["This is another Google account."]})),
    ),
)

# --- Profiles ---------------------------------------------------------------------------------------------------------

job_seekers_documented = documented(
    "Job seekers",
    noun="job seeker",
    list=operation(
        "Job seekers find themselves, employers those who applied to their jobs, administrators all. Newest first.",
        response=[JOB_SEEKER],
    ),
    retrieve=operation(
        "The profile of a job seeker that the caller may know of.",
        response=JOB_SEEKER,
    ),
    update=operation(
        'Replaces the profile. `user` is ignored; `phone_number` is free text and may be "" or null.',
        body=JOB_SEEKER_INPUT,
        response=JOB_SEEKER,
    ),
    partial_update=operation(
        "Changes the given fields only.",
        body={"phone_number": "080444555666"},
        response=JOB_SEEKER,
    ),
)

employers_documented = documented(
    "Employers",
    noun="employer",
    list=operation("Every company's card. Newest first.", response=[EMPLOYER]),
    retrieve=operation("A company's card.", response=EMPLOYER),
    update=operation(
        'Replaces the card; for its owner. `user` is ignored; description and website may be "" or null.',
        body=EMPLOYER_INPUT,
        response=EMPLOYER,
    ),
    partial_update=operation(
        "Changes the given fields only; for the card's owner.",
        body={"website": "https://www.microsoft.com"},
        response=EMPLOYER,
    ),
)

# --- Skills -----------------------------------------------------------------------------------------------------------

_naming_a_skill = partial(
    operation,
    body={"name": "Django"},
    response=SKILL,
    errors=(AlreadyExists("You have this skill already.", Skill(pk=SKILL["skill_id"])),),
)

skills_documented = documented(
    "Skills",
    noun="skill",
    list=operation(
        "Job seekers find their own, employers those of their applicants. By name.",
        response=[SKILL, ANOTHER_SKILL],
    ),
    create=_naming_a_skill(
        "Adds a skill to the caller, who is a job seeker. Names are unique for each person without regard to case.",
    ),
    retrieve=operation("A skill of somebody whom the caller may know of.", response=SKILL),
    update=_naming_a_skill("Renames a skill of one's own."),
    partial_update=_naming_a_skill("Renames a skill of one's own; an empty body changes nothing."),
    destroy=operation("Removes a skill of one's own."),
)
