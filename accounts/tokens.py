"""Tokens: issued, refreshed and ended.

Every token belongs to a `Session` and ends with it. A refresh token works once; only its id is stored.
"""

from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError

from accounts import audit
from accounts.devices import Device
from accounts.exceptions import RefreshTokenUsed, SessionEnded
from accounts.models import RefreshTokenUse, Session, User
from accounts.signals import refresh_token_reused
from accounts.token_keys import RefreshToken
from anywork.api.exceptions import Unauthorized

SESSION_CLAIM = "sid"
VERSION_CLAIM = "ver"

# Two tabs that refresh at once, or a lost response, are no theft: the session continues.
REUSE_GRACE = timedelta(seconds=10)


class TokenPair(NamedTuple):
    """Encoded tokens of a client."""

    access: str
    refresh: str


def open_session(user: User, device: Device | None = None, *, otp_verified: bool = False) -> TokenPair:
    """Start a session of `user` and return its first pair.

    `otp_verified` tells that the login needed a code; with ADMIN_TOTP_REQUIRED, the staff's tokens are invalid without.
    """
    device = device or Device()
    with transaction.atomic():
        user.sessions.expired().delete()
        session = user.sessions.create(device=device.name, address=device.address, otp_verified=otp_verified)
        return _issue(session, user)


def refresh_session(encoded: str, device: Device | None = None) -> TokenPair:
    """Exchange a refresh token for a new pair.

    Exactly one of several concurrent calls with one token succeeds. A token that is used again within `REUSE_GRACE` is
    refused; one that is used again later was probably stolen, and ends the session (RFC 9700, section 4.14.2).

    Raises:
        Unauthorized: the token is no valid refresh token.
        RefreshTokenUsed: the token was used a moment ago.
        SessionEnded: the session has ended, or ends now.
    """
    token = _decode(encoded)
    with transaction.atomic():
        session = _lock_session(token)
        use = session.refresh_tokens.filter(pk=token["jti"]).first()
        now = timezone.now()
        if use is not None and use.used_at is None:
            use.used_at = session.last_used_at = now
            session.device, session.address = device or (session.device, session.address)
            use.save(update_fields=["used_at"])
            session.save(update_fields=["last_used_at", "device", "address"])
            return _issue(session, session.user)
        if use and use.used_at and now - use.used_at <= REUSE_GRACE:
            raise RefreshTokenUsed
        Session.objects.filter(pk=session.pk).end()
        audit.record(audit.Kind.TOKEN_REUSED, user=session.user, subject=str(session.pk))
        name, network = device or Device()
        refresh_token_reused.send(sender=Session, user=session.user, device=name, network=network)
    raise SessionEnded


def close_session(encoded: str) -> None:
    """End the session that a refresh token belongs to.

    Raises:
        Unauthorized: the token is no valid refresh token.
        SessionEnded: the session has ended already.
    """
    token = _decode(encoded)
    with transaction.atomic():
        Session.objects.filter(pk=_lock_session(token).pk).end()


def close_all_sessions(user: User) -> None:
    """End all sessions of `user`, including one that is being opened concurrently."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
        user.refresh_from_db(fields=["token_version"])
        user.sessions.end()


def _issue(session: Session, user: User) -> TokenPair:
    refresh = RefreshToken.for_user(user)
    refresh[SESSION_CLAIM] = str(session.pk)
    refresh[VERSION_CLAIM] = user.token_version
    RefreshTokenUse.objects.create(pk=refresh["jti"], session=session)
    return TokenPair(access=str(refresh.access_token), refresh=str(refresh))


def _decode(encoded: str) -> RefreshToken:
    try:
        return RefreshToken(encoded)  # type: ignore[arg-type]
    except TokenError as error:
        raise Unauthorized from error


def _lock_session(token: RefreshToken) -> Session:
    session = (
        Session.objects.alive()
        .select_related("user")
        .select_for_update(of=("self",))
        .filter(pk=token.get(SESSION_CLAIM), user__token_version=token.get(VERSION_CLAIM))
        .first()
    )
    if session is None:
        raise SessionEnded
    return session
