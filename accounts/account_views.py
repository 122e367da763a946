"""Own account: sessions, password, e-mail address, Google account, data."""

import tempfile
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth import authenticate
from django.db.models import QuerySet
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import google, tokens
from accounts.auth_views import as_data, success, validated
from accounts.devices import device_of
from accounts.erasure import erase_account
from accounts.export import write_export
from accounts.models import Session, User
from accounts.schema import (
    email_change_documented,
    email_verification_confirm_documented,
    email_verification_documented,
    export_documented,
    google_link_documented,
    logout_all_documented,
    me_documented,
    password_change_documented,
    session_documented,
    sessions_documented,
)
from accounts.serializers import (
    EmailChangeSerializer,
    ErasureSerializer,
    GoogleLinkSerializer,
    GoogleLoginSerializer,
    LinkSerializer,
    OwnPasswordSerializer,
    PasswordChangeSerializer,
    RoleChoiceSerializer,
    SessionSerializer,
    UserSerializer,
)
from accounts.services import (
    SIGN_IN_TO_CONFIRM,
    change_password,
    choose_role,
    confirm_email,
    end_session,
    link_google,
    log_out_everywhere,
    request_email_change,
    request_email_verification,
)
from anywork.api.exceptions import ServiceUnavailable, Unauthorized
from anywork.api.negotiation import AnyAccept
from anywork.api.viewsets import OfferedMethodsMixin, PermissionClass


class OwnView(OfferedMethodsMixin, APIView):
    """Is about the caller alone."""

    permission_classes: Sequence[PermissionClass] = (IsAuthenticated,)

    @property
    def caller(self) -> Any:
        return self.request.user

    def check_password(self, password: str, field: str) -> None:
        """Make sure that whoever holds the token also knows the password; guessing is slowed down as at the login.

        Raises:
            ValidationError: it is another one. Not Unauthorized: the token is fine, and a client would drop it.
            SignInClosed: there were too many failures before.
        """
        if authenticate(self.request, email=self.caller.email, password=password) != self.caller:
            raise ValidationError({field: ["The password is wrong."]})

    def check_owner(self) -> None:
        """Check the `password` of the body or, of an account that came by Google and has none, a fresh `code`.

        Raises:
            ValidationError: it is missing or wrong.
            SignInClosed, PermissionDenied, ServiceUnavailable: as `check_password` and `google.confirm` say.
        """
        user: User = self.caller
        if user.google_sub and not user.has_usable_password():
            google.confirm(user, **validated(GoogleLoginSerializer, self.request))
        else:
            self.check_password(validated(OwnPasswordSerializer, self.request)["password"], "password")


@logout_all_documented
class LogoutAllView(OwnView):
    """End every session of the caller."""

    def post(self, request: Request) -> Response:
        log_out_everywhere(user=self.caller)
        return success("Logged out everywhere", {})


class OwnSessionsView(OwnView):
    """The caller's sessions that can still be used."""

    def get_queryset(self) -> QuerySet[Session]:
        return self.caller.sessions.usable()


@sessions_documented
class SessionsView(OwnSessionsView):
    """Where the caller is signed in."""

    # Whoever has more of them logs out everywhere.
    MOST = 100

    def get(self, request: Request) -> Response:
        access: Any = request.auth
        context = {"session_id": access[tokens.SESSION_CLAIM]}
        newest = self.get_queryset()[: self.MOST]
        return success("Your sessions", SessionSerializer(newest, many=True, context=context).data)


@session_documented
class SessionView(OwnSessionsView):
    """One sign-in of the caller's."""

    def delete(self, request: Request, session_id: UUID) -> Response:
        end_session(session=get_object_or_404(self.get_queryset(), pk=session_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


@password_change_documented
class PasswordChangeView(OwnView):
    """Set another password, knowing the present one."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        body = validated(PasswordChangeSerializer, request)
        self.check_password(body["current_password"], "current_password")
        user = change_password(user=self.caller, new_password=body["new_password"])
        return success("Password changed", as_data(tokens.open_session(user, device_of(request))))


@email_verification_documented
class EmailVerificationView(OwnView):
    """Request a link that verifies one's e-mail address."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        request_email_verification(user=self.caller)
        return success("A link is on its way, unless your address is verified already.", {})


@email_verification_confirm_documented
class EmailVerificationConfirmView(OwnView):
    """Verify or change one's e-mail address by the link."""

    # Without a token the response says what to do.
    permission_classes = (AllowAny,)
    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        access: Any = request.auth
        if access is None:
            raise Unauthorized(SIGN_IN_TO_CONFIRM, "sign_in_to_confirm")
        link = validated(LinkSerializer, request)
        confirm_email(user=self.caller, session_id=UUID(access[tokens.SESSION_CLAIM]), **link)
        return success("Address confirmed", {})


@email_change_documented
class EmailChangeView(OwnView):
    """Request another e-mail address."""

    throttle_scope = "login"

    def patch(self, request: Request) -> Response:
        email = validated(EmailChangeSerializer, request)["email"]
        self.check_owner()
        request_email_change(user=self.caller, email=email)
        return success("A link is on its way to the new address.", {})


@google_link_documented
class GoogleLinkView(OwnView):
    """Let a Google account sign in to one's account."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        body = validated(GoogleLinkSerializer, request)
        # First, so that a wrong password does not use up the code.
        self.check_password(body.pop("password"), "password")
        user = link_google(user=self.caller, sub=google.identify_own(**body).sub)
        return success("Google account linked", {"user": UserSerializer(user).data})


@me_documented
class MeView(OwnView):
    """The caller's own account."""

    delete_takes_body = True

    def get(self, request: Request) -> Response:
        return success("Your account", {"user": UserSerializer(self.caller).data})

    def patch(self, request: Request) -> Response:
        user = choose_role(user=self.caller, role=validated(RoleChoiceSerializer, request)["role"])
        return success("Role chosen", {"user": UserSerializer(user).data})

    def delete(self, request: Request) -> Response:
        validated(ErasureSerializer, request)
        self.check_owner()
        erase_account(self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


@export_documented
class ExportView(OwnView):
    """All that is kept of the caller."""

    throttle_scope = "export"
    content_negotiation_class = AnyAccept

    def get(self, request: Request) -> FileResponse:
        # Has no name and is gone when it is closed, which the response does.
        file = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            write_export(self.caller, file)
        except OSError as error:
            file.close()
            raise ServiceUnavailable("The archive could not be written. Please try again later.") from error
        file.seek(0)
        response = FileResponse(file, as_attachment=True, filename="anywork.zip", content_type="application/zip")
        response.headers["Cache-Control"] = "private, no-store"
        return response
