"""Links that open one resume file for a while, without a token: a browser's tab or download cannot send one."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from resumes.models import Resume

_signer = TimestampSigner(salt="resumes.link")


def signed_url(resume: Resume, request: Request | HttpRequest) -> str:
    """Return the absolute URL of the file, signed for RESUME_LINK_MINUTES from now."""
    path = reverse("resume-file", kwargs={"resume_id": resume.pk})
    signature = _signer.sign(str(resume.pk)).partition(":")[2]
    return request.build_absolute_uri(f"{path}?{urlencode({'signature': signature})}")


def is_signed(resume_id: UUID, signature: str) -> bool:
    """Tell whether `signature` opens this very file.

    Raises:
        PermissionDenied: it did, but has expired (`link_expired`).
    """
    try:
        _signer.unsign(f"{resume_id}:{signature}", max_age=timedelta(minutes=settings.RESUME_LINK_MINUTES))
    except SignatureExpired as error:
        raise PermissionDenied("This link has expired. Open the page again for a new one.", "link_expired") from error
    except BadSignature:
        return False
    return True
