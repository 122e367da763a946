"""Links in mails that switch such mails off, without signing in. They do not expire: an old mail keeps its way out."""

from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.http import urlencode

_signer = Signer(salt="notifications.unsubscribe")


def unsubscribe_url(user_id: UUID, kind: str) -> str:
    """Return the absolute URL at which this user switches mails of this kind off."""
    token = _signer.sign_object([str(user_id), kind])
    # In the query string, which no log holds.
    return f"{settings.PUBLIC_URL}{reverse('unsubscribe')}?{urlencode({'token': token})}"


def read_unsubscribe_token(token: str) -> tuple[UUID, str] | None:
    """Return user and kind of a link of ours, None for any other."""
    try:
        user_id, kind = _signer.unsign_object(token)
    except BadSignature:
        return None
    return UUID(user_id), kind
