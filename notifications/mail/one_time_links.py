"""One-time links, which are created when their email is sent: no row, admin page or backup contains one."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.html import escape

from accounts.account_links import email_change_path, email_verification_path, password_reset_path
from accounts.models import User
from notifications.choices import EmailKind
from notifications.models import OutgoingEmail

# Stored in the row in place of the link.
LINK_PLACEHOLDER = "https://link-to-come.invalid/"
# An address gets at most one link of a kind per period.
LINK_PERIOD = timedelta(minutes=1)

_PATHS = {
    EmailKind.EMAIL_VERIFICATION: email_verification_path,
    EmailKind.PASSWORD_RESET: password_reset_path,
    EmailKind.EMAIL_CHANGE: email_change_path,
}


def insert_link(email: OutgoingEmail) -> bool:
    """Replace the placeholder in an email, but not in its row; return False if the email must not be sent."""
    path = _PATHS.get(EmailKind(email.kind))
    if path is None:
        return True
    users = User.objects.filter(is_active=True)
    if email.kind == EmailKind.EMAIL_CHANGE:
        user = users.filter(pk=email.recipient_id, email_change__email=email.to).first()
    else:
        user = users.filter(email=email.to).first()
    since = timezone.now() - LINK_PERIOD
    if user is None or OutgoingEmail.objects.filter(kind=email.kind, to=email.to, sent_at__gt=since).exists():
        return False
    url = settings.FRONTEND_URL + path(user)
    email.text = email.text.replace(LINK_PLACEHOLDER, url)
    email.html = email.html.replace(LINK_PLACEHOLDER, escape(url))
    return True
