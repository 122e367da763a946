"""Login with Google: the only code that calls Google."""

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, NamedTuple

import requests
from django.conf import settings
from google.auth.exceptions import GoogleAuthError, InvalidValue
from google.auth.transport.requests import Request as GoogleRequest
from google.oauth2.id_token import verify_token
from google_auth_oauthlib.flow import Flow
from jwt.exceptions import DecodeError, InvalidTokenError, PyJWTError
from oauthlib.oauth2 import OAuth2Error
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.exceptions import (
    GoogleCodeRefused,
    GoogleEmailUnverified,
    GoogleNotConfigured,
    GoogleTokenRefused,
    GoogleUnavailable,
    wrong_google_account,
)
from accounts.models import User
from accounts.services import log_in_with_google
from anywork.api.exceptions import Unauthorized
from anywork.api.fields import EmailField

logger = logging.getLogger(__name__)

# For the code exchange and the certificates together: the response is guaranteed within 6 s.
TIMEOUT_SECONDS = 5.0
CLOCK_SKEW_SECONDS = 10

POPUP_REDIRECT_URI = "postmessage"

# Errors of the client; all others are errors of the configuration.
_BAD_CODE = {"invalid_grant", "invalid_request", "redirect_uri_mismatch"}

# Raised by the libraries if a response has an unexpected shape.
_UNEXPECTED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

# The timeout of requests limits each read, and not the name lookup. So calls run in threads and are abandoned at the
# deadline; a slow server blocks one of these threads, never a request.
_calls = ThreadPoolExecutor(max_workers=8, thread_name_prefix="google")


class GoogleIdentity(NamedTuple):
    """Google account, identified by `sub`, which never changes; its verified email address may.

    `hd` is the domain of its Workspace, "" for other accounts.
    """

    sub: str
    email: str
    hd: str = ""


class _ClaimsSerializer(serializers.Serializer[Any]):
    """Claims of an ID token."""

    sub = serializers.CharField(max_length=255)
    email = EmailField(max_length=254)
    hd = serializers.CharField(max_length=253, required=False)


class _BoundedRequest(GoogleRequest):
    """Request for certificates; google-auth itself waits for two minutes."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **{**kwargs, "timeout": TIMEOUT_SECONDS})  # type: ignore[no-untyped-call]


def log_in(**body: str) -> User:
    """Return the user of a Google account; `body` has the arguments of `identify`.

    Raises:
        Conflict, Unauthorized: see `log_in_with_google` and `identify`.
        PermissionDenied, ServiceUnavailable, ValidationError: see `identify`.
    """
    identity = identify(**body)
    return log_in_with_google(sub=identity.sub, email=identity.email, hosted_domain=identity.hd)


def confirm(user: User, **body: str) -> None:
    """Check that the caller owns the Google account of `user`; `body` has the arguments of `identify`.

    Raises:
        ValidationError: it is another Google account, or see `identify_own`.
        PermissionDenied, ServiceUnavailable: see `identify`.
    """
    if identify_own(**body).sub != user.google_sub:
        raise wrong_google_account()


def identify_own(**body: str) -> GoogleIdentity:
    """Return the Google account of a user who is logged in; `body` has the arguments of `identify`.

    Raises:
        ValidationError: Google refuses the code, or see `identify`. No 401: the token is valid, and a client would
            drop it.
        PermissionDenied, ServiceUnavailable: see `identify`.
    """
    try:
        return identify(**body)
    except Unauthorized as error:
        raise ValidationError({"code": [error.detail]}) from error


def identify(*, code: str, redirect_uri: str = "", code_verifier: str = "") -> GoogleIdentity:
    """Return the Google account for which Google has issued `code`.

    `redirect_uri` is that of the client's request: the configured one, the default, or that of the pop-up flow.

    Raises:
        ValidationError: the redirect URI is another one.
        GoogleCodeRefused, GoogleTokenRefused: Google refuses the code, or the ID token is not for this site.
        GoogleEmailUnverified: the account has no verified email address.
        GoogleNotConfigured, GoogleUnavailable: login with Google is impossible here, or at the moment.
    """
    if not (settings.GOOGLE_OAUTH_CLIENT_ID and settings.GOOGLE_OAUTH_CLIENT_SECRET):
        raise GoogleNotConfigured
    redirect_uri = redirect_uri or settings.GOOGLE_OAUTH_REDIRECT_URI
    if redirect_uri not in {settings.GOOGLE_OAUTH_REDIRECT_URI, POPUP_REDIRECT_URI}:
        raise ValidationError({"redirect_uri": ["This is not the redirect URI that is configured here."]})

    claims = _call_google(code, redirect_uri, code_verifier)
    if claims.get("email_verified") is not True:
        raise GoogleEmailUnverified
    owner = _ClaimsSerializer(data=claims)
    if not owner.is_valid():
        logger.error("Google's ID token lacks %s", ", ".join(owner.errors))
        raise GoogleUnavailable
    return GoogleIdentity(**owner.validated_data)


def _call_google(code: str, redirect_uri: str, code_verifier: str) -> Mapping[str, Any]:
    """Return the verified claims of the ID token for `code`."""

    def exchange_and_verify() -> Mapping[str, Any]:
        return _verified_claims(_exchange(code, redirect_uri, code_verifier))

    # In a copy of the context, so that log lines have the request id.
    call = _calls.submit(copy_context().run, exchange_and_verify)
    try:
        return call.result(TIMEOUT_SECONDS)
    except TimeoutError as error:
        # A call that has not started must not use up the code.
        call.cancel()
        logger.warning("Google did not respond in time")
        raise GoogleUnavailable from error
    except (requests.RequestException, OAuth2Error, GoogleAuthError, PyJWTError, *_UNEXPECTED) as error:
        # Without its message, which may contain the token.
        logger.warning("Login with Google failed: %s %s", type(error).__name__, getattr(error, "error", ""))
        raise GoogleUnavailable from error


def _exchange(code: str, redirect_uri: str, code_verifier: str) -> str:
    """Return the ID token for `code`."""
    client = {
        "client_id": settings.GOOGLE_OAUTH_CLIENT_ID,
        "client_secret": settings.GOOGLE_OAUTH_CLIENT_SECRET,
        "auth_uri": settings.GOOGLE_AUTH_URI,
        "token_uri": settings.GOOGLE_TOKEN_URI,
    }
    # Without scopes, which the client has chosen: the library refuses a response with other scopes.
    flow = Flow.from_client_config(
        {"web": client}, scopes=None, redirect_uri=redirect_uri, code_verifier=code_verifier or None
    )
    with flow.oauth2session:
        try:
            id_token = flow.fetch_token(code=code, timeout=TIMEOUT_SECONDS)["id_token"]
        except OAuth2Error as error:
            if error.error not in _BAD_CODE:
                raise
            logger.info("Google refused a code: %s", error.error)
            raise GoogleCodeRefused from error
    if not isinstance(id_token, str):
        raise TypeError("The ID token is not a string.")
    return id_token


def _verified_claims(id_token: str) -> Mapping[str, Any]:
    """Return the claims of an ID token that is signed by Google, current and issued for this site."""
    with requests.Session() as session:
        try:
            claims = verify_token(
                id_token,
                _BoundedRequest(session),
                audience=settings.GOOGLE_OAUTH_CLIENT_ID,
                certs_url=settings.GOOGLE_CERTS_URI,
                clock_skew_in_seconds=CLOCK_SKEW_SECONDS,
            )
        except DecodeError:
            raise
        # With certificates google-auth raises the first, with a JWK set PyJWT raises the second.
        except (InvalidValue, InvalidTokenError) as error:
            raise _refused_token(error) from error
    if claims["iss"] not in settings.GOOGLE_ISSUERS:
        raise _refused_token("issuer")
    # PyJWT accepts a token that never expires.
    if "exp" not in claims:
        raise _refused_token("endless")
    return claims


def _refused_token(reason: object) -> GoogleTokenRefused:
    logger.warning("An ID token of Google was refused: %s", reason)
    return GoogleTokenRefused()
