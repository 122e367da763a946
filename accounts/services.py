"""What writes more than one account row."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from rest_framework.exceptions import ValidationError

from accounts.models import Employer, JobSeeker, User
from anywork.api.exceptions import unique_violation_as

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
