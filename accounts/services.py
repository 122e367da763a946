"""Services of accounts: registration, login, passwords, email addresses, Google accounts, blocking.

Each writes its audit event in its transaction.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from accounts import audit, exceptions, signals
from accounts.account_links import email_change_tokens, email_verification_tokens, password_reset_tokens
from accounts.backoff import reopen_account
from accounts.devices import Device
from accounts.models import EmailChange, Employer, JobSeeker, RefusedEmployer, Role, Session, User
from accounts.terms import accept_terms, check_terms
from accounts.tokens import TokenPair, close_all_sessions, open_session
from accounts.two_factor import requires_otp
from anywork.api.constraints import unique_violation_as
from anywork.api.emails import canonical_email
from anywork.api.exceptions import LimitReached, Unauthorized

JOB_SEEKER_FIELDS = ("first_name", "last_name", "phone_number")
EMPLOYER_FIELDS = ("company_name",)

GMAIL_DOMAINS = {"gmail.com", "googlemail.com"}


# Employers that a job seeker blocks, or mutes.
MAX_REFUSED_EMPLOYERS = 200


def register_user(*, email: str, password: str, role: str, terms_version: str = "", **profile: str) -> User:
    """Create a user and its profile, and with REQUIRE_VERIFIED_EMAIL send the link that verifies the address.

    Raises:
        TermsRequired: `terms_version` is not the present one.
        ValidationError: the password is too weak, or the email address is in use, also by a concurrent request.
    """
    check_terms(terms_version, "terms_version")
    draft = User(email=email, role=role)
    # Not saved: the password must not contain these names.
    _new_profile(draft, profile)
    _require_strong_password(password, draft, "password")
    with unique_violation_as("accounts_user_unique_email", exceptions.email_in_use):
        user = User.objects.create_user(email, password, role=role)
        _create_profile(user, profile)
        accept_terms(user=user)
        audit.record(audit.Kind.REGISTERED, user=user, subject=role)
        if settings.REQUIRE_VERIFIED_EMAIL:
            signals.email_verification_requested.send(sender=User, user=user)
    return user


def choose_role(*, user: User, role: str) -> User:
    """Set the role of a user that has none, and create its profile.

    Raises:
        ValidationError: the user has a role.
    """
    with transaction.atomic():
        # Conditional, so that only the first of two concurrent requests counts.
        if not User.objects.filter(pk=user.pk, role="").update(role=role):
            raise exceptions.role_already_chosen()
        user.refresh_from_db()
        user.save(update_fields=["updated_at"])
        _create_profile(user, {})
        audit.record(audit.Kind.ROLE_CHOSEN, user=user, subject=role)
    return user


def change_settings(*, user: User, **values: Any) -> None:
    """Set the time zone, the alert hour or both.

    Raises:
        Http404: a concurrent request has erased the account.
    """
    with transaction.atomic():
        # Locked and read again: a concurrent request may have set the other.
        stored = get_object_or_404(User.objects.select_for_update(no_key=True), pk=user.pk)
        user.time_zone, user.alert_hour = stored.time_zone, stored.alert_hour
        for field, value in values.items():
            setattr(user, field, value)
        user.save(update_fields=[*values, "updated_at"])
        signals.alert_time_changed.send(sender=User, user=user)


def log_in(*, user: User, method: str, device: Device) -> TokenPair:
    """Open a session; `method` is `password` or `google`.

    Raises:
        OTPNotSetUp: the user needs a code to log in, and has no authenticator app.
    """
    if requires_otp(user) and user.otp_device is None:
        raise exceptions.OTPNotSetUp
    with transaction.atomic():
        audit.record(audit.Kind.SIGN_IN, user=user, subject=method)
        return open_session(user, device, otp_verified=user.otp_device is not None)


def end_session(*, session: Session) -> None:
    """End a session."""
    with transaction.atomic():
        if Session.objects.filter(pk=session.pk).end():
            audit.record(audit.Kind.SESSION_ENDED, user=session.user, subject=str(session.pk))


def log_out_everywhere(*, user: User) -> None:
    """End all sessions, including those of the admin site, and links to resumes."""
    with transaction.atomic():
        close_all_sessions(user)
        audit.record(audit.Kind.LOGGED_OUT_ALL, user=user)


def log_in_with_google(*, sub: str, email: str, hosted_domain: str = "") -> User:
    """Return the user of a Google account: by `sub`, else by the email address, else a new user.

    An account found by its address is linked to the Google account only if Google is the authority for the address
    (Gmail, or the Workspace domain `hosted_domain`) and the account is no administrator's. If the address was never
    verified, another person may have created the account: its password becomes unusable and all its tokens end. Two
    concurrent first logins get the same user.

    Raises:
        AccountInactive: the account is blocked.
        OTPRequiredForGoogle: the user needs a code to log in.
        GoogleLinkRequired: the account has to be linked by its owner.
        GoogleAccountConflict: the account is linked to another Google account. An equal address does not suffice: a
            provider may give the address of a former user to another person.
    """
    with transaction.atomic():
        users = User.objects.select_for_update()
        user = users.filter(google_sub=sub).first()
        if user is None:
            user, _ = users.get_or_create(
                email=canonical_email(email),
                defaults={"google_sub": sub, "email_verified_at": timezone.now(), "password": make_password(None)},
            )
        if not user.is_active:
            raise exceptions.AccountInactive
        if requires_otp(user):
            raise exceptions.OTPRequiredForGoogle
        if user.google_sub is None:
            if user.is_staff or user.is_superuser or not _is_google_authority(user.email, hosted_domain):
                raise exceptions.GoogleLinkRequired
            if user.email_verified_at is None:
                user.email_verified_at = timezone.now()
                # The email about the linked account mentions the password, too.
                user.password = make_password(None)
                close_all_sessions(user)
            _link_google(user, sub)
        elif user.google_sub != sub:
            raise exceptions.GoogleAccountConflict
    return user


def link_google(*, user: User, sub: str) -> User:
    """Link a Google account to `user`, who owns both; the addresses may differ.

    Raises:
        OTPRequiredForGoogle: the user could not log in with it.
        GoogleAccountTaken: the Google account is linked to another user.
        GoogleAccountConflict: the user is linked to another Google account.
        Unauthorized: the account was deleted.
    """
    with unique_violation_as("accounts_user_google_sub_key", exceptions.GoogleAccountTaken):
        user = _locked(user.pk, Unauthorized())
        if requires_otp(user):
            raise exceptions.OTPRequiredForGoogle
        if user.google_sub is None:
            _link_google(user, sub)
        elif user.google_sub != sub:
            raise exceptions.GoogleAccountConflict
    return user


def _is_google_authority(email: str, hosted_domain: str) -> bool:
    # https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
    domain = email.rpartition("@")[2]
    return domain in GMAIL_DOMAINS or domain == hosted_domain.lower()


def _link_google(user: User, sub: str) -> None:
    user.google_sub = sub
    user.save(update_fields=["google_sub", "email_verified_at", "password", "updated_at"])
    audit.record(audit.Kind.GOOGLE_LINKED, user=user)
    signals.google_account_linked.send(sender=User, user=user)


def change_password(*, user: User, new_password: str) -> User:
    """Set a new password and end all sessions.

    Raises:
        ValidationError: the password is too weak.
        Unauthorized: the account was deleted.
    """
    with transaction.atomic():
        user = _locked(user.pk, Unauthorized())
        _set_password(user, new_password)
    return user


def request_password_reset(*, email: str) -> None:
    """Request a link for `email`, a canonical address. The worker looks up the user, so that timing tells nothing."""
    with transaction.atomic():
        signals.password_reset_requested.send(sender=User, address=email)


def reset_password(*, uid: UUID, token: str, new_password: str) -> User:
    """Set a new password by a link, end all sessions, verify the address and reset failed logins.

    If the address was never verified, another person may have created the account: its Google account is unlinked.

    Raises:
        ValidationError: the link is invalid, used or expired, or the password is too weak.
    """
    with transaction.atomic():
        user = _locked(uid, exceptions.invalid_link())
        if not (user.is_active and password_reset_tokens.check_token(user, token)):
            raise exceptions.invalid_link()
        if user.email_verified_at is None:
            # It may be the Google account of a person who registered the address of another.
            user.google_sub = None
            user.save(update_fields=["google_sub"])
        _verify_email(user)
        _set_password(user, new_password)
        reopen_account(email=user.email)
        audit.record(audit.Kind.PASSWORD_RESET, user=user)
    return user


def request_email_verification(*, user: User) -> None:
    """Request a link that verifies the address of `user`, unless it is verified."""
    if user.email_verified_at is None:
        with transaction.atomic():
            signals.email_verification_requested.send(sender=User, user=user)


def request_email_change(*, user: User, email: str) -> None:
    """Request a link for a new, canonical address, which becomes the user's when it is verified.

    A request for another address replaces an older one.

    Raises:
        ValidationError: the address is in use, or is the user's.
    """
    if email == user.email:
        raise ValidationError({"email": ["This is your address already."]})
    with transaction.atomic():
        if User.objects.filter(email=email).exists():
            raise exceptions.email_in_use()
        EmailChange.objects.update_or_create(user=user, defaults={"email": email, "requested_at": timezone.now()})
        signals.email_change_requested.send(sender=User, user=user, address=email)


def confirm_email(*, user: User, uid: UUID, token: str, session_id: UUID) -> None:
    """Verify or change the address of `user` by a link.

    A change ends all sessions except `session_id` and sends an email to the former address.

    Raises:
        OtherAccount: the link is for another account.
        ValidationError: the link is invalid, used or expired, or the new address is in use.
    """
    if uid != user.pk:
        raise exceptions.OtherAccount
    with transaction.atomic():
        user = _locked(uid, exceptions.invalid_link())
        if email_verification_tokens.check_token(user, token):
            _verify_email(user)
        elif email_change_tokens.check_token(user, token) and (change := EmailChange.objects.filter(user=user).first()):
            _change_email(user, change, session_id)
        else:
            raise exceptions.invalid_link()


def handle_email_change(*, user: User, former_address: str) -> None:
    """End all sessions and inform the former address, after an administrator has changed the address."""
    with transaction.atomic():
        close_all_sessions(user)
        _announce_email_change(user, former_address)


def block_account(*, user: User, reason: str = "") -> None:
    """Block an account: its sessions end for ever, it cannot log in, and an employer's open jobs are closed."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=True).update(
            is_active=False, block_reason=reason, updated_at=timezone.now()
        ):
            close_all_sessions(user)
            audit.record(audit.Kind.BLOCKED, user=user)
            signals.account_blocked.send(sender=User, user=user)
    user.is_active = False


def unblock_account(*, user: User, reason: str = "") -> None:
    """Unblock an account; jobs that blocking has closed open again unless they have expired."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(
            is_active=True, block_reason=reason, updated_at=timezone.now()
        ):
            audit.record(audit.Kind.UNBLOCKED, user=user)
            signals.account_unblocked.send(sender=User, user=user)
    user.is_active = True


def ensure_profile(user: User) -> None:
    """Create the profile of the role of `user`, unless it exists."""
    # The accessor of a profile has the name of the role.
    if not hasattr(user, user.role):
        _create_profile(user, {})


def _create_profile(user: User, values: dict[str, str]) -> None:
    if profile := _new_profile(user, values):
        profile.save(force_insert=True)


def _new_profile(user: User, values: dict[str, str]) -> JobSeeker | Employer | None:
    if user.role == Role.JOB_SEEKER:
        return JobSeeker(user=user, **{key: values.get(key, "") for key in JOB_SEEKER_FIELDS})
    if user.role == Role.EMPLOYER:
        return Employer(user=user, **{key: values.get(key, "") for key in EMPLOYER_FIELDS})
    return None


def _locked(user_id: UUID, otherwise: Exception) -> User:
    """Return the locked user, so that a link works once."""
    # No key: rows of emails may still refer to the user while this waits for another lock.
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise otherwise
    return user


def _verify_email(user: User) -> None:
    if user.email_verified_at is None:
        user.email_verified_at = timezone.now()
        user.save(update_fields=["email_verified_at", "updated_at"])
        audit.record(audit.Kind.EMAIL_VERIFIED, user=user)


def _change_email(user: User, change: EmailChange, session_id: UUID) -> None:
    former_address, user.email = user.email, change.email
    user.email_verified_at = timezone.now()
    with unique_violation_as("accounts_user_unique_email", exceptions.email_in_use):
        user.save(update_fields=["email", "email_verified_at", "updated_at"])
    change.delete()
    user.sessions.exclude(pk=session_id).end()
    _announce_email_change(user, former_address)


def _announce_email_change(user: User, former_address: str) -> None:
    audit.record(audit.Kind.EMAIL_CHANGED, user=user)
    signals.email_changed.send(sender=User, user=user, former_address=former_address)


def _set_password(user: User, password: str) -> None:
    _require_strong_password(password, user, "new_password")
    user.set_password(password)
    # The receiver `handle_password_change` ends the sessions.
    user.save(update_fields=["password", "updated_at"])


def _require_strong_password(password: str, user: User, field: str) -> None:
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise ValidationError({field: error.messages}) from error


def locked_job_seeker(user_id: UUID) -> JobSeeker:
    """Return a job seeker whose account is locked, so that concurrent requests do not exceed a limit.

    As in an erasure the account is locked first, and with it the alert hour.

    Raises:
        Http404: the account was erased meanwhile.
    """
    users = User.objects.select_for_update(of=("self",), no_key=True).select_related("job_seeker")
    return get_object_or_404(users, pk=user_id).job_seeker


def refuse_employer(refused: type[RefusedEmployer], *, user_id: UUID, employer: Employer) -> RefusedEmployer:
    """Block or mute an employer.

    Raises:
        AlreadyExists: it is blocked or muted already.
        LimitReached: MAX_REFUSED_EMPLOYERS are.
        Http404: a concurrent request has erased the account.
    """
    with transaction.atomic():
        job_seeker = locked_job_seeker(user_id)
        rows = refused.objects.filter(job_seeker=job_seeker)
        if rows.filter(employer=employer).exists():
            raise exceptions.employer_listed(employer)
        if rows.count() >= MAX_REFUSED_EMPLOYERS:
            raise LimitReached("employers on this list", MAX_REFUSED_EMPLOYERS)
        return refused.objects.create(job_seeker=job_seeker, employer=employer)
