"""Values of choice fields."""

from django.db import models


class NotificationKind(models.TextChoices):
    """Kind of news that a user can switch on and off."""

    APPLICATION_RECEIVED = "application_received", "Application received"
    APPLICATION_ACCEPTED = "application_accepted", "Application accepted"
    APPLICATION_REJECTED = "application_rejected", "Application rejected"
    APPLICATION_UPDATED = "application_updated", "Application updated"
    NEW_APPLICATION = "new_application", "New application"
    APPLICATIONS_DIGEST = "applications_digest", "Daily summary of new applications"
    APPLICATION_WITHDRAWN = "application_withdrawn", "Application withdrawn"


class Channel(models.TextChoices):
    EMAIL = "email", "Email"
    IN_APP = "in_app", "In the app"


class EmailKind(models.TextChoices):
    APPLICATION_RECEIVED = "application_received", "Application received"
    APPLICATION_ACCEPTED = "application_accepted", "Application accepted"
    APPLICATION_REJECTED = "application_rejected", "Application rejected"
    EMAIL_VERIFICATION = "email_verification", "Verify the email address"
    PASSWORD_RESET = "password_reset", "Reset the password"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    GOOGLE_LINKED = "google_linked", "Google account linked"
    NEW_APPLICATION = "new_application", "New application"
    APPLICATIONS_DIGEST = "applications_digest", "Daily summary of new applications"
    APPLICATION_WITHDRAWN = "application_withdrawn", "Application withdrawn"
    EMAIL_CHANGE = "email_change", "Verify the new email address"
    EMAIL_CHANGED = "email_changed", "Email address changed"
    REFRESH_TOKEN_REUSED = "refresh_token_reused", "Refresh token reused"
    SIGN_IN_FAILURES = "sign_in_failures", "Many failed logins"
    JOB_TAKEN_DOWN = "job_taken_down", "Job closed by the staff"


# Emails with a one-time link.
LINK_KINDS = [EmailKind.EMAIL_VERIFICATION, EmailKind.PASSWORD_RESET, EmailKind.EMAIL_CHANGE]


class EmailState(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    RETRY = "retry", "Waiting to retry"
    SENT = "sent", "Sent"
    DEAD = "dead", "Given up"
    HELD = "held", "Held"
    # The recipient was blocked, or switched this kind off, before the email was sent.
    SKIPPED = "skipped", "Skipped"


WAITING = [EmailState.QUEUED, EmailState.RETRY]
UNSENT = [EmailState.QUEUED, EmailState.SENDING, EmailState.RETRY]
# Only an administrator can go on with these.
STOPPED = [EmailState.DEAD, EmailState.HELD]
