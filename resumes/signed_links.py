"""Signed links that open a resume's file without a token, which a browser's tab or download cannot send.

A link is signed for one file and one user, the viewer. It opens as long as the viewer may see the resume, until it
expires, or until all sessions of the viewer end by a new password or `logout-all`.
"""

import time
from datetime import timedelta
from typing import cast
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner, b62_encode, b64_encode
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.models import User


class LinkExpired(PermissionDenied):
    default_detail = "This link has expired. Reload the page to get a new one."
    default_code = "link_expired"


class _RoundingSigner(TimestampSigner):
    """Signer whose timestamps are rounded down to a sixtieth of a link's life, so that clients can cache responses."""

    def timestamp(self) -> str:
        step = max(1, settings.RESUME_LINK_MINUTES)
        now = int(time.time())
        return b62_encode(now - now % step)


_SALT = "resumes.session"
_signer = _RoundingSigner(salt=_SALT)

# Placeholder for the id of a resume.
_ANY = UUID(int=0)


class SignedLinks:
    """Signed URLs for the caller of `request`, valid for about RESUME_LINK_MINUTES.

    Create one instance per response: the part common to all URLs takes longer than signing.
    """

    def __init__(self, request: Request | HttpRequest) -> None:
        viewer = cast("User", request.user)
        self._signed = f":{viewer.pk}:{viewer.token_version}:{_signer.timestamp()}"
        # As Signer.signature() does it, which makes the key again for each signature.
        self._hmac = salted_hmac(f"{_SALT}signer", "", _signer.key, algorithm=_signer.algorithm)
        path = reverse("resume-file", kwargs={"resume_id": _ANY})
        self._before, _, after = request.build_absolute_uri(path).rpartition(str(_ANY))
        self._after = f"{after}?signature={quote(self._signed[1:] + ':')}"

    def url(self, resume_id: UUID) -> str:
        """Return the absolute URL of this resume's file."""
        resume = str(resume_id)
        signature = self._hmac.copy()
        signature.update(f"{resume}{self._signed}".encode())
        return f"{self._before}{resume}{self._after}{b64_encode(signature.digest()).decode()}"


def get_viewer(signature: str, resume_id: UUID) -> User | None:
    """Return the viewer for whom this file was signed, or None if the signature is invalid or the sessions have ended.

    Raises:
        LinkExpired: the signature is valid but has expired.
    """
    try:
        signed = _signer.unsign(f"{resume_id}:{signature}", max_age=timedelta(minutes=settings.RESUME_LINK_MINUTES))
    except SignatureExpired as error:
        raise LinkExpired from error
    except BadSignature:
        return None
    _, user_id, token_version = signed.split(":")
    return User.objects.filter(pk=user_id, token_version=token_version, is_active=True).first()
