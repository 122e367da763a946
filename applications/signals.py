"""Signals of applications, sent inside the transaction of the change."""

from django.dispatch import Signal

# A job seeker applied. Arguments: application.
application_submitted = Signal()

# An application's status changed. Arguments: application, change (the StatusChange).
application_status_changed = Signal()
