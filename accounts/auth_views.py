"""Sign-in: everything under /api/auth/, which answers `{"status", "message", "data"}`."""

from typing import Any

from django.contrib.auth import authenticate
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import audit, google, tokens
from accounts.authentication import OptionalJWTAuthentication
from accounts.models import Session, User
from accounts.schema import (
    google_documented,
    login_documented,
    logout_documented,
    me_documented,
    refresh_documented,
    register_documented,
)
from accounts.serializers import (
    GoogleLoginSerializer,
    LoginSerializer,
    RefreshTokenSerializer,
    RegistrationSerializer,
    RoleChoiceSerializer,
    UserSerializer,
)
from accounts.services import choose_role, register_user
from anywork.api.exceptions import Unauthorized
from anywork.api.request_id import remember_user
from anywork.api.viewsets import OfferedMethodsMixin


def success(message: str, data: dict[str, Any], status_code: int = status.HTTP_200_OK) -> Response:
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
    remember_user(user.pk)
    audit.record(audit.Kind.SIGN_IN, request=request, user=user, subject=method)
    pair = tokens.open_session(user)
    data = {"accessToken": pair.access, "refreshToken": pair.refresh, "user": UserSerializer(user).data}
    return success("Login successful", data)


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
        audit.record(audit.Kind.REGISTERED, request=request, user=user, subject=user.role)
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

    def post(self, request: Request) -> Response:
        pair = tokens.refresh_session(validated(RefreshTokenSerializer, request)["refreshToken"])
        return success("Token refreshed", {"accessToken": pair.access, "refreshToken": pair.refresh})


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


@me_documented
class MeView(OfferedMethodsMixin, APIView):
    """The caller's own account."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return success("Your account", {"user": UserSerializer(self._caller).data})

    def patch(self, request: Request) -> Response:
        user = choose_role(user=self._caller, role=validated(RoleChoiceSerializer, request)["role"])
        audit.record(audit.Kind.ROLE_CHOSEN, request=request, user=user, subject=user.role)
        return success("Role chosen", {"user": UserSerializer(user).data})

    @property
    def _caller(self) -> Any:
        return self.request.user
