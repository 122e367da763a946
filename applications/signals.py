"""Signals of applications, sent inside the transaction of the change."""

from django.dispatch import Signal

# A job seeker applied. Arguments: application.
application_submitted = Signal()

# The employer closed the job of an undecided application, or left. Arguments: application.
job_of_application_closed = Signal()

# Decided applications of an applicant will be revoked. Arguments: user, number, revoked_at (the earliest time).
applications_expiring = Signal()

# The status of an application changed, and its applicant is told: at once, or after the hold of a rejection.
# Arguments: application, change (the StatusChange).
application_status_changed = Signal()
