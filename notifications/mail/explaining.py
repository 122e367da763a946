"""Why an email was not sent, in words."""

import re

from django.conf import settings

from notifications.choices import EmailState
from notifications.models import OutgoingEmail

# By the beginning of `last_error`: the name of the exception that `delivery` has caught.
_REASONS = {
    "SMTPRecipientsRefused": "{host} refused the address",
    "SMTPSenderRefused": "{host} refused our address",
    "SMTPDataError": "{host} refused the message",
    "SMTPAuthenticationError": "{host} refused our login",
    "SMTPConnectError": "{host} refused the connection",
    "SMTPHeloError": "{host} refused the connection",
    "SMTPServerDisconnected": "{host} closed the connection",
    "NoFinalReplyError": "{host} did not confirm the message, which may have arrived",
    "ConnectionRefusedError": "{host} refused the connection",
    "ConnectionResetError": "{host} closed the connection",
    "OSError": "{host} cannot be reached",
    "TimeoutError": "{host} did not respond in time",
    "gaierror": "the name {host} is unknown",
    "SSLError": "the connection to {host} could not be encrypted",
    "SSLCertVerificationError": "the certificate of {host} is not valid",
}
_STATES = {
    EmailState.QUEUED: "Waiting for a worker",
    EmailState.SENDING: "Being sent",
    EmailState.RETRY: "To be tried again",
    EmailState.SENT: "Accepted by {host}; from there on, its log tells more",
    EmailState.DEAD: "Given up",
    EmailState.HELD: "Held by an administrator, or in a restored backup",
    EmailState.SKIPPED: "Not sent: the recipient is blocked or has switched it off, or it is an alert of a day ago",
}
_AFTER_ATTEMPTS = (EmailState.RETRY, EmailState.DEAD, EmailState.HELD)


def explain(email: OutgoingEmail) -> str:
    """Return a sentence such as "Given up after 3 attempts: smtp.example.org refused the address (550)."""
    host = settings.EMAIL_HOST or "the mail server"
    sentence = _STATES[EmailState(email.state)].format(host=host)
    if email.state in _AFTER_ATTEMPTS and email.attempts:
        sentence += f" after {email.attempts} attempt{'s' if email.attempts > 1 else ''}"
    if email.last_error:
        sentence += f": {_reason(email.last_error, host)}"
    return f"{sentence}."


def _reason(last_error: str, host: str) -> str:
    error = re.fullmatch(r"(\w+)(?: ([0-9]{3}))?", last_error)
    if not error:
        # A sentence of `delivery`.
        return last_error[0].lower() + last_error[1:]
    name, code = error.groups()
    reason = _REASONS.get(name, "an error of this server, {name}, which its log explains").format(host=host, name=name)
    return f"{reason} ({code})" if code else reason
