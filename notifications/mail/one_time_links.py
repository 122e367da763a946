"""Links that open an account. They are made when their mail is sent: no row, admin page or backup holds one."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.html import escape

from accounts.account_links import email_change_path, email_verification_path, password_reset_path
from accounts.models import User
from notifications.models import OutgoingEmail

# What the row holds in place of the link.
LINK_TO_COME = "https://link-to-come.invalid/"
# Nobody is flooded with them.
LINK_PERIOD = timedelta(minutes=1)

_PATHS = {
    OutgoingEmail.Kind.EMAIL_VERIFICATION: email_verification_path,
    OutgoingEmail.Kind.PASSWORD_RESET: password_reset_path,
    OutgoingEmail.Kind.EMAIL_CHANGE: email_change_path,
}
LINK_KINDS = frozenset(_PATHS)


def fill_in_link(email: OutgoingEmail) -> bool:
    """Put a fresh link into a mail that needs one, but not into its row; return whether there is anybody to get it."""
    path = _PATHS.get(OutgoingEmail.Kind(email.kind))
    if path is None:
        return True
    users = User.objects.filter(is_active=True)
    if email.kind == OutgoingEmail.Kind.EMAIL_CHANGE:
        user = users.filter(pk=email.recipient_id, email_change__email=email.to).first()
    else:
        user = users.filter(email=email.to).first()
    moments_ago = timezone.now() - LINK_PERIOD
    if user is None or OutgoingEmail.objects.filter(kind=email.kind, to=email.to, sent_at__gt=moments_ago).exists():
        return False
    url = settings.FRONTEND_URL + path(user)
    email.text = email.text.replace(LINK_TO_COME, url)
    email.html = email.html.replace(LINK_TO_COME, escape(url))
    return True
