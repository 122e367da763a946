"""The caller's account: sessions, password, email address, Google account, data."""

import tempfile
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import google, schema, serializers, services, tokens
from accounts.auth_views import as_data, success, validated
from accounts.devices import device_of
from accounts.erasure import erase_account
from accounts.exceptions import LoginToConfirm, wrong_password
from accounts.export import write_export
from accounts.models import Session, User
from accounts.terms import accept_terms, check_terms
from accounts.two_factor import requires_otp
from anywork.api.exceptions import ServiceUnavailable
from anywork.api.negotiation import AnyAccept
from anywork.api.viewsets import OfferedMethodsMixin, PermissionClass


class OwnView(OfferedMethodsMixin, APIView):
    """Base of views of the caller's account."""

    permission_classes: Sequence[PermissionClass] = (IsAuthenticated,)

    @property
    def caller(self) -> Any:
        return self.request.user

    def check_password(self, password: str, field: str) -> None:
        """Check the password of the caller, with the same delays after failures as the login.

        Raises:
            ValidationError: the password is wrong.
            LoginClosed: there were too many failures before.
        """
        # The code was checked by the login.
        user = authenticate(self.request, email=self.caller.email, password=password, needs_otp=False)
        if user != self.caller:
            raise wrong_password(field)

    def check_owner(self) -> None:
        """Check the `password` of the body or, if the account has none because it uses Google, a new `code`.

        Raises:
            ValidationError: it is missing or wrong.
            LoginClosed, PermissionDenied, ServiceUnavailable: see `check_password` and `google.confirm`.
        """
        user: User = self.caller
        if user.google_sub and not user.has_usable_password():
            google.confirm(user, **validated(serializers.GoogleLoginSerializer, self.request))
        else:
            self.check_password(validated(serializers.OwnPasswordSerializer, self.request)["password"], "password")


@schema.logout_all_documented
class LogoutAllView(OwnView):
    def post(self, request: Request) -> Response:
        """Log out everywhere.

        Ends all sessions of the caller: all access and refresh tokens, links to resumes and sessions of the
        admin site are invalid from the next request on.
        """
        services.log_out_everywhere(user=self.caller)
        return success("Logged out everywhere", {})


class OwnSessionsView(OwnView):
    """Base of views of the caller's sessions that are not over."""

    def get_queryset(self) -> QuerySet[Session]:
        return self.caller.sessions.usable()


@schema.sessions_documented
class SessionsView(OwnSessionsView):
    MAX_LISTED = 100

    def get(self, request: Request) -> Response:
        """List my sessions.

        Up to a hundred, the most recently used first. `last_used_at` is when the tokens were last refreshed. Of
        addresses only the network is stored: the first 24 bits (IPv6: 48).
        """
        access: Any = request.auth
        context = {"session_id": access[tokens.SESSION_CLAIM]}
        newest = self.get_queryset()[: self.MAX_LISTED]
        return success("Your sessions", serializers.SessionSerializer(newest, many=True, context=context).data)


@schema.session_documented
class SessionView(OwnSessionsView):
    def delete(self, request: Request, session_id: UUID) -> Response:
        """End a session.

        Its tokens are invalid from the next request on. The current session can be ended, too.
        """
        services.end_session(session=get_object_or_404(self.get_queryset(), pk=session_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


@schema.password_change_documented
class PasswordChangeView(OwnView):
    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Change my password.

        Ends all sessions and returns the tokens of a new one. A wrong `current_password` is a 400, because the
        token is valid. An account without a password, which uses Google, gets one by
        POST /api/auth/password/reset/.
        """
        body = validated(serializers.PasswordChangeSerializer, request)
        self.check_password(body["current_password"], "current_password")
        user = services.change_password(user=self.caller, new_password=body["new_password"])
        # If the caller needs a code, the present session was opened with one.
        pair = tokens.open_session(user, device_of(request), otp_verified=requires_otp(self.caller))
        return success("Password changed", as_data(pair))


@schema.email_verification_documented
class EmailVerificationView(OwnView):
    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Request an email verification.

        Emails a link to `FRONTEND_URL/verify-email?uid=...&token=...`, at most one per minute, unless the
        address is verified. It is valid once, for a day.
        """
        services.request_email_verification(user=self.caller)
        return success(schema.VERIFICATION_REQUESTED, {})


@schema.email_verification_confirm_documented
class EmailVerificationConfirmView(OwnView):
    # Without a token the response says what to do.
    permission_classes = (AllowAny,)
    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Verify an email address.

        Takes `uid` and `token` of the link, and an access token of the account of the link, on any device.
        Verifies the address. After a requested change, verifies the new address, which replaces the old one, and
        ends all other sessions. Without an access token the response is a 401 `sign_in_to_confirm`, and the link
        stays valid. Where the site requires verified addresses, posting jobs, uploading and applying are a 403
        `email_not_verified` until then.
        """
        access: Any = request.auth
        if access is None:
            raise LoginToConfirm
        link = validated(serializers.LinkSerializer, request)
        services.confirm_email(user=self.caller, session_id=UUID(access[tokens.SESSION_CLAIM]), **link)
        return success("Address verified", {})


@schema.email_change_documented
class EmailChangeView(OwnView):
    throttle_scope = "login"

    def patch(self, request: Request) -> Response:
        """Change my email address.

        Emails a link to `FRONTEND_URL/verify-email?uid=...&token=...` to the new address. Nothing changes until
        that address is verified, within a day; a newer request replaces an older one. Takes the `password`; an
        account without one, which uses Google, takes a new `code` as POST /api/auth/google/ does.
        """
        email = validated(serializers.EmailChangeSerializer, request)["email"]
        self.check_owner()
        services.request_email_change(user=self.caller, email=email)
        return success(schema.CHANGE_REQUESTED, {})


@schema.google_link_documented
class GoogleLinkView(OwnView):
    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Link a Google account.

        Allows a Google account to log in to the caller's account. Takes the password, and the `code` of Google's
        consent page; the two addresses may differ. The owner gets an email.
        """
        body = validated(serializers.GoogleLinkSerializer, request)
        # First, so that a wrong password does not use up the code.
        self.check_password(body.pop("password"), "password")
        user = services.link_google(user=self.caller, sub=google.identify_own(**body).sub)
        return success("Google account linked", {"user": serializers.UserSerializer(user).data})


@schema.me_documented
class MeView(OwnView):
    delete_takes_body = True

    def get(self, request: Request) -> Response:
        """Retrieve my account.

        The user of the access token. A good first request to test a token.
        """
        return success("Your account", {"user": serializers.UserSerializer(self.caller).data})

    def patch(self, request: Request) -> Response:
        """Choose my role.

        Once, while it is "" after a first login with Google. Creates the profile of the role.
        """
        user = services.choose_role(user=self.caller, role=validated(serializers.RoleChoiceSerializer, request)["role"])
        return success("Role chosen", {"user": serializers.UserSerializer(user).data})

    def delete(self, request: Request) -> Response:
        """Delete my account.

        Deletes the account and its data for ever. Takes the `password`; an account without one, which uses
        Google, takes a new `code` as POST /api/auth/google/ does. A wrong one is a 400.

        A job seeker's applications stay for the employers with job, dates and status, but without personal
        data; undecided ones become withdrawn. An employer's jobs that have applications stay closed, without
        company and description, and applicants keep their applications.
        """
        validated(serializers.ErasureSerializer, request)
        self.check_owner()
        erase_account(self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


@schema.settings_documented
class SettingsView(OwnView):
    def get(self, request: Request) -> Response:
        """Retrieve my settings.

        When emails about new jobs are sent: at `alert_hour` (0 to 23) in `time_zone`.
        """
        return success("Your settings", serializers.SettingsSerializer(self.caller).data)

    def patch(self, request: Request) -> Response:
        """Change my settings.

        Those that the body leaves out stay the same.
        """
        body = serializers.SettingsSerializer(self.caller, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        services.change_settings(user=self.caller, **body.validated_data)
        return success("Settings changed", body.data)


@schema.terms_documented
class TermsView(OwnView):
    def post(self, request: Request) -> Response:
        """Accept the terms of use.

        Takes the present `version`, which the message of a 403 `terms_changed` names. Where the site has terms,
        users who have not accepted them read and delete only, but for /api/auth/. Otherwise the response is a 404.
        """
        if not settings.TERMS_VERSION:
            raise Http404
        check_terms(validated(serializers.TermsSerializer, request)["version"], "version")
        accept_terms(user=self.caller)
        return success("Terms accepted", {"user": serializers.UserSerializer(self.caller).data})


@schema.export_documented
class ExportView(OwnView):
    throttle_scope = "export"
    content_negotiation_class = AnyAccept

    def get(self, request: Request) -> FileResponse:
        """Export my data.

        All data of the caller, as a zip of JSON files and resumes.
        """
        # Deleted when the response closes it.
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
