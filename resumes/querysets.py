"""Querysets of resumes."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import User
from accounts.querysets import shared_applications
from anywork.api.permissions import is_staff_with


class ResumeQuerySet(models.QuerySet[Any]):
    def kept(self) -> "ResumeQuerySet":
        """Return the resumes that their owner has not removed."""
        return self.filter(removed_at=None)

    def visible_to(self, user: User | AnonymousUser) -> "ResumeQuerySet":
        """Return a job seeker's own, those submitted to an employer's jobs, or all for the staff."""
        if is_staff_with(user, "view", self.model):
            return self
        if user.is_anonymous or user.is_staff:
            return self.none()
        # By role: an OR of the two conditions would read every resume.
        if not user.is_employer:
            return self.filter(job_seeker=user.pk, removed_at=None)
        submitted = self.model.objects.alias(shared=shared_applications("applications")).filter(
            shared__job__employer=user.pk
        )
        return self.filter(pk__in=submitted.values("pk"))

    def linked_to(self, user: User) -> "ResumeQuerySet":
        """Return the resumes whose links open for `user`: also removed ones, which its applications still show."""
        return self.visible_to(user) | self.filter(job_seeker=user.pk)
