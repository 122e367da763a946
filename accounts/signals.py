"""What this app announces, inside the transaction that makes it true. It knows of nobody who listens."""

from django.dispatch import Signal

# Somebody asked for a link to set a new password. Arguments: address, which need not be anybody's: nobody has looked,
# so that the answer and its time tell nothing.
password_reset_requested = Signal()

# A user is to prove an e-mail address by a link. Arguments: user.
email_verification_requested = Signal()

# Arguments: user.
password_changed = Signal()

# A Google account may sign in to an account that was there before. Arguments: user.
google_account_linked = Signal()

# An account is about to be deleted with all that hangs on it. Arguments: user. Whoever keeps something in spite of
# that detaches it from the user and takes the person out of it; files go after the commit.
account_erasing = Signal()
