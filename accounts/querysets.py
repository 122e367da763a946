"""Querysets of accounts: who sees which rows."""

from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import BaseUserManager
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.models import FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from anywork.api.batches import sweep
from anywork.api.emails import canonical_email
from anywork.api.permissions import is_staff_with
from anywork.database.recorded import Recorded


def shared_applications(relation: str) -> FilteredRelation:
    """Return the applications by which an employer sees its applicants: neither withdrawn nor revoked ones."""
    shared = ~Q(**{f"{relation}__status": "withdrawn"}) & Q(**{f"{relation}__revoked_at": None})
    return FilteredRelation(relation, condition=shared)


class UserManager(BaseUserManager[Any]):
    """Manager of users, whose email addresses are stored in canonical form."""

    use_in_migrations = True

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return the canonical form; if `email` is not an address, its lower case, which no account has."""
        text = email or ""
        try:
            return canonical_email(text)
        except ValidationError:
            return text.strip().lower()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Any:
        """Return a new user; without a password, one that cannot log in by password.

        Raises:
            ValidationError: `email` is not an email address.
        """
        user = self.model(email=canonical_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Any:
        """Return a new administrator."""
        return self.create_user(email, password, **{**fields, "role": "admin", "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> Any:
        return super().get_by_natural_key(self.normalize_email(username))


class JobSeekerQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> "JobSeekerQuerySet":
        """The job seeker, the applicants of an employer, all for the staff."""
        if is_staff_with(user, "view", self.model):
            return self
        if user.is_anonymous or user.is_staff:
            return self.none()
        # By role: OR of both conditions would read every profile.
        if not user.is_employer:
            return self.filter(pk=user.pk)
        applicants = self.model.objects.alias(shared=shared_applications("applications")).filter(
            shared__job__employer=user.pk
        )
        return self.filter(pk__in=applicants.values("pk"))


class EmployerQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> "EmployerQuerySet":
        """All companies; a blocked one only for the staff."""
        return self if is_staff_with(user, "view", self.model) else self.filter(user__is_active=True)


class OwnQuerySet(models.QuerySet[Any]):
    """Rows of job seekers, which their owner alone sees."""

    def visible_to(self, user: Any) -> Self:
        return self.none() if user.is_anonymous else self.filter(job_seeker=user.pk)


class RefusedEmployerQuerySet(OwnQuerySet):
    def of(self, job_seeker: UUID) -> models.QuerySet[Any, Any]:
        """Return the employers whom a job seeker refuses, for a subquery."""
        return self.filter(job_seeker=job_seeker).values("employer")


# The names are visited one by one by the index on folded names: a frequent one costs as little as a rare one. Of each,
# a few rows tell whether five users have it.
_COMMON_SKILLS = """
    WITH RECURSIVE known (folded) AS (
        (
            SELECT anywork_folded(name) COLLATE "C" FROM accounts_skill
            WHERE anywork_folded(name) COLLATE "C" >= anywork_folded(%(typed)s)
            ORDER BY anywork_folded(name) COLLATE "C" LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT anywork_folded(name) COLLATE "C" FROM accounts_skill
            WHERE anywork_folded(name) COLLATE "C" > known.folded
            ORDER BY anywork_folded(name) COLLATE "C" LIMIT 1
        )
        FROM known WHERE starts_with(known.folded, anywork_folded(%(typed)s))
    ),
    beginning AS (
        SELECT folded FROM known WHERE starts_with(folded, anywork_folded(%(typed)s)) LIMIT %(visited)s
    )
    SELECT spelling.name
    FROM beginning, LATERAL (
        SELECT mode() WITHIN GROUP (ORDER BY name COLLATE "C") AS name, count(DISTINCT user_id) AS users
        FROM (
            SELECT name, user_id FROM accounts_skill
            WHERE anywork_folded(accounts_skill.name) COLLATE "C" = beginning.folded LIMIT %(looked_at)s
        ) AS few
    ) AS spelling
    WHERE spelling.users >= %(users)s
    ORDER BY length(folded), folded LIMIT %(most)s
"""
# A name that fewer users have may tell who they are.
MIN_USERS_OF_A_SKILL = 5
MAX_COMMON_SKILLS = 10
_MAX_VISITED_SKILLS = 2_000


class SkillQuerySet(models.QuerySet[Any]):
    def common_names(self, typed: str) -> list[str]:
        """Return names that begin with `typed` and that at least MIN_USERS_OF_A_SKILL users have, the shortest first.

        Among more than _MAX_VISITED_SKILLS, the later ones in the alphabet are not found.
        """
        values: dict[str, str | int] = {
            "typed": typed,
            "users": MIN_USERS_OF_A_SKILL,
            "looked_at": 4 * MIN_USERS_OF_A_SKILL,
            "visited": _MAX_VISITED_SKILLS,
            "most": MAX_COMMON_SKILLS,
        }
        with connections[self.db].cursor() as cursor:
            cursor.execute(_COMMON_SKILLS, values)
            return [name for (name,) in cursor.fetchall()]

    def visible_to(self, user: Any) -> "SkillQuerySet":
        """Skills of the job seekers that `user` sees; all for the staff."""
        if is_staff_with(user, "view", self.model):
            return self
        if user.is_staff:
            return self.none()
        seekers = JobSeekerQuerySet(apps.get_model("accounts.JobSeeker")).visible_to(user)
        return self.filter(user__in=seekers.values("pk"))


class SessionQuerySet(models.QuerySet[Any]):
    def alive(self) -> "SessionQuerySet":
        """Sessions that have not ended, are younger than JWT_SESSION_DAYS and whose user is active.

        With ADMIN_TOTP_REQUIRED, those of the staff were opened with a code.
        """
        return self.filter(_is_alive())

    def user_of(self, session_id: str | None, token_version: int | None) -> Any:
        """Return the user of this session if it is alive and the version of the user's tokens is this one, else None.

        Every request of a signed-in user asks this, of all sessions.
        """
        sessions = Recorded(self.model, _sessions_with_users).filter(_is_alive())
        try:
            user = sessions.get(pk=session_id).user
        except self.model.DoesNotExist:
            return None
        return user if user.token_version == token_version else None

    def usable(self) -> "SessionQuerySet":
        """Sessions that can still be refreshed."""
        return self.filter(is_usable())

    def end(self) -> int:
        """End the sessions; return their number."""
        return self.filter(ended_at=None).update(ended_at=timezone.now())

    def delete_expired(self, *, until: float) -> None:
        """Delete expired sessions; their users keep the time of the latest use."""
        uses = self.filter(user=OuterRef("pk")).order_by("-last_used_at").values("last_used_at")

        def delete(sessions: models.QuerySet[Any]) -> None:
            users = get_user_model().objects.filter(pk__in=sessions.values("user"))
            # What ends sessions locks their user first: waiting for it would be a deadlock.
            free = list(users.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
            users.filter(pk__in=free).update(last_seen_at=Greatest("last_seen_at", Subquery(uses[:1])))
            sessions.filter(user__in=free).delete()

        sweep(self.expired(), delete, until=until)

    def expired(self) -> "SessionQuerySet":
        """Sessions whose latest refresh token has expired, or that are older than JWT_SESSION_DAYS."""
        return self.filter(Q(last_used_at__lt=_oldest_use()) | Q(created_at__lte=_oldest_sign_in()))


def _sessions_with_users() -> models.QuerySet[Any]:
    return apps.get_model("accounts.Session").objects.select_related("user")


def _is_alive() -> Q:
    condition = Q(ended_at=None, user__is_active=True, created_at__gt=_oldest_sign_in())
    if settings.ADMIN_TOTP_REQUIRED:
        condition &= Q(otp_verified=True) | Q(user__is_staff=False, user__is_superuser=False)
    return condition


def is_usable() -> Q:
    """Return the condition of `SessionQuerySet.usable`."""
    return _is_alive() & Q(last_used_at__gte=_oldest_use())


def _oldest_sign_in() -> datetime:
    return timezone.now() - timedelta(days=settings.JWT_SESSION_DAYS)


def _oldest_use() -> datetime:
    """Return the issue time of a refresh token that expires now."""
    lifetime: timedelta = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    return timezone.now() - lifetime
