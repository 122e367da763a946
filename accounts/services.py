"""What writes more than one account row."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from accounts.links import email_verification_tokens, password_reset_tokens
from accounts.models import Employer, JobSeeker, User
from accounts.signals import (
    email_verification_requested,
    google_account_linked,
    password_changed,
    password_reset_requested,
)
from accounts.tokens import close_all_sessions
from anywork.api.exceptions import Conflict, Unauthorized, unique_violation_as

JOB_SEEKER_FIELDS = ("first_name", "last_name", "phone_number")
EMPLOYER_FIELDS = ("company_name",)


def register_user(*, email: str, password: str, role: str, **profile: str) -> User:
    """Create a user and its profile, or nothing.

    Where REQUIRE_VERIFIED_EMAIL says so, the link that proves the address is sent.

    Raises:
        ValidationError: the password is too weak, or the e-mail address is in use (also when it was taken by a
            request at the same moment).
    """
    email = User.objects.normalize_email(email)
    _require_strong_password(password, User(email=email), "password")
    with unique_violation_as("accounts_user_unique_email", _email_in_use):
        user = User.objects.create_user(email, password, role=role)
        _create_profile(user, profile)
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
    return user


def sign_in_with_google(*, sub: str, email: str) -> User:
    """Return the user of a Google account: the one known by `sub`, else by the proven e-mail address, else a new one.

    An account found by its address is linked with the Google account. If nobody had proven the address before, whoever
    made the account may not be its owner: its password becomes unusable and all its tokens end. Of two first sign-ins
    at once both get the same user.

    Raises:
        Unauthorized: the account is not active.
        Conflict: the account is linked with another Google account. Not followed by the address, since a provider may
            give the address of somebody who left to somebody else.
    """
    with transaction.atomic():
        users = User.objects.select_for_update()
        user = users.filter(google_sub=sub).first()
        if user is None:
            user, _ = users.get_or_create(
                email=User.objects.normalize_email(email),
                defaults={"google_sub": sub, "email_verified_at": timezone.now(), "password": make_password(None)},
            )
        if not user.is_active:
            raise Unauthorized("This account is not active.", "account_inactive")
        if user.google_sub is None:
            _link_google(user, sub)
        elif user.google_sub != sub:
            raise Conflict(
                "The account with this e-mail address is linked with another Google account.", "google_account_conflict"
            )
    return user


def _link_google(user: User, sub: str) -> None:
    user.google_sub = sub
    if user.email_verified_at is None:
        user.email_verified_at = timezone.now()
        user.set_unusable_password()
        close_all_sessions(user)
    user.save(update_fields=["google_sub", "email_verified_at", "password", "updated_at"])
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
    """Have a link sent to `email`, if somebody signs in with it; that is found out when the mail is sent."""
    with transaction.atomic():
        password_reset_requested.send(sender=User, address=User.objects.normalize_email(email))


def reset_password(*, uid: UUID, token: str, new_password: str) -> User:
    """Set another password by a link and end all sessions. Whoever opened the link has proven the address.

    Raises:
        ValidationError: the link is none, was used or has expired, or the password is too weak.
    """
    with transaction.atomic():
        user = _locked(uid, _bad_link())
        if not (user.is_active and password_reset_tokens.check_token(user, token)):
            raise _bad_link()
        _prove_email(user)
        _set_password(user, new_password)
    return user


def request_email_verification(*, user: User) -> None:
    """Have a link sent that proves the address of `user`, unless it is proven."""
    if user.email_verified_at is None:
        with transaction.atomic():
            email_verification_requested.send(sender=User, user=user)


def verify_email(*, uid: UUID, token: str) -> None:
    """Take the address of a user as proven, by a link.

    Raises:
        ValidationError: the link is none, was used or has expired.
    """
    with transaction.atomic():
        user = _locked(uid, _bad_link())
        if not (user.is_active and email_verification_tokens.check_token(user, token)):
            raise _bad_link()
        _prove_email(user)


def ensure_profile(user: User) -> None:
    """Create the profile that the role of `user` calls for, unless it is there."""
    # A role and the accessor of its profile have the same name.
    if not hasattr(user, user.role):
        _create_profile(user, {})


def _create_profile(user: User, values: dict[str, str]) -> None:
    if user.role == User.Role.JOB_SEEKER:
        JobSeeker.objects.create(user=user, **{key: values.get(key, "") for key in JOB_SEEKER_FIELDS})
    elif user.role == User.Role.EMPLOYER:
        Employer.objects.create(user=user, **{key: values.get(key, "") for key in EMPLOYER_FIELDS})


def _locked(user_id: UUID, otherwise: Exception) -> User:
    """Return a user whom nobody else changes meanwhile, so that a link works once."""
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise otherwise
    return user


def _prove_email(user: User) -> None:
    if user.email_verified_at is None:
        user.email_verified_at = timezone.now()
        user.save(update_fields=["email_verified_at", "updated_at"])


def _set_password(user: User, password: str) -> None:
    _require_strong_password(password, user, "new_password")
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    close_all_sessions(user)
    password_changed.send(sender=User, user=user)


def _require_strong_password(password: str, user: User, field: str) -> None:
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise ValidationError({field: error.messages}) from error


def _bad_link() -> ValidationError:
    return ValidationError({"token": ["This link was used already or has expired. Ask for another one."]})


def _email_in_use() -> ValidationError:
    return ValidationError({"email": ["A user with this e-mail address already exists."]})
