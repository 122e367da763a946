"""What writes more than one account row."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from accounts.models import Employer, JobSeeker, User
from anywork.api.exceptions import Conflict, Unauthorized, unique_violation_as

JOB_SEEKER_FIELDS = ("first_name", "last_name", "phone_number")
EMPLOYER_FIELDS = ("company_name",)


def register_user(*, email: str, password: str, role: str, **profile: str) -> User:
    """Create a user and its profile, or nothing.

    Raises:
        ValidationError: the password is too weak, or the e-mail address is in use (also when it was taken by a
            request at the same moment).
    """
    email = User.objects.normalize_email(email)
    _require_strong_password(password, User(email=email))
    with unique_violation_as("accounts_user_unique_email", _email_in_use):
        user = User.objects.create_user(email, password, role=role)
        _create_profile(user, profile)
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
        user.token_version += 1
        user.sessions.end()
    user.save(update_fields=["google_sub", "email_verified_at", "password", "token_version", "updated_at"])


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


def _require_strong_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise ValidationError({"password": error.messages}) from error


def _email_in_use() -> ValidationError:
    return ValidationError({"email": ["A user with this e-mail address already exists."]})
