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
    JOB_CLOSED = "job_closed", "Job closed by its employer"
    JOB_ALERT = "job_alert", "New jobs of saved searches"
    SAVED_JOB_CLOSING = "saved_job_closing", "Saved job closes soon"


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
    JOB_CLOSED = "job_closed", "Job closed by its employer"
    JOB_ALERT = "job_alert", "New jobs of saved searches"
    SAVED_JOB_CLOSING = "saved_job_closing", "Saved job closes soon"
    APPLICATIONS_EXPIRING = "applications_expiring", "Applications to be revoked"
    ACCOUNT_IDLE = "account_idle", "Unused account to be deleted"


# Emails with a one-time link.
LINK_KINDS = [EmailKind.EMAIL_VERIFICATION, EmailKind.PASSWORD_RESET, EmailKind.EMAIL_CHANGE]


class EmailState(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    RETRY = "retry", "Waiting to retry"
    SENT = "sent", "Sent"
    DEAD = "dead", "Given up"
    HELD = "held", "Held"
    # Before the email was sent, the recipient was blocked, or switched this kind or the saved search off, or an alert
    # became a day old.
    SKIPPED = "skipped", "Skipped"


WAITING = [EmailState.QUEUED, EmailState.RETRY]
UNSENT = [EmailState.QUEUED, EmailState.SENDING, EmailState.RETRY]
# Only an administrator can go on with these.
STOPPED = [EmailState.DEAD, EmailState.HELD]
