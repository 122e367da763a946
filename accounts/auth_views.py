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
        user = register_user(**validated(RegistrationSerializer, request))
        return success("User registered successfully", {"user": UserSerializer(user).data}, status.HTTP_201_CREATED)


@login_documented
class LoginView(PublicView):
    """Sign in with e-mail address and password."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        body = validated(LoginSerializer, request)
        user = authenticate(request, email=body["email"], password=body["password"])
        if not isinstance(user, User):
            raise Unauthorized("The e-mail address or the password is wrong.", "invalid_credentials")
        return signed_in(request, user, "password")


@google_documented
class GoogleLoginView(PublicView):
    """Sign in, or register, with Google."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        return signed_in(request, google.sign_in(**validated(GoogleLoginSerializer, request)), "google")


@refresh_documented
class RefreshView(PublicView):
    """Exchange a refresh token for a new pair of tokens."""

    throttle_scope = "refresh"

    def post(self, request: Request) -> Response:
        encoded = validated(RefreshTokenSerializer, request)["refreshToken"]
        return success("Token refreshed", as_data(tokens.refresh_session(encoded, device_of(request))))


@logout_documented
class LogoutView(OfferedMethodsMixin, APIView):
    """End a session, known by its refresh token or else by the access token of the request."""

    authentication_classes = (OptionalJWTAuthentication,)
    permission_classes = ()

    def post(self, request: Request) -> Response:
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
        request_password_reset(**validated(PasswordResetSerializer, request))
        return success("If somebody signs in with this address, a link is on its way to it.", {})


@password_reset_confirm_documented
class PasswordResetConfirmView(PublicView):
    """Set another password by the link."""

    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        reset_password(**validated(PasswordResetConfirmSerializer, request))
        return success("Password set. Log in with it.", {})
