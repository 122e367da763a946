"""Signals of this app."""

from django.dispatch import Signal

# A caller other than its owner has retrieved a job. Arguments: job.
job_viewed = Signal()

# The staff has closed a job. Arguments: job, reason.
job_taken_down = Signal()

# An employer has duplicated a job. Arguments: job, copy.
job_duplicated = Signal()

# An employer has closed jobs, or has left. Sent inside the transaction. Arguments: keys (of the jobs).
jobs_closed = Signal()

# A saved job closes soon. Sent inside the transaction, once for each. Arguments: saved_job.
saved_job_closing = Signal()
