"""Querysets of applications."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import User
from anywork.api.permissions import is_staff_with
from applications.choices import Status


class ApplicationQuerySet(models.QuerySet[Any]):
    def live(self) -> "ApplicationQuerySet":
        """Return the applications that are not withdrawn."""
        return self.exclude(status=Status.WITHDRAWN)

    def visible_to(self, user: User | AnonymousUser) -> "ApplicationQuerySet":
        """Return those of a job seeker, those to the jobs of an employer, or all for the staff."""
        if is_staff_with(user, "view", self.model):
            return self
        if user.is_anonymous or user.is_staff:
            return self.none()
        # By role: an OR of the two conditions would read every application.
        return self.filter(job__employer=user.pk) if user.is_employer else self.filter(job_seeker=user.pk)

    def with_details(self) -> "ApplicationQuerySet":
        """Fetch applicant, resume and job, as GET shows them, in the same query."""
        # Without the large search vector, which is not needed here.
        return self.select_related("job__employer", "job_seeker__user", "resume").defer("job__search")
