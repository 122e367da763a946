"""Who may see which resumes."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import User
from accounts.querysets import live_applications


class ResumeQuerySet(models.QuerySet[Any]):
    def kept(self) -> "ResumeQuerySet":
        """Resumes that their owner has not deleted."""
        return self.filter(removed_at=None)

    def visible_to(self, user: User | AnonymousUser) -> "ResumeQuerySet":
        """One's own that are not deleted, those submitted to one's jobs; all to an admin."""
        if user.is_staff:
            return self
        if user.is_anonymous:
            return self.none()
        # By role, since an "or" of the two would read every resume.
        if not user.is_employer:
            return self.filter(job_seeker=user.pk, removed_at=None)
        submitted = self.model.objects.alias(live=live_applications("applications")).filter(live__job__employer=user.pk)
        return self.filter(pk__in=submitted.values("pk"))

    def linked_to(self, user: User) -> "ResumeQuerySet":
        """Those whose links work for `user`: visible ones, and of its own also what an application still shows it."""
        return self.visible_to(user) | self.filter(job_seeker=user.pk)
