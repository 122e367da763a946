"""Links that open one resume file for a while, without a token: a browser's tab or download cannot send one.

A link is signed for the file and for whom it is shown to. Whoever holds it opens the file in that viewer's name, for
as long as the viewer may, and until all sessions of the viewer end: by a new password or `logout-all`.
"""

import time
from datetime import timedelta
from typing import cast
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner, b62_encode
from django.http import HttpRequest
from django.urls import reverse
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.models import User


class _SteadySigner(TimestampSigner):
    """Signs alike for a sixtieth of a link's life: one that differed at each look would make every answer new."""

    def timestamp(self) -> str:
        steady_seconds = max(1, settings.RESUME_LINK_MINUTES)
        now = int(time.time())
        return b62_encode(now - now % steady_seconds)


_signer = _SteadySigner(salt="resumes.session")

# Stands for any resume.
_ANY = UUID(int=0)


class SignedLinks:
    """The links in an answer to `request`: absolute URLs, signed for the caller and for about RESUME_LINK_MINUTES.

    Meant to be made once for all of them: what they have in common takes longer than signing each.
    """

    def __init__(self, request: Request | HttpRequest) -> None:
        viewer = cast("User", request.user)
        self._viewer = f"{viewer.pk}:{viewer.token_version}"
        path = reverse("resume-file", kwargs={"resume_id": _ANY})
        self._before, _, self._after = request.build_absolute_uri(path).rpartition(str(_ANY))

    def to(self, resume_id: UUID) -> str:
        """Return the URL of the file of the resume with this key."""
        signature = _signer.sign(f"{resume_id}:{self._viewer}").partition(":")[2]
        return f"{self._before}{resume_id}{self._after}?signature={quote(signature)}"


def viewer_by(signature: str, resume_id: UUID) -> User | None:
    """Return for whom `signature` opens this very file; None: for nobody, or a user whose sessions have ended since.

    Raises:
        PermissionDenied: it did, but has expired (`link_expired`).
    """
    try:
        signed = _signer.unsign(f"{resume_id}:{signature}", max_age=timedelta(minutes=settings.RESUME_LINK_MINUTES))
    except SignatureExpired as error:
        raise PermissionDenied("This link has expired. Open the page again for a new one.", "link_expired") from error
    except BadSignature:
        return None
    _, user_id, token_version = signed.split(":")
    return User.objects.filter(pk=user_id, token_version=token_version, is_active=True).first()
