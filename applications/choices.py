"""Values of choice fields."""

from django.db import models


class QuestionKind(models.TextChoices):
    """Kind of a screening question."""

    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    YES_NO = "yes_no", "Yes or no"
    CHOICE = "choice", "One of the choices"
    CHOICES = "choices", "Any of the choices"


class Status(models.TextChoices):
    """Status of an application."""

    PENDING = "pending", "Pending"
    REVIEWED = "reviewed", "Reviewed"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


UNDECIDED = (Status.PENDING, Status.REVIEWED)
DECIDED = (Status.ACCEPTED, Status.REJECTED)


class Reason(models.TextChoices):
    """Reason of a rejection."""

    POSITION_FILLED = "position_filled", "Position filled"
    EXPERIENCE = "experience", "Experience"
    SKILLS = "skills", "Skills"
    LOCATION = "location", "Location"
    SALARY = "salary", "Salary"
    OTHER = "other", "Other"


class EventKind(models.TextChoices):
    """Kind of an entry of a timeline."""

    APPLIED = "applied", "Applied"
    STATUS = "status", "Status changed"
    WITHDRAWN = "withdrawn", "Withdrawn"
    LETTER_CHANGED = "letter_changed", "Cover letter changed"
    RESUME_OPENED = "resume_opened", "Resume opened"
    REVOKED = "revoked", "Revoked"
    JOB_CLOSED = "job_closed", "Job closed"


class Actor(models.TextChoices):
    """Cause of an entry of a timeline."""

    APPLICANT = "applicant", "Applicant"
    EMPLOYER = "employer", "Employer"
    SYSTEM = "system", "System"


class Outcome(models.TextChoices):
    """What became of one application whose status was to change."""

    CHANGED = "changed", "Changed"
    UNCHANGED = "unchanged", "Unchanged"
    ILLEGAL = "illegal", "Illegal"
    NOT_FOUND = "not_found", "Not found"
