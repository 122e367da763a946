"""Writing accounts: registration, sign-in, passwords, addresses, Google accounts, blocking.

Each writes its audit event in its transaction.
"""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied, ValidationError

from accounts import audit
from accounts.account_links import email_change_tokens, email_verification_tokens, password_reset_tokens
from accounts.backoff import reopen_account
from accounts.devices import Device
from accounts.models import EmailChange, Employer, JobSeeker, Session, User
from accounts.signals import (
    account_blocked,
    account_unblocked,
    email_change_requested,
    email_changed,
    email_verification_requested,
    google_account_linked,
    password_reset_requested,
)
from accounts.tokens import TokenPair, close_all_sessions, open_session
from anywork.api.constraints import unique_violation_as
from anywork.api.emails import canonical_email
from anywork.api.exceptions import Conflict, Unauthorized

JOB_SEEKER_FIELDS = ("first_name", "last_name", "phone_number")
EMPLOYER_FIELDS = ("company_name",)

GMAIL_DOMAINS = {"gmail.com", "googlemail.com"}
GOOGLE_LINK_REQUIRED = (
    "There is an account with this address. Log in with its password, or set a new one by mail, then link Google."
)
GOOGLE_ACCOUNT_CONFLICT = "This account is linked with another Google account."
GOOGLE_ACCOUNT_TAKEN = "Another user has this Google account."
SIGN_IN_TO_CONFIRM = "Log in to this account, then open the link again. It stays valid."
OTHER_ACCOUNT = "This link is another account's. Log in to that account, then open the link again."


def register_user(*, email: str, password: str, role: str, **profile: str) -> User:
    """Create a user and its profile, or nothing.

    Where REQUIRE_VERIFIED_EMAIL says so, the link that verifies the address is sent.

    Raises:
        ValidationError: the password is too weak, or the email address is in use (also when it was taken by a
            request at the same moment).
    """
    draft = User(email=email, role=role)
    # Unsaved, for the names that the password must not be made of.
    _new_profile(draft, profile)
    _require_strong_password(password, draft, "password")
    with unique_violation_as("accounts_user_unique_email", _email_in_use):
        user = User.objects.create_user(email, password, role=role)
        _create_profile(user, profile)
        audit.record(audit.Kind.REGISTERED, user=user, subject=role)
        if settings.REQUIRE_VERIFIED_EMAIL:
            email_verification_requested.send(sender=User, user=user)
    return user


def choose_role(*, user: User, role: str) -> User:
    """Give a user that has none yet its role and profile.

    Raises:
        ValidationError: the role was chosen before.
    """
    with transaction.atomic():
        # Conditional, so that of two choices at once only the first counts.
        if not User.objects.filter(pk=user.pk, role="").update(role=role):
            raise ValidationError({"role": ["The role was chosen already and cannot be changed."]})
        user.refresh_from_db()
        user.save(update_fields=["updated_at"])
        _create_profile(user, {})
        audit.record(audit.Kind.ROLE_CHOSEN, user=user, subject=role)
    return user


def sign_in(*, user: User, method: str, device: Device) -> TokenPair:
    """Open a session; `method` is `password` or `google`."""
    with transaction.atomic():
        audit.record(audit.Kind.SIGN_IN, user=user, subject=method)
        return open_session(user, device)


def end_session(*, session: Session) -> None:
    """End one session of its owner's."""
    with transaction.atomic():
        if Session.objects.filter(pk=session.pk).end():
            audit.record(audit.Kind.SESSION_ENDED, user=session.user, subject=str(session.pk))


def log_out_everywhere(*, user: User) -> None:
    """End every session, those of the admin site and links to resumes included."""
    with transaction.atomic():
        close_all_sessions(user)
        audit.record(audit.Kind.LOGGED_OUT_ALL, user=user)


def sign_in_with_google(*, sub: str, email: str, hosted_domain: str = "") -> User:
    """Return the user of a Google account: the one known by `sub`, else by the email address, else a new one.

    An account found by its address is linked with the Google account by itself only where Google is the authority for
    the address (Gmail, or a Workspace domain, `hosted_domain`) and it is no administrator's. If the address was never
    verified, the account may have been created by another person: its password becomes unusable and all its tokens
    end. Of two first sign-ins at once both get the same user.

    Raises:
        Unauthorized: the account is not active.
        Conflict: the account has to be linked by its owner (`google_link_required`), or is linked with another Google
            account (`google_account_conflict`). Not followed by the address, since a provider may give the address of
            a former user to another person.
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
            raise Unauthorized("This account is not active.", "account_inactive")
        if user.google_sub is None:
            if user.is_staff or user.is_superuser or not _is_google_authority(user.email, hosted_domain):
                raise Conflict(GOOGLE_LINK_REQUIRED, "google_link_required")
            if user.email_verified_at is None:
                user.email_verified_at = timezone.now()
                # The mail about the linked account tells the owner of the password, too.
                user.password = make_password(None)
                close_all_sessions(user)
            _link_google(user, sub)
        elif user.google_sub != sub:
            raise Conflict(GOOGLE_ACCOUNT_CONFLICT, "google_account_conflict")
    return user


def link_google(*, user: User, sub: str) -> User:
    """Let a Google account sign in to the account of `user`, the owner of both; the addresses may differ.

    Raises:
        Conflict: the Google account is another user's, or the account has another Google account already.
        Unauthorized: the account is gone.
    """
    with unique_violation_as(
        "accounts_user_google_sub_key", lambda: Conflict(GOOGLE_ACCOUNT_TAKEN, "google_account_conflict")
    ):
        user = _locked(user.pk, Unauthorized())
        if user.google_sub is None:
            _link_google(user, sub)
        elif user.google_sub != sub:
            raise Conflict(GOOGLE_ACCOUNT_CONFLICT, "google_account_conflict")
    return user


def _is_google_authority(email: str, hosted_domain: str) -> bool:
    # https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
    domain = email.rpartition("@")[2]
    return domain in GMAIL_DOMAINS or domain == hosted_domain.lower()


def _link_google(user: User, sub: str) -> None:
    user.google_sub = sub
    user.save(update_fields=["google_sub", "email_verified_at", "password", "updated_at"])
    audit.record(audit.Kind.GOOGLE_LINKED, user=user)
    google_account_linked.send(sender=User, user=user)


def change_password(*, user: User, new_password: str) -> User:
    """Set another password and end all sessions.

    Raises:
        ValidationError: it is too weak.
        Unauthorized: the account is gone.
    """
    with transaction.atomic():
        user = _locked(user.pk, Unauthorized())
        _set_password(user, new_password)
    return user


def request_password_reset(*, email: str) -> None:
    """Have a link sent to `email`, a canonical address; whether it is a user's is found out when the mail is sent."""
    with transaction.atomic():
        password_reset_requested.send(sender=User, address=email)


def reset_password(*, uid: UUID, token: str, new_password: str) -> User:
    """Set another password by a link and end all sessions. The link verifies the address, and lifts a closed account.

    If the address was never verified, the account may have been created by another person: a linked Google account is
    unlinked.

    Raises:
        ValidationError: the link is none, was used or has expired, or the password is too weak.
    """
    with transaction.atomic():
        user = _locked(uid, _bad_link())
        if not (user.is_active and password_reset_tokens.check_token(user, token)):
            raise _bad_link()
        if user.email_verified_at is None:
            # A Google account that was linked before may be that of the person who registered a stranger's address.
            user.google_sub = None
            user.save(update_fields=["google_sub"])
        _verify_email(user)
        _set_password(user, new_password)
        reopen_account(email=user.email)
        audit.record(audit.Kind.PASSWORD_RESET, user=user)
    return user


def request_email_verification(*, user: User) -> None:
    """Have a link sent that verifies the address of `user`, unless it is verified."""
    if user.email_verified_at is None:
        with transaction.atomic():
            email_verification_requested.send(sender=User, user=user)


def request_email_change(*, user: User, email: str) -> None:
    """Have a link sent to `email`, a canonical address, which becomes the user's when it is confirmed.

    A request for another address replaces the older.

    Raises:
        ValidationError: the address is in use, or the user's already.
    """
    if email == user.email:
        raise ValidationError({"email": ["This is your address already."]})
    with transaction.atomic():
        if User.objects.filter(email=email).exists():
            raise _email_in_use()
        EmailChange.objects.update_or_create(user=user, defaults={"email": email, "requested_at": timezone.now()})
        email_change_requested.send(sender=User, user=user, address=email)


def confirm_email(*, user: User, uid: UUID, token: str, session_id: UUID) -> None:
    """Verify the address of `user`, or change it, by the link that was mailed for that.

    A change ends all sessions but `session_id`, and the former address is told.

    Raises:
        PermissionDenied: the link is another account's (`other_account`).
        ValidationError: the link is none, was used or has expired, or the new address is in use by now.
    """
    if uid != user.pk:
        raise PermissionDenied(OTHER_ACCOUNT, "other_account")
    with transaction.atomic():
        user = _locked(uid, _bad_link())
        if email_verification_tokens.check_token(user, token):
            _verify_email(user)
        elif email_change_tokens.check_token(user, token) and (change := EmailChange.objects.filter(user=user).first()):
            _change_email(user, change, session_id)
        else:
            raise _bad_link()


def follow_change_of_email(*, user: User, former_address: str) -> None:
    """End all sessions and tell the former address, after an administrator has changed the address."""
    with transaction.atomic():
        close_all_sessions(user)
        _announce_email_change(user, former_address)


def block_account(*, user: User) -> None:
    """End all sessions of an account and keep it from signing in; an employer's open jobs are closed.

    Its tokens do not come back to life with the account.
    """
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False, updated_at=timezone.now()):
            close_all_sessions(user)
            audit.record(audit.Kind.BLOCKED, user=user)
            account_blocked.send(sender=User, user=user)
    user.is_active = False


def unblock_account(*, user: User) -> None:
    """Let an account sign in again; of the jobs that blocking closed, those that have not expired are open again."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True, updated_at=timezone.now()):
            audit.record(audit.Kind.UNBLOCKED, user=user)
            account_unblocked.send(sender=User, user=user)
    user.is_active = True


def ensure_profile(user: User) -> None:
    """Create the profile that the role of `user` calls for, unless it is there."""
    # A role and the accessor of its profile have the same name.
    if not hasattr(user, user.role):
        _create_profile(user, {})


def _create_profile(user: User, values: dict[str, str]) -> None:
    if profile := _new_profile(user, values):
        profile.save(force_insert=True)


def _new_profile(user: User, values: dict[str, str]) -> JobSeeker | Employer | None:
    if user.role == User.Role.JOB_SEEKER:
        return JobSeeker(user=user, **{key: values.get(key, "") for key in JOB_SEEKER_FIELDS})
    if user.role == User.Role.EMPLOYER:
        return Employer(user=user, **{key: values.get(key, "") for key in EMPLOYER_FIELDS})
    return None


def _locked(user_id: UUID, otherwise: Exception) -> User:
    """Return a user whom nobody else changes meanwhile, so that a link works once."""
    # Other rows may refer to it meanwhile, as that of a mail does while this waits for another lock.
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
    with unique_violation_as("accounts_user_unique_email", _email_in_use):
        user.save(update_fields=["email", "email_verified_at", "updated_at"])
    change.delete()
    user.sessions.exclude(pk=session_id).end()
    _announce_email_change(user, former_address)


def _announce_email_change(user: User, former_address: str) -> None:
    audit.record(audit.Kind.EMAIL_CHANGED, user=user)
    email_changed.send(sender=User, user=user, former_address=former_address)


def _set_password(user: User, password: str) -> None:
    _require_strong_password(password, user, "new_password")
    user.set_password(password)
    # A receiver does what follows from it: `follow_change_of_password`.
    user.save(update_fields=["password", "updated_at"])


def _require_strong_password(password: str, user: User, field: str) -> None:
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise ValidationError({field: error.messages}) from error


def _bad_link() -> ValidationError:
    return ValidationError({"token": ["This link was used already or has expired. Ask for another one."]})


def _email_in_use() -> ValidationError:
    return ValidationError({"email": ["A user with this email address already exists."]})
