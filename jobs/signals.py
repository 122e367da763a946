"""What this app announces."""

from django.dispatch import Signal

# Somebody other than its owner opened a job's page. Arguments: job.
job_viewed = Signal()
