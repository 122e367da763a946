"""Authentication by access token, checked against the database at every request."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication as SimpleJWTAuthentication
from rest_framework_simplejwt.tokens import Token

from accounts.models import Session
from accounts.terms import require_terms
from accounts.tokens import SESSION_CLAIM, VERSION_CLAIM
from anywork.api.exceptions import Unauthorized
from anywork.operations.request_id import set_user

# For which users have accepted the terms: one who refuses them may still delete.
_WRITING = ("POST", "PUT", "PATCH")
_OWN_ACCOUNT = "/api/auth/"


class JWTAuthentication(SimpleJWTAuthentication):
    """`Authorization: Bearer <accessToken>`, valid until its session ends."""

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        try:
            caller = super().authenticate(request)
        except AuthenticationFailed as error:
            # Simple JWT's own have a dictionary as their detail.
            raise _rejected() from error
        # Here, because no view does without: permissions are each view's own.
        if caller and request.method in _WRITING and not request.path_info.startswith(_OWN_ACCOUNT):
            require_terms(caller[0].pk)
        return caller

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def get_user(self, validated_token: Token) -> Any:
        user = Session.objects.user_of(validated_token.get(SESSION_CLAIM), validated_token.get(VERSION_CLAIM))
        if user is None:
            raise _rejected()
        set_user(user.pk)
        return user


class OptionalJWTAuthentication(JWTAuthentication):
    """Authentication of public endpoints, which ignore an invalid token.

    The request is marked, so that a 404 becomes a 401: the owner may only need to refresh the token.
    """

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        try:
            return super().authenticate(request)
        except AuthenticationFailed:
            request.rejected_token = True  # type: ignore[attr-defined]
            return None


class PublicReadMixin:
    """Viewset mixin: reading is public."""

    request: Any

    def get_authenticators(self) -> list[BaseAuthentication]:
        if self.request is not None and self.request.method in SAFE_METHODS:
            return [OptionalJWTAuthentication()]
        return super().get_authenticators()  # type: ignore[misc]


def _rejected() -> AuthenticationFailed:
    return AuthenticationFailed(Unauthorized.default_detail, "token_not_valid")
