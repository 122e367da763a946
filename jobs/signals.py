"""Signals of this app."""

from django.dispatch import Signal

# A caller other than its owner has retrieved a job. Arguments: job.
job_viewed = Signal()

# The staff has closed a job. Arguments: job, reason.
job_taken_down = Signal()
