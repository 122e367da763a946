"""Own account: sessions, password, email address, Google account, data."""

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
        """Log out everywhere.

        Ends all sessions of the caller: every access and refresh token is refused from the next request on, as
        are links to resumes and sessions of the admin site.
        """
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
        """List my sessions.

        Where the caller is signed in, the one used last first, up to a hundred. `last_used_at` is when its
        tokens were refreshed last. Addresses are kept shortened, to the first 24 bits (IPv6: 48).
        """
        access: Any = request.auth
        context = {"session_id": access[tokens.SESSION_CLAIM]}
        newest = self.get_queryset()[: self.MOST]
        return success("Your sessions", SessionSerializer(newest, many=True, context=context).data)


@session_documented
class SessionView(OwnSessionsView):
    """One sign-in of the caller's."""

    def delete(self, request: Request, session_id: UUID) -> Response:
        """End a session.

        Its tokens are refused from the next request on. One's present session may be ended too.
        """
        end_session(session=get_object_or_404(self.get_queryset(), pk=session_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


@password_change_documented
class PasswordChangeView(OwnView):
    """Set another password, knowing the present one."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Change my password.

        Ends all sessions and answers the tokens of a new one. A wrong `current_password` is a 400, since the
        token is fine. Whoever came by Google and has no password gets one by POST /api/auth/password/reset/.
        """
        body = validated(PasswordChangeSerializer, request)
        self.check_password(body["current_password"], "current_password")
        user = change_password(user=self.caller, new_password=body["new_password"])
        return success("Password changed", as_data(tokens.open_session(user, device_of(request))))


@email_verification_documented
class EmailVerificationView(OwnView):
    """Request a link that verifies one's email address."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Request a link to verify my address.

        Mails a link to `FRONTEND_URL/verify-email?uid=...&token=...`, at most one a minute, unless the address
        is verified. It works once, for a day.
        """
        request_email_verification(user=self.caller)
        return success("A link is on its way, unless your address is verified already.", {})


@email_verification_confirm_documented
class EmailVerificationConfirmView(OwnView):
    """Verify or change one's email address by the link."""

    # Without a token the response says what to do.
    permission_classes = (AllowAny,)
    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Confirm an address by the link.

        Takes `uid` and `token` from the link, and a token of the account that it was made for, on any device.
        Verifies the address; of a requested change, the new one, which replaces the old: other sessions end
        then. Without a token it is a 401 `sign_in_to_confirm`, and the link stays valid. Where the site
        requires verified addresses, posting jobs, uploading and applying are a 403 `email_not_verified` until
        then.
        """
        access: Any = request.auth
        if access is None:
            raise Unauthorized(SIGN_IN_TO_CONFIRM, "sign_in_to_confirm")
        link = validated(LinkSerializer, request)
        confirm_email(user=self.caller, session_id=UUID(access[tokens.SESSION_CLAIM]), **link)
        return success("Address confirmed", {})


@email_change_documented
class EmailChangeView(OwnView):
    """Request another email address."""

    throttle_scope = "login"

    def patch(self, request: Request) -> Response:
        """Change my email address.

        Mails a link to `FRONTEND_URL/verify-email?uid=...&token=...` to the new address. Until it is confirmed,
        within a day, nothing changes; a newer request replaces the older. Takes the `password`; of an account
        that has none, because it came by Google, a fresh `code` as POST /api/auth/google/ does.
        """
        email = validated(EmailChangeSerializer, request)["email"]
        self.check_owner()
        request_email_change(user=self.caller, email=email)
        return success("A link is on its way to the new address.", {})


@google_link_documented
class GoogleLinkView(OwnView):
    """Let a Google account sign in to one's account."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Link a Google account.

        Lets a Google account sign in to the caller's account. Takes the account's password, and the `code` that
        Google's consent page gave to the client; the two addresses may differ. The owner gets a mail.
        """
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
        """Show my account.

        Who the access token belongs to. A good first call to try the token with.
        """
        return success("Your account", {"user": UserSerializer(self.caller).data})

    def patch(self, request: Request) -> Response:
        """Choose my role.

        Once, while it is "" because the account came by Google. Creates the profile that belongs to the role.
        """
        user = choose_role(user=self.caller, role=validated(RoleChoiceSerializer, request)["role"])
        return success("Role chosen", {"user": UserSerializer(user).data})

    def delete(self, request: Request) -> Response:
        """Delete my account.

        For good, with all that is one's own. Takes the `password`; of an account that has none, because it came
        by Google, a fresh `code` of Google's as POST /api/auth/google/ does. A wrong one is a 400.

        Employers keep of a job seeker's applications job, dates and status, without a person; undecided ones
        count as withdrawn. Of an employer's jobs those that somebody applied to are kept closed, without the
        company and its description, and seekers keep their applications.
        """
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
        """Export my data.

        All that is kept of the caller, as a zip of JSON files and resumes.
        """
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
