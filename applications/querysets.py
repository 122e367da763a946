"""Who may see which applications."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import User


class ApplicationQuerySet(models.QuerySet[Any]):
    def live(self) -> "ApplicationQuerySet":
        """All that were not withdrawn."""
        return self.exclude(status="withdrawn")

    def visible_to(self, user: User | AnonymousUser) -> "ApplicationQuerySet":
        """One's own, those to one's own jobs; all to an admin."""
        if user.is_staff:
            return self
        if user.is_anonymous:
            return self.none()
        # By role, since an "or" of the two would read every application.
        return self.filter(job__employer=user.pk) if user.is_employer else self.filter(job_seeker=user.pk)

    def with_details(self) -> "ApplicationQuerySet":
        """Fetch what GET shows of seeker, resume and job in the same query."""
        # Without the words that a job is found by, which nobody reads here.
        return self.select_related("job__employer", "job_seeker__user", "resume").defer("job__search")
