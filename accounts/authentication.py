"""Who is calling: decided from the database at every request, never from the token alone."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication as SimpleJWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.tokens import Token

from accounts.models import Session
from accounts.tokens import SESSION_CLAIM, VERSION_CLAIM
from anywork.operations.request_id import set_user


class JWTAuthentication(SimpleJWTAuthentication):
    """`Authorization: Bearer <accessToken>`, valid while its session lives."""

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        try:
            return super().authenticate(request)
        except InvalidToken as error:
            raise _rejected() from error

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def get_user(self, validated_token: Token) -> Any:
        try:
            # Not first(): to have one row sorted takes a third of the time of this, which every request takes.
            session = (
                Session.objects.alive()
                .select_related("user")
                .get(pk=validated_token.get(SESSION_CLAIM), user__token_version=validated_token.get(VERSION_CLAIM))
            )
        except Session.DoesNotExist as error:
            raise _rejected() from error
        set_user(session.user_id)
        return session.user


class OptionalJWTAuthentication(JWTAuthentication):
    """The same for public endpoints: a bad token counts as none.

    The request remembers it, so that a 404 becomes a 401: its owner may only need to refresh.
    """

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            request.rejected_token = True  # type: ignore[attr-defined]
            return None


class PublicReadMixin:
    """Viewset mixin: anybody may read."""

    request: Any

    def get_authenticators(self) -> list[BaseAuthentication]:
        if self.request is not None and self.request.method in SAFE_METHODS:
            return [OptionalJWTAuthentication()]
        return super().get_authenticators()  # type: ignore[misc]


def _rejected() -> AuthenticationFailed:
    return AuthenticationFailed("The token is missing, expired or no longer valid. Sign in again.", "token_not_valid")
