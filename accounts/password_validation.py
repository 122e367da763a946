"""Password validators beside Django's own."""

import re
from collections.abc import Iterator

from django.core.exceptions import ValidationError

from accounts.models import User

PRODUCT = "anywork"

_NO_LETTERS = re.compile(r"[\W\d_]+")


class NameWithDigitsValidator:
    """Refuses a password of digits and signs around the name of the product, company or person, or the address."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Compare the letters of `password`, regardless of case.

        Raises:
            ValidationError: they are such a name.
        """
        if _letters(password) in {_letters(name) for name in _names(user)} - {""}:
            raise ValidationError(
                "The password must not be this site's name, your address, your name or your company's with digits.",
                "password_is_a_name",
            )

    def get_help_text(self) -> str:
        return "Your password can't be a name, such as your company's, with digits."


def _names(user: User | None) -> Iterator[str]:
    yield PRODUCT
    if user is None:
        return
    yield from (user.email, *user.email.split("@"), *re.split(r"[@.+_-]", user.email))
    if seeker := getattr(user, "job_seeker", None):
        yield from (seeker.first_name, seeker.last_name, seeker.full_name, f"{seeker.last_name} {seeker.first_name}")
    if employer := getattr(user, "employer", None):
        yield employer.company_name


def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", text).casefold()
