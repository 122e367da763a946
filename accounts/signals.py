"""Domain signals, sent inside the transaction of their cause."""

from django.dispatch import Signal

# A password reset was requested. Arguments: address, which may belong to no account: looking it up here would show in
# the time of the response.
password_reset_requested = Signal()

# A link that verifies the address was requested. Arguments: user.
email_verification_requested = Signal()

# A change of the address was requested. Arguments: user, address.
email_change_requested = Signal()

# Arguments: user, former_address.
email_changed = Signal()

# A refresh token was used again, so its session has ended. Arguments: user; device and network of that use, as texts.
refresh_token_reused = Signal()

# ACCOUNT_FAILURES logins failed within an hour. Arguments: user.
sign_ins_failed = Signal()

# Arguments: user.
account_blocked = Signal()
account_unblocked = Signal()

# The time zone or the alert hour was changed. Arguments: user.
alert_time_changed = Signal()

# Arguments: user.
password_changed = Signal()

# A Google account was linked to an existing account. Arguments: user.
google_account_linked = Signal()

# An account was not used for RETENTION_MONTHS: its owner is asked to log in. Arguments: user, erased_at.
account_idle = Signal()

# An account is about to be deleted with its rows. Arguments: user. Receivers that keep rows detach them from the user
# and remove personal data; files are deleted after the commit.
account_erasing = Signal()
