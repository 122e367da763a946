"""Sign-in: everything under /api/auth/, which answers `{"status", "message", "data"}`."""

from typing import Any

from django.contrib.auth import authenticate
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import google, tokens
from accounts.authentication import OptionalJWTAuthentication
from accounts.devices import device_of
from accounts.models import Session, User
from accounts.schema import (
    google_documented,
    login_documented,
    logout_documented,
    password_reset_confirm_documented,
    password_reset_documented,
    refresh_documented,
    register_documented,
)
from accounts.serializers import (
    GoogleLoginSerializer,
    LoginSerializer,
    PasswordResetConfirmSerializer,
    PasswordResetSerializer,
    RefreshTokenSerializer,
    RegistrationSerializer,
    UserSerializer,
)
from accounts.services import (
    register_user,
    request_password_reset,
    reset_password,
    sign_in,
)
from anywork.api.exceptions import Unauthorized
from anywork.api.viewsets import OfferedMethodsMixin
from anywork.operations.request_id import set_user


def success(message: str, data: Any, status_code: int = status.HTTP_200_OK) -> Response:
    """Return the envelope of /api/auth/."""
    return Response({"status": "success", "message": message, "data": data}, status=status_code)


def validated(serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the checked body.

    Raises:
        ValidationError: the body does not fit.
    """
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def signed_in(request: Request, user: User, method: str) -> Response:
    """Open a session for `user` and answer its tokens."""
    set_user(user.pk)
    pair = sign_in(user=user, method=method, device=device_of(request))
    return success("Login successful", {**as_data(pair), "user": UserSerializer(user).data})


def as_data(pair: tokens.TokenPair) -> dict[str, str]:
    """Return a pair under the documented keys."""
    return {"accessToken": pair.access, "refreshToken": pair.refresh}


class PublicView(OfferedMethodsMixin, APIView):
    """Asks for no token, and looks at none: a stale one must not keep anybody from signing in."""

    authentication_classes = ()
    permission_classes = ()


@register_documented
class RegisterView(PublicView):
    """Create an account."""

    throttle_scope = "register"

    def post(self, request: Request) -> Response:
        """Register.

        Creates an account with its profile. It does not sign in: log in next. The email address counts without
        regard to case; names, phone number and company are optional and fill the profile.
        """
        user = register_user(**validated(RegistrationSerializer, request))
        return success("User registered successfully", {"user": UserSerializer(user).data}, status.HTTP_201_CREATED)


@login_documented
class LoginView(PublicView):
    """Sign in with email address and password."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Log in.

        Opens a session. Put `data.accessToken` into **Authorize** above, and keep `data.refreshToken` for when
        it runs out. Ten failures for one account from one address close that pair for a minute, each further
        one for twice as long, up to an hour, for the right password too.
        """
        body = validated(LoginSerializer, request)
        user = authenticate(request, email=body["email"], password=body["password"])
        if not isinstance(user, User):
            raise Unauthorized("The email address or the password is wrong.", "invalid_credentials")
        return signed_in(request, user, "password")


@google_documented
class GoogleLoginView(PublicView):
    """Sign in, or register, with Google."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Log in with Google.

        Takes the `code` that Google's consent page gave to the client. A new user gets an account whose `role`
        is "": let them choose one by PATCH /api/auth/me/. An existing account is linked by itself if Google is
        the authority for its address, which is Gmail's or of the Workspace; else log in to it and link it by
        POST /api/auth/google/link/.
        """
        return signed_in(request, google.sign_in(**validated(GoogleLoginSerializer, request)), "google")


@refresh_documented
class RefreshView(PublicView):
    """Exchange a refresh token for a new pair of tokens."""

    throttle_scope = "refresh"

    def post(self, request: Request) -> Response:
        """Refresh the tokens.

        Exchanges a refresh token for a new pair. Each works once: of concurrent calls one wins and the others
        get a 401 `refresh_token_used`; ask again with the newer pair. A token that is used again after 10
        seconds ends its session (401 `session_ended`), because a copy of it may be in other hands. A session
        ends 90 days after its login, however often it is refreshed.
        """
        encoded = validated(RefreshTokenSerializer, request)["refreshToken"]
        return success("Token refreshed", as_data(tokens.refresh_session(encoded, device_of(request))))


@logout_documented
class LogoutView(OfferedMethodsMixin, APIView):
    """End a session, known by its refresh token or else by the access token of the request."""

    authentication_classes = (OptionalJWTAuthentication,)
    permission_classes = ()

    def post(self, request: Request) -> Response:
        """Log out.

        Ends a session: the one of the `refreshToken`, which suffices alone, or without a body the one of the
        access token. Both tokens are refused from the next request on.
        """
        access: Any = request.auth
        if access and not request.data:
            Session.objects.filter(pk=access[tokens.SESSION_CLAIM]).end()
        elif request.data:
            tokens.close_session(validated(RefreshTokenSerializer, request)["refreshToken"])
        else:
            raise Unauthorized
        return success("Logged out", {})


@password_reset_documented
class PasswordResetView(PublicView):
    """Ask for a link to set another password."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Ask for a password link.

        Mails a link to `FRONTEND_URL/reset-password?uid=...&token=...`, at most one a minute. It works once,
        for a day. Whether the address is known changes neither the answer nor the time that it takes.
        """
        request_password_reset(**validated(PasswordResetSerializer, request))
        return success("If somebody signs in with this address, a link is on its way to it.", {})


@password_reset_confirm_documented
class PasswordResetConfirmView(PublicView):
    """Set another password by the link."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Set a password by the link.

        Takes `uid` and `token` from the link. Ends all sessions, and verifies the email address.
        """
        reset_password(**validated(PasswordResetConfirmSerializer, request))
        return success("Password set. Log in with it.", {})
