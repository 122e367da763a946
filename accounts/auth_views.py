"""Registration, login and tokens. JSON of /api/auth/ is `{"status", "message", "data"}`."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts import google, schema, serializers, services, tokens
from accounts.authentication import OptionalJWTAuthentication
from accounts.devices import device_of
from accounts.exceptions import InvalidCredentials
from accounts.models import Session, User
from anywork.api.exceptions import Unauthorized
from anywork.api.viewsets import OfferedMethodsMixin
from anywork.operations.request_id import set_user


def success(message: str, data: Any, status_code: int = status.HTTP_200_OK) -> Response:
    """Return the envelope of /api/auth/."""
    return Response({"status": "success", "message": message, "data": data}, status=status_code)


def validated(serializer_class: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the validated body.

    Raises:
        ValidationError: the body is invalid.
    """
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def login_response(request: Request, user: User, method: str) -> Response:
    """Open a session for `user` and return its tokens."""
    set_user(user.pk)
    pair = services.log_in(user=user, method=method, device=device_of(request))
    return success("Login successful", {**as_data(pair), "user": serializers.UserSerializer(user).data})


def as_data(pair: tokens.TokenPair) -> dict[str, str]:
    """Return the keys of a pair of tokens."""
    return {"accessToken": pair.access, "refreshToken": pair.refresh}


class PublicView(OfferedMethodsMixin, APIView):
    """View without authentication: an expired token must not prevent a login."""

    authentication_classes = ()
    permission_classes = ()


@schema.register_documented
class RegisterView(PublicView):
    throttle_scope = "register"

    def post(self, request: Request) -> Response:
        """Register.

        Creates an account and its profile; log in next. The case of the email address does not matter. Names,
        phone number and company are optional and are stored in the profile.
        """
        user = services.register_user(**validated(serializers.RegistrationSerializer, request))
        data = {"user": serializers.UserSerializer(user).data}
        return success(schema.REGISTERED, data, status.HTTP_201_CREATED)


@schema.login_documented
class LoginView(PublicView):
    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Log in.

        Opens a session. Paste `data.accessToken` into **Authorize** above, and keep `data.refreshToken` for when
        it expires. Ten failures for one account from one address block this pair for a minute, each further one
        for twice as long, up to an hour; also for the right password.

        Where the site requires it, administrators also send `otp`, the code of their authenticator app or a
        recovery code. Without it, or with a wrong one, the response is a 401 `otp_required`.
        """
        # Without the requirement, `otp` is ignored like any unknown field.
        required = settings.ADMIN_TOTP_REQUIRED
        body = validated(serializers.LoginSerializer if required else serializers.CredentialsSerializer, request)
        user = authenticate(request, **body)
        if not isinstance(user, User):
            raise InvalidCredentials
        return login_response(request, user, "password")


@schema.google_documented
class GoogleLoginView(PublicView):
    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Log in with Google.

        Takes the `code` of Google's consent page. A new user gets an account whose `role` is "": let them choose
        one by PATCH /api/auth/me/. An existing account with the same address is linked if Google is the
        authority for the address (Gmail, or the Workspace of the domain); otherwise the response is a 409
        `google_link_required`: log in with the password, then call POST /api/auth/google/link/. Where
        administrators need a code to log in, the response to them is a 403 `otp_required`.
        """
        return login_response(request, google.log_in(**validated(serializers.GoogleLoginSerializer, request)), "google")


@schema.refresh_documented
class RefreshView(PublicView):
    throttle_scope = "refresh"

    def post(self, request: Request) -> Response:
        """Refresh the tokens.

        Exchanges a refresh token for a new pair. A refresh token works once: of concurrent calls one succeeds,
        the others are a 401 `refresh_token_used`; use the newer pair. A token that is used again after 10
        seconds may be stolen and ends its session (401 `session_ended`). A session ends 90 days after the
        login, however often it is refreshed.
        """
        encoded = validated(serializers.RefreshTokenSerializer, request)["refreshToken"]
        return success("Token refreshed", as_data(tokens.refresh_session(encoded, device_of(request))))


@schema.logout_documented
class LogoutView(OfferedMethodsMixin, APIView):
    authentication_classes = (OptionalJWTAuthentication,)
    permission_classes = ()

    def post(self, request: Request) -> Response:
        """Log out.

        Ends the session of the `refreshToken`, without an access token; or, without a body, the session of the
        access token. Both tokens are invalid from the next request on.
        """
        access: Any = request.auth
        if access and not request.data:
            Session.objects.filter(pk=access[tokens.SESSION_CLAIM]).end()
        elif request.data:
            tokens.close_session(validated(serializers.RefreshTokenSerializer, request)["refreshToken"])
        else:
            raise Unauthorized
        return success("Logged out", {})


@schema.password_reset_documented
class PasswordResetView(PublicView):
    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Request a password reset.

        Emails a link to `FRONTEND_URL/reset-password?uid=...&token=...`, at most one per minute. It is valid
        once, for a day. Neither the response nor its time tells whether there is such an account.
        """
        services.request_password_reset(**validated(serializers.PasswordResetSerializer, request))
        return success(schema.RESET_REQUESTED, {})


@schema.password_reset_confirm_documented
class PasswordResetConfirmView(PublicView):
    throttle_scope = "login"

    def post(self, request: Request) -> Response:
        """Reset the password.

        Takes `uid` and `token` from the link. Ends all sessions, and verifies the email address.
        """
        services.reset_password(**validated(serializers.PasswordResetConfirmSerializer, request))
        return success(schema.RESET_DONE, {})
