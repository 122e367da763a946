"""Sign-in with Google: the only code that calls Google."""

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
from rest_framework.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from accounts.services import sign_in_with_google
from anywork.api.exceptions import ServiceUnavailable, Unauthorized
from anywork.api.fields import EmailField

logger = logging.getLogger(__name__)

# For the code exchange and the certificates together: the answer is promised within 6 s.
TIMEOUT_SECONDS = 5.0
CLOCK_SKEW_SECONDS = 10

POPUP_REDIRECT_URI = "postmessage"

# The client's fault; any other refusal by Google is the configuration's.
_BAD_CODE = {"invalid_grant", "invalid_request", "redirect_uri_mismatch"}

# What the libraries raise when the answer has another shape than they take for granted.
_NONSENSE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

# A time-out of requests bounds each read, and none bounds the name service. So the calls are made aside and given up
# at the deadline; a server that dribbles on holds one of these threads, never a request.
_calls = ThreadPoolExecutor(max_workers=8, thread_name_prefix="google")


class GoogleIdentity(NamedTuple):
    """A Google account: known by `sub`, which never changes, unlike its verified email address.

    `hd` is the domain of the Workspace that the account belongs to, "" for others.
    """

    sub: str
    email: str
    hd: str = ""


class _ClaimsSerializer(serializers.Serializer[Any]):
    """What an ID token says of its owner."""

    sub = serializers.CharField(max_length=255)
    email = EmailField(max_length=254)
    hd = serializers.CharField(max_length=253, required=False)


class _BoundedRequest(GoogleRequest):
    """A request for certificates: google-auth itself would wait for two minutes."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **{**kwargs, "timeout": TIMEOUT_SECONDS})  # type: ignore[no-untyped-call]


def sign_in(**answer: str) -> User:
    """Return the user that Google vouches for; `answer` is what `identify` takes.

    Raises:
        Conflict, Unauthorized: as `sign_in_with_google` and `identify` say.
        PermissionDenied, ServiceUnavailable, ValidationError: as `identify` says.
    """
    identity = identify(**answer)
    return sign_in_with_google(sub=identity.sub, email=identity.email, hosted_domain=identity.hd)


def confirm(user: User, **answer: str) -> None:
    """Check that the holder of a token of `user` also holds the Google account; `answer` is as for `identify`.

    Raises:
        ValidationError: as `identify_own` says, or it is another Google account.
        PermissionDenied, ServiceUnavailable: as `identify` says.
    """
    if identify_own(**answer).sub != user.google_sub:
        raise ValidationError({"code": ["This is another Google account."]})


def identify_own(**answer: str) -> GoogleIdentity:
    """Return the Google account of a user who is logged in already; `answer` is as for `identify`.

    Raises:
        ValidationError: Google does not take the code, or as `identify` says. Not Unauthorized: the token is fine, and
            a client would drop it.
        PermissionDenied, ServiceUnavailable: as `identify` says.
    """
    try:
        return identify(**answer)
    except Unauthorized as error:
        raise ValidationError({"code": [error.detail]}) from error


def identify(*, code: str, redirect_uri: str = "", code_verifier: str = "") -> GoogleIdentity:
    """Return the Google account whose owner got `code` from Google.

    `redirect_uri` is the one that the code was asked for with: the configured one, which is also the default, or that
    of the pop-up flow.

    Raises:
        ValidationError: the redirect URI is another one.
        Unauthorized: Google does not take the code, or the ID token is not meant for AnyWork.
        PermissionDenied: the account's email address is not proven.
        ServiceUnavailable: not configured here, or Google is away, too slow or not understood.
    """
    if not (settings.GOOGLE_OAUTH_CLIENT_ID and settings.GOOGLE_OAUTH_CLIENT_SECRET):
        raise ServiceUnavailable("Sign-in with Google is not configured here.", "google_not_configured")
    redirect_uri = redirect_uri or settings.GOOGLE_OAUTH_REDIRECT_URI
    if redirect_uri not in {settings.GOOGLE_OAUTH_REDIRECT_URI, POPUP_REDIRECT_URI}:
        raise ValidationError({"redirect_uri": ["This is not the redirect URI that is configured here."]})

    claims = _call_google(code, redirect_uri, code_verifier)
    if claims.get("email_verified") is not True:
        raise PermissionDenied(
            "Google has not verified the email address of this account, or was not asked for it.",
            "google_email_unverified",
        )
    owner = _ClaimsSerializer(data=claims)
    if not owner.is_valid():
        logger.error("Google's ID token lacks %s", ", ".join(owner.errors))
        raise _unavailable()
    return GoogleIdentity(**owner.validated_data)


def _call_google(code: str, redirect_uri: str, code_verifier: str) -> Mapping[str, Any]:
    """Return the verified claims of the ID token that Google gives for `code`."""

    def exchange_and_verify() -> Mapping[str, Any]:
        return _verified_claims(_exchange(code, redirect_uri, code_verifier))

    # In a copy of the context, so that the log tells which request it was.
    call = _calls.submit(copy_context().run, exchange_and_verify)
    try:
        return call.result(TIMEOUT_SECONDS)
    except TimeoutError as error:
        # If it still waits for a thread, it must not use up the code for nobody.
        call.cancel()
        logger.warning("Google did not answer in time")
        raise _unavailable() from error
    except (requests.RequestException, OAuth2Error, GoogleAuthError, PyJWTError, *_NONSENSE) as error:
        # Not its message, which may quote the token.
        logger.warning("Sign-in with Google failed: %s %s", type(error).__name__, getattr(error, "error", ""))
        raise _unavailable() from error


def _exchange(code: str, redirect_uri: str, code_verifier: str) -> str:
    """Return the ID token that Google gives for `code`."""
    client = {
        "client_id": settings.GOOGLE_OAUTH_CLIENT_ID,
        "client_secret": settings.GOOGLE_OAUTH_CLIENT_SECRET,
        "auth_uri": settings.GOOGLE_AUTH_URI,
        "token_uri": settings.GOOGLE_TOKEN_URI,
    }
    # Without scopes, which the client chose: the library refuses an answer whose scopes differ from its own.
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
            raise Unauthorized("Google did not accept this code. Start again.", "invalid_google_code") from error
    if not isinstance(id_token, str):
        raise TypeError("The ID token is no text.")
    return id_token


def _verified_claims(id_token: str) -> Mapping[str, Any]:
    """Return the claims of an ID token that is signed by Google, current and meant for AnyWork."""
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
    # PyJWT lets a token without an end pass.
    if "exp" not in claims:
        raise _refused_token("endless")
    return claims


def _refused_token(reason: object) -> Unauthorized:
    logger.warning("An ID token of Google was refused: %s", reason)
    return Unauthorized("Google's confirmation is not valid here. Start again.", "invalid_google_token")


def _unavailable() -> ServiceUnavailable:
    return ServiceUnavailable("Google cannot be reached at the moment. Please try again.", "google_unavailable")
