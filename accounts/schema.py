"""Examples and errors of accounts in the OpenAPI schema."""

from functools import partial
from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.drainage import set_override
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.serializers import CharField, ChoiceField, DictField, Field

from accounts import exceptions, serializers, services
from accounts.authentication import JWTAuthentication
from accounts.models import Employer, Skill
from accounts.serializers import SkillQuerySerializer, SkillSuggestionsSerializer
from anywork.api.exceptions import LimitReached, Unauthorized
from anywork.api.schema import documented, operation


class AccessTokenScheme(SimpleJWTScheme):
    """Scheme of the Authorize button, named after the key of its value."""

    target_class = "accounts.authentication.JWTAuthentication"
    match_subclasses = True
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `accessToken` that POST /api/auth/login/ returns, without the word Bearer.",
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
TERMS_VERSION = "2030-01"
CREDENTIALS = {"email": "testuser@gmail.com", "password": "testing321"}
TOKENS = {
    "accessToken": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...",
    "refreshToken": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...",
}
JOB_SEEKER_INPUT = {"first_name": "Ben", "last_name": "Carson", "phone_number": "+234 804 445 5566"}
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

# --- Login and account ------------------------------------------------------------------------------------------------

REGISTERED = "User registered successfully"
RESET_REQUESTED = "If there is an account with this address, a link is sent to it."
RESET_DONE = "Password set. Log in with it."
VERIFICATION_REQUESTED = "A link is sent unless your address is verified already."
CHANGE_REQUESTED = "A link is sent to the new address."


def success(message: str, data: Any) -> dict[str, Any]:
    """Return the example of a response of /api/auth/."""
    return {"status": "success", "message": message, "data": data}


def envelope(name: str, data: Field[Any, Any, Any, Any]) -> Any:
    """Return the serializer of a response of /api/auth/."""
    status = ChoiceField(choices=["success"])
    return inline_serializer(name, {"status": status, "message": CharField(help_text="For people."), "data": data})


_tokens: dict[str, Field[Any, Any, Any, Any]] = {
    "accessToken": CharField(help_text="Sent as `Authorization: Bearer <accessToken>`."),
    "refreshToken": CharField(help_text="Works once, at POST /api/auth/refresh/."),
}
_user: dict[str, Field[Any, Any, Any, Any]] = {"user": serializers.UserSerializer()}
USER_ENVELOPE = envelope("UserEnvelope", inline_serializer("UserData", dict(_user)))
LOGIN_ENVELOPE = envelope("SignInEnvelope", inline_serializer("SignInData", _tokens | _user))
TOKENS_ENVELOPE = envelope("TokensEnvelope", inline_serializer("TokensData", dict(_tokens)))
EMPTY_ENVELOPE = envelope("EmptyEnvelope", DictField(help_text="Always empty."))

_returns_user = partial(operation, responses={200: USER_ENVELOPE})
_logs_in = partial(operation, responses={200: LOGIN_ENVELOPE})
_returns_tokens = partial(operation, responses={200: TOKENS_ENVELOPE})
_returns_nothing = partial(operation, responses={200: EMPTY_ENVELOPE})
_weak_password = "This password is too common."  # noqa: S105 - a message of Django

register_documented = documented(
    "Login",
    post=operation(
        request=serializers.RegistrationSerializer,
        responses={201: USER_ENVELOPE},
        body={**CREDENTIALS, "role": "job_seeker"},
        response=success(REGISTERED, {"user": USER}),
        errors=(
            exceptions.email_in_use(),
            ValidationError({"password": [_weak_password]}),
            exceptions.TermsRequired(TERMS_VERSION),
        ),
    ),
)
login_documented = documented(
    "Login",
    post=_logs_in(
        request=serializers.LoginSerializer,
        body=CREDENTIALS,
        response=success("Login successful", {**TOKENS, "user": USER}),
        errors=(
            exceptions.InvalidCredentials(),
            exceptions.OTPRequired(),
            exceptions.LoginClosed(wait=60),
        ),
    ),
)
google_documented = documented(
    "Login",
    post=_logs_in(
        request=serializers.GoogleLoginSerializer,
        body={"code": GOOGLE_CODE},
        response=success("Login successful", {**TOKENS, "user": GOOGLE_USER}),
        errors=(
            exceptions.GoogleCodeRefused(),
            exceptions.GoogleTokenRefused(),
            exceptions.GoogleEmailUnverified(),
            exceptions.OTPRequiredForGoogle(),
            exceptions.GoogleLinkRequired(),
            exceptions.GoogleAccountConflict(),
            exceptions.GoogleNotConfigured(),
            exceptions.GoogleUnavailable(),
        ),
    ),
)
google_link_documented = documented(
    "Account",
    post=_returns_user(
        request=serializers.GoogleLinkSerializer,
        body={"password": CREDENTIALS["password"], "code": GOOGLE_CODE},
        response=success("Google account linked", {"user": USER}),
        errors=(
            exceptions.wrong_password(),
            ValidationError({"code": [exceptions.GoogleCodeRefused.default_detail]}),
            exceptions.GoogleEmailUnverified(),
            exceptions.OTPRequiredForGoogle(),
            exceptions.GoogleAccountTaken(),
            exceptions.GoogleNotConfigured(),
        ),
    ),
)
refresh_documented = documented(
    "Login",
    post=_returns_tokens(
        request=serializers.RefreshTokenSerializer,
        body={"refreshToken": TOKENS["refreshToken"]},
        response=success("Token refreshed", TOKENS),
        errors=(Unauthorized(), exceptions.RefreshTokenUsed(), exceptions.SessionEnded()),
    ),
)
logout_documented = documented(
    "Login",
    post=_returns_nothing(
        request=inline_serializer("Logout", {"refreshToken": CharField(required=False)}),
        body={"refreshToken": TOKENS["refreshToken"]},
        response=success("Logged out", {}),
        errors=(
            Unauthorized(),
            exceptions.SessionEnded(),
            ValidationError({"refreshToken": ["This field is required."]}),
        ),
    ),
)
logout_all_documented = documented(
    "Login", post=_returns_nothing(request=None, response=success("Logged out everywhere", {}))
)
sessions_documented = documented(
    "Account",
    get=operation(
        operation_id="auth_sessions_list",
        request=None,
        responses={200: envelope("SessionsEnvelope", serializers.SessionSerializer(many=True))},
        response=success("Your sessions", [SESSION]),
    ),
)
_session_id = OpenApiParameter("session_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="Id of the session.")
session_documented = documented(
    "Account", delete=operation(parameters=[_session_id], request=None, responses={204: None})
)
password_change_documented = documented(
    "Account",
    post=_returns_tokens(
        request=serializers.PasswordChangeSerializer,
        body={"current_password": "testing321", "new_password": "correct-horse-42"},
        response=success("Password changed", TOKENS),
        errors=(exceptions.wrong_password("current_password"), ValidationError({"new_password": [_weak_password]})),
    ),
)
password_reset_documented = documented(
    "Account",
    post=_returns_nothing(
        request=serializers.PasswordResetSerializer,
        body={"email": CREDENTIALS["email"]},
        response=success(RESET_REQUESTED, {}),
    ),
)
password_reset_confirm_documented = documented(
    "Account",
    post=_returns_nothing(
        request=serializers.PasswordResetConfirmSerializer,
        body={**LINK, "new_password": "correct-horse-42"},
        response=success(RESET_DONE, {}),
        errors=(exceptions.invalid_link(), ValidationError({"new_password": [_weak_password]})),
    ),
)
email_verification_documented = documented(
    "Account",
    post=_returns_nothing(request=None, response=success(VERIFICATION_REQUESTED, {})),
)
email_verification_confirm_documented = documented(
    "Account",
    post=_returns_nothing(
        request=serializers.LinkSerializer,
        body=LINK,
        response=success("Address verified", {}),
        errors=(exceptions.invalid_link(), exceptions.LoginToConfirm(), exceptions.OtherAccount()),
    ),
)
email_change_documented = documented(
    "Account",
    patch=_returns_nothing(
        request=serializers.EmailChangeSerializer,
        body={"email": "new@example.com", "password": CREDENTIALS["password"]},
        response=success(CHANGE_REQUESTED, {}),
        errors=(exceptions.email_in_use(), exceptions.wrong_password()),
    ),
)
_SETTINGS = {"time_zone": "Africa/Lagos", "alert_hour": 8}
_returns_settings = partial(operation, responses={200: envelope("SettingsEnvelope", serializers.SettingsSerializer())})
settings_documented = documented(
    "Account",
    get=_returns_settings(request=None, response=success("Your settings", _SETTINGS)),
    patch=_returns_settings(
        request=serializers.SettingsSerializer(partial=True),
        body={"time_zone": "Africa/Lagos"},
        response=success("Settings changed", _SETTINGS),
        errors=(ValidationError({"time_zone": [serializers.UNKNOWN_TIME_ZONE]}),),
    ),
)
terms_documented = documented(
    "Account",
    post=_returns_user(
        request=serializers.TermsSerializer,
        body={"version": TERMS_VERSION},
        response=success("Terms accepted", {"user": USER}),
        errors=(exceptions.TermsRequired(TERMS_VERSION, "version"), NotFound()),
    ),
)
export_documented = documented(
    "Account",
    get=operation(
        operation_id="auth_me_export", request=None, responses={(200, "application/zip"): OpenApiTypes.BINARY}
    ),
)
me_documented = documented(
    "Account",
    get=_returns_user(request=None, response=success("Your account", {"user": USER})),
    patch=_returns_user(
        request=serializers.RoleChoiceSerializer,
        body={"role": "job_seeker"},
        response=success("Role chosen", {"user": {**GOOGLE_USER, "role": "job_seeker"}}),
        errors=(exceptions.role_already_chosen(),),
    ),
    delete=operation(
        request=serializers.ErasureSerializer,
        responses={204: None},
        body={"password": CREDENTIALS["password"]},
        errors=(exceptions.wrong_password(), exceptions.wrong_google_account()),
    ),
)

# --- Profiles ---------------------------------------------------------------------------------------------------------

job_seekers_documented = documented(
    "Job seekers",
    noun="job seeker",
    list=operation(
        "Job seekers see themselves, employers see applicants to their jobs, administrators all. Newest first.",
        response=[JOB_SEEKER],
    ),
    retrieve=operation("The profile of a job seeker whom the caller may see.", response=JOB_SEEKER),
    update=operation(
        'Replaces the profile. `user` is ignored; `phone_number` is free text, and may be "" or null.',
        body=JOB_SEEKER_INPUT,
        response=JOB_SEEKER,
    ),
    partial_update=operation(
        "Changes only the given fields.", body={"phone_number": "+234 804 445 5566"}, response=JOB_SEEKER
    ),
)

employers_documented = documented(
    "Employers",
    noun="employer",
    list=operation("Public profiles of all companies. Newest first.", response=[EMPLOYER]),
    retrieve=operation("The public profile of a company.", response=EMPLOYER),
    update=operation(
        'Replaces the caller\'s own profile. `user` is ignored; description and website may be "" or null.',
        body=EMPLOYER_INPUT,
        response=EMPLOYER,
    ),
    partial_update=operation(
        "Changes only the given fields of the caller's own profile.",
        body={"website": "https://www.microsoft.com"},
        response=EMPLOYER,
    ),
)

employer_settings_documented = documented(
    "Employers",
    get=operation(
        "`decision_hold_minutes` is how long applicants are not told of a rejection; null: as long as the site says.",
        response={"decision_hold_minutes": None},
        summary="Retrieve my settings as an employer",
    ),
    put=operation(
        "What is decided already stays as it is.",
        body={"decision_hold_minutes": 60},
        response={"decision_hold_minutes": 60},
        summary="Change my settings as an employer",
    ),
)


def _refused(effect: str, action: str, since: str) -> Any:
    """Return the documentation of a list of employers from whom the caller wants less."""
    row = {"employer": EMPLOYER["user"], "company_name": EMPLOYER["company_name"], since: USER["created_at"]}
    return documented(
        "Job seekers",
        noun=f"{action} employer",
        list=operation(f"For job seekers, newest first. {effect}", response=[row]),
        create=operation(
            f"For job seekers. {effect} At most {services.MAX_REFUSED_EMPLOYERS}.",
            body={"employer": EMPLOYER["user"]},
            response=row,
            errors=(
                exceptions.employer_listed(Employer(pk=EMPLOYER["user"])),
                LimitReached("employers on this list", services.MAX_REFUSED_EMPLOYERS),
            ),
        ),
        destroy=operation(
            f"Removes an employer from the list: it is no longer {action}.",
            parameters=[
                OpenApiParameter("employer_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The employer.")
            ],
        ),
    )


blocked_employers_documented = _refused(
    "A blocked employer cannot write to the caller; its jobs are neither recommended nor in alerts. Lists of jobs show "
    "them as to everyone.",
    "blocked",
    "blocked_at",
)
muted_employers_documented = _refused("Messages of a muted employer arrive as read.", "muted", "muted_at")

# --- Skills -----------------------------------------------------------------------------------------------------------

_naming_a_skill = partial(
    operation, body={"name": "Django"}, response=SKILL, errors=(exceptions.skill_exists(Skill(pk=SKILL["skill_id"])),)
)

skills_documented = documented(
    "Skills",
    noun="skill",
    list=operation(
        "Job seekers see their own, employers those of their applicants. Sorted by name.",
        response=[SKILL, ANOTHER_SKILL],
    ),
    create=_naming_a_skill(
        "Adds a skill to the caller, a job seeker. Names are unique per job seeker, regardless of case."
    ),
    retrieve=operation("A skill of the caller, or of an applicant.", response=SKILL),
    update=_naming_a_skill("Renames a skill of the caller."),
    partial_update=_naming_a_skill("Renames a skill of the caller; an empty body changes nothing."),
    destroy=operation("Deletes a skill of the caller."),
    suggest=operation(
        parameters=[SkillQuerySerializer],
        responses=SkillSuggestionsSerializer,
        response={"names": ["Python", "Python scripting"]},
        errors=(ValidationError({"q": ["Ensure this field has no more than 100 characters."]}),),
    ),
)
