"""Signatures of tokens. The first key of JWT_KEYS signs; tokens that another one has signed stay valid."""

import hashlib
from contextlib import suppress
from functools import cache
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt import backends, tokens
from rest_framework_simplejwt.settings import api_settings


@cache
def key_id(key: str) -> str:
    """Return the `kid` of the tokens that a key signs, which does not disclose the key."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


class TokenBackend(backends.TokenBackend):
    """Simple JWT's, with several keys."""

    def encode(self, payload: dict[str, Any]) -> str:
        key = settings.JWT_KEYS[0]
        claims = {**payload, "aud": self.audience, "iss": self.issuer}
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": key_id(key)})

    def get_verifying_key(self, token: Any) -> str:
        kid = jwt.get_unverified_header(token).get("kid")
        for key in settings.JWT_KEYS:
            # Without a kid, it was issued before keys had ids.
            if kid == key_id(key) or (kid is None and self._has_signed(key, token)):
                return key
        raise jwt.InvalidSignatureError

    def _has_signed(self, key: str, token: Any) -> bool:
        with suppress(jwt.InvalidSignatureError):
            jwt.PyJWS().decode(token, key, algorithms=[self.algorithm])
            return True
        return False


_backend = TokenBackend(api_settings.ALGORITHM, audience=api_settings.AUDIENCE, issuer=api_settings.ISSUER)


class AccessToken(tokens.AccessToken):
    _token_backend = _backend


class RefreshToken(tokens.RefreshToken):
    _token_backend = _backend
    access_token_class = AccessToken
