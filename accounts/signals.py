"""What this app announces, inside the transaction that makes it true. It knows of nobody who listens."""

from django.dispatch import Signal

# Somebody asked for a link to set a new password. Arguments: address, which need not be anybody's: nobody has looked,
# so that the answer and its time tell nothing.
password_reset_requested = Signal()

# A user is to verify the email address by a link. Arguments: user.
email_verification_requested = Signal()

# A user wants another email address, and is to confirm it by a link. Arguments: user, address.
email_change_requested = Signal()

# Arguments: user, former_address.
email_changed = Signal()

# A refresh token was used again, so its session has ended. Arguments: user, device and network, as texts, of that use.
refresh_token_reused = Signal()

# As many sign-ins failed within an hour as close an account to unknown networks. Arguments: user.
sign_ins_failed = Signal()

# Inside the transaction that sets is_active. Arguments: user.
account_blocked = Signal()
account_unblocked = Signal()

# Arguments: user.
password_changed = Signal()

# A Google account may sign in to an account that was there before. Arguments: user.
google_account_linked = Signal()

# An account is about to be deleted with all that hangs on it. Arguments: user. Whoever keeps something in spite of
# that detaches it from the user and takes the person out of it; files go after the commit.
account_erasing = Signal()
