"""Terms of use, which users accept version by version, where the site has TERMS_VERSION."""

from uuid import UUID

from django.conf import settings

from accounts.exceptions import TermsChanged, TermsRequired
from accounts.models import TermsAcceptance, User


def check_terms(version: str, field: str) -> None:
    """Check that a body names the present version, where the site has terms.

    Raises:
        TermsRequired: it does not.
    """
    if settings.TERMS_VERSION and version != settings.TERMS_VERSION:
        raise TermsRequired(settings.TERMS_VERSION, field)


def accept_terms(*, user: User) -> None:
    """Record that `user` accepts the present version, where the site has terms; only the first time counts."""
    if version := settings.TERMS_VERSION:
        TermsAcceptance.objects.bulk_create([TermsAcceptance(user=user, version=version)], ignore_conflicts=True)


def require_terms(user_id: UUID) -> None:
    """Check that the user has accepted the present version, where the site has terms.

    Raises:
        TermsChanged: the user has not.
    """
    version = settings.TERMS_VERSION
    if version and not TermsAcceptance.objects.filter(user=user_id, version=version).exists():
        raise TermsChanged(version)
