"""Users, profiles, skills, sessions, failed logins and the audit trail."""

import uuid
from datetime import datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import querysets
from anywork.api.text import by_name, searchable

# Of a day.
LAST_HOUR = 23


class Role(models.TextChoices):
    JOB_SEEKER = "job_seeker", "Job seeker"
    EMPLOYER = "employer", "Employer"
    ADMIN = "admin", "Administrator"


class User(AbstractBaseUser, PermissionsMixin):
    """User account, identified by its email address."""

    user_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    # "" until a user who registered with Google has chosen one.
    role = models.CharField(max_length=20, choices=Role, blank=True, default="")
    # Google's `sub`: the id of a Google account, whose email address may change.
    google_sub = models.CharField(max_length=255, unique=True, null=True, blank=True, editable=False)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    # Tokens contain the version of their issue; a higher one invalidates all of them.
    token_version = models.PositiveIntegerField(default=0, editable=False)
    is_active = models.BooleanField(default=True)
    # For the staff.
    block_reason = models.CharField(
        "reason of the last block or unblock", max_length=500, blank=True, default="", db_default=""
    )
    is_staff = models.BooleanField("administrator", default=False)
    # A name of the IANA database, and the local hour at which alerts are sent.
    time_zone = models.CharField(max_length=64, default="UTC", db_default="UTC", editable=False)
    alert_hour = models.PositiveSmallIntegerField(default=8, db_default=8, editable=False)
    # Latest use of the sessions that are deleted; not `last_login`, whose change invalidates emailed links.
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When the owner of an unused account was asked to log in; see `accounts.retention`.
    asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Device that has verified this login; set by `accounts.two_factor`, and by the middleware of django-otp.
    otp_device: Any = None

    objects: ClassVar[querysets.UserManager] = querysets.UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("-created_at", "pk")
        permissions = (("block_user", "Can block user"),)
        constraints = (
            # Together: unique regardless of case.
            models.UniqueConstraint(name="accounts_user_unique_email", fields=("email",)),
            models.CheckConstraint(name="accounts_user_email_lower", condition=models.Q(email=Lower("email"))),
            models.CheckConstraint(
                name="accounts_user_role_known",
                condition=models.Q(role__in=["", *Role.values]),
            ),
            models.CheckConstraint(
                name="accounts_user_alert_hour_in_range", condition=models.Q(alert_hour__lte=LAST_HOUR)
            ),
        )
        indexes = (
            # Serves the list in the admin site, and the lists of profiles.
            models.Index(fields=("-created_at", "user_id"), name="accounts_user_newest"),
            # Serves its filter by role.
            models.Index(fields=("role", "-created_at", "user_id"), name="accounts_user_role"),
            # Serves its filter by "active", and those of profiles.
            models.Index(
                fields=("-created_at", "user_id"), condition=models.Q(is_active=False), name="accounts_user_blocked"
            ),
            # Serves its filter by "administrator".
            models.Index(
                fields=("-created_at", "user_id"), condition=models.Q(is_staff=True), name="accounts_user_staff"
            ),
            # Serves the searches by email address in the admin site.
            GinIndex(*searchable("email"), name="accounts_user_search"),
        )

    def __str__(self) -> str:
        return self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        # In one transaction with receivers: a new password ends all sessions.
        with transaction.atomic(savepoint=False):
            super().save(*args, **kwargs)

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        # The mark of set_password(), for `accounts.receivers.handle_password_change`.
        self._password = ""

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Sessions of the admin site end with the tokens, and with a change of the address.
        value = f"{self.password} {self.token_version} {self.email}"
        return salted_hmac("accounts.session", value, secret=secret, algorithm="sha256").hexdigest()

    def next_alert_at(self, after: datetime, *, days: int) -> datetime:
        """Return the first alert hour in the future, at least `days` days after the local day of `after`."""
        zone, now = ZoneInfo(self.time_zone), timezone.now()
        day = max(after.astimezone(zone).date() + timedelta(days=days), now.astimezone(zone).date())
        # Where the clocks skip the last hour, an hour earlier: later, it would be the next day.
        hour = time(self.alert_hour, fold=int(self.alert_hour == LAST_HOUR))
        at = datetime.combine(day, hour, zone)
        return at if at > now else datetime.combine(day + timedelta(days=1), hour, zone)

    @property
    def is_job_seeker(self) -> bool:
        """Whether the user acts as a job seeker; an administrator never does."""
        return self.role == Role.JOB_SEEKER and not self.is_staff

    @property
    def is_employer(self) -> bool:
        """Whether the user acts as an employer; an administrator never does."""
        return self.role == Role.EMPLOYER and not self.is_staff


def full_name(first_name: str, last_name: str) -> str:
    """Return the full name; either part may be blank."""
    return f"{first_name} {last_name}".strip()


class JobSeeker(models.Model):
    """Profile of a job seeker."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="job_seeker")
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    phone_number = models.CharField(max_length=32, blank=True)

    objects = querysets.JobSeekerQuerySet.as_manager()

    class Meta:
        ordering = ("-user__created_at", "pk")
        indexes = (
            # Serves the search in the admin site.
            GinIndex(*searchable("first_name", "last_name"), name="accounts_jobseeker_search"),
        )

    def __str__(self) -> str:
        return self.full_name or str(self.user)

    @property
    def full_name(self) -> str:
        return full_name(self.first_name, self.last_name)


# Three days.
MAX_DECISION_HOLD_MINUTES = 4_320


class Employer(models.Model):
    """Public profile of a company, and its settings."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="employer")
    company_name = models.CharField(max_length=255, blank=True)
    company_description = models.TextField(max_length=5_000, blank=True)
    website = models.URLField(blank=True)
    # How long applicants are not told of a rejection, which may be taken back until then; NULL: DECISION_HOLD_MINUTES.
    decision_hold_minutes = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = querysets.EmployerQuerySet.as_manager()

    class Meta:
        ordering = ("-user__created_at", "pk")
        constraints = (
            models.CheckConstraint(
                name="accounts_employer_decision_hold_in_range",
                condition=models.Q(decision_hold_minutes__lte=MAX_DECISION_HOLD_MINUTES),
            ),
        )
        indexes = (
            # Serves the search in the admin site.
            GinIndex(*searchable("company_name"), name="accounts_employer_search"),
        )

    def __str__(self) -> str:
        return self.company_name or str(self.user)

    @property
    def decision_hold(self) -> timedelta:
        minutes = self.decision_hold_minutes
        return timedelta(minutes=settings.DECISION_HOLD_MINUTES if minutes is None else minutes)


class RefusedEmployer(models.Model):
    """Base: an employer from whom a job seeker wants less."""

    # No index of its own: that of the constraint begins with it.
    job_seeker = models.ForeignKey(JobSeeker, on_delete=models.CASCADE, related_name="+", db_index=False)
    employer = models.ForeignKey(Employer, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now, editable=False)

    objects = querysets.RefusedEmployerQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("-since", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("job_seeker", "employer"), name="%(app_label)s_%(class)s_unique_employer"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class BlockedEmployer(RefusedEmployer):
    """An employer who may not write to the job seeker, and whose jobs are neither recommended nor in alerts."""


class MutedEmployer(RefusedEmployer):
    """An employer whose messages the job seeker gets as read."""


class TermsAcceptance(models.Model):
    """A version of the terms of use that a user has accepted."""

    # No index of its own: that of the constraint begins with it.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="accepted_terms", db_index=False)
    version = models.CharField(max_length=32)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("at", "pk")
        constraints = (
            models.UniqueConstraint(fields=("user", "version"), name="accounts_termsacceptance_unique_version"),
        )

    def __str__(self) -> str:
        return self.version


class Skill(models.Model):
    """Skill of a job seeker."""

    skill_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="skills")
    name = models.CharField(max_length=100)

    objects = querysets.SkillQuerySet.as_manager()

    class Meta:
        ordering = by_name("name")
        constraints = (models.UniqueConstraint("user", Lower("name"), name="accounts_skill_unique_name"),)
        indexes = (
            # Serves the list of administrators.
            models.Index(*by_name("name", last="skill_id"), name="accounts_skill_by_name"),
            # Serves its search.
            GinIndex(*searchable("name"), name="accounts_skill_search"),
        )

    def __str__(self) -> str:
        return self.name


class Session(models.Model):
    """Login on one device, with all tokens that were refreshed from it."""

    session_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    # Such as "Firefox on Linux".
    device = models.CharField(max_length=100, blank=True)
    # The network only: /24, or /48 of IPv6.
    address = models.CharField(max_length=43, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(default=timezone.now)
    # Whether the login needed a code of an authenticator app.
    otp_verified = models.BooleanField(default=False, db_default=False, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = querysets.SessionQuerySet.as_manager()

    class Meta:
        ordering = ("-last_used_at", "pk")
        indexes = (
            # Serves the sweep of expired sessions.
            models.Index(fields=("last_used_at",), name="accounts_session_last_used"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class RefreshTokenUse(models.Model):
    """Id of an issued refresh token, and when it was used: each works once."""

    jti = models.CharField(max_length=64, primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="refresh_tokens")
    issued_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-issued_at", "pk")

    def __str__(self) -> str:
        return self.jti


class RecoveryCode(models.Model):
    """Unused recovery code of a member of the staff; deleted by its use."""

    # SHA-256: the codes are random, so that a slow hash would gain nothing.
    digest = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")

    class Meta:
        ordering = ("user", "pk")

    def __str__(self) -> str:
        return str(self.user_id)


class SignInFailures(models.Model):
    """Failed logins to one account from one address since the last successful one; see `accounts.backoff`."""

    # Hash of both; the account need not exist.
    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(default=timezone.now)
    closed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "login failures"
        indexes = (
            # Serves the sweep.
            models.Index(fields=("last_at",), name="accounts_signinfailures_last"),
        )

    def __str__(self) -> str:
        return self.key


class AccountFailures(models.Model):
    """Latest failed logins to one account from all addresses; see `accounts.backoff`."""

    # Hash; the account need not exist.
    key = models.CharField(max_length=64, primary_key=True)
    # Of the last hour, oldest first, at most ACCOUNT_FAILURES.
    recent = ArrayField(models.DateTimeField(), default=list)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "account failures"
        indexes = (
            # Serves the sweep.
            models.Index(fields=("last_at",), name="accounts_accountfailures_last"),
        )

    def __str__(self) -> str:
        return self.key


class EmailChange(models.Model):
    """New email address that is not verified yet; deleted a day after the request."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="email_change")
    email = models.EmailField()
    requested_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (
            # Serves the sweep.
            models.Index(fields=("requested_at",), name="accounts_emailchange_requested"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class AuditKind(models.TextChoices):
    REGISTERED = "registered", "Registered"
    SIGN_IN = "sign_in", "Login"
    SIGN_IN_FAILED = "sign_in_failed", "Failed login"
    ADMIN_SIGN_IN = "admin_sign_in", "Login to the admin site"
    ROLE_CHOSEN = "role_chosen", "Role chosen"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    PASSWORD_RESET = "password_reset", "Password set by a link"
    ACCOUNT_ERASED = "account_erased", "Account deleted"
    RESUME_OPENED = "resume_opened", "Resume opened"
    LOGGED_OUT_ALL = "logged_out_all", "Logged out everywhere"
    SESSION_ENDED = "session_ended", "Session ended"
    TOKEN_REUSED = "token_reused", "Refresh token used again"
    EMAIL_VERIFIED = "email_verified", "Email address verified"
    EMAIL_CHANGED = "email_changed", "Email address changed"
    GOOGLE_LINKED = "google_linked", "Google account linked"
    OTP_ENROLLED = "otp_enrolled", "Two-factor login set up"
    OTP_RESET = "otp_reset", "Two-factor login reset"
    RECOVERY_CODE_USED = "recovery_code_used", "Recovery code used"
    EXPORTED = "exported", "Data exported"
    BLOCKED = "blocked", "Account blocked"
    UNBLOCKED = "unblocked", "Account unblocked"
    CHANGED_BY_ADMIN = "changed_by_admin", "Changed by an administrator"


class AuditEvent(models.Model):
    """Entry of the audit trail, kept for AUDIT_DAYS; only `accounts.audit` writes it."""

    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=20, choices=AuditKind)
    # NULL after the account was deleted: the event stays.
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    # Object of the event, in words or by its key.
    subject = models.CharField(max_length=64, blank=True)
    # The network only: /24, or /48 of IPv6.
    address = models.CharField(max_length=43)

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="accounts_auditevent_kind_known",
                condition=models.Q(kind__in=AuditKind.values),
            ),
        )
        indexes = (
            # Serves the list in the admin site, and the sweep.
            models.Index(fields=("-at", "-id"), name="accounts_auditevent_newest"),
            # Serves its filter by kind.
            models.Index(fields=("kind", "-at", "-id"), name="accounts_auditevent_kind"),
            # Serves its search.
            GinIndex(*searchable("subject", "address"), name="accounts_auditevent_search"),
            # Serves the lookup of networks that an account has logged in from.
            models.Index(
                fields=("user", "address"),
                condition=models.Q(kind__in=[AuditKind.SIGN_IN.value, AuditKind.ADMIN_SIGN_IN.value]),
                name="accounts_auditevent_networks",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d %H:%M:%S}"
