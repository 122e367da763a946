"""Authentication backend of logins by password, to the API and the admin site."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.backoff import open_attempt
from accounts.models import User
from accounts.two_factor import verify_otp
from anywork.api.throttling.addresses import client_address
from anywork.operations.request_id import set_user


class PasswordBackend(ModelBackend):
    """Django's backend, with a delay after failures, and with the code of the staff's authenticator apps."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        otp: str = "",
        *,
        needs_otp: bool = True,
        **kwargs: Any,
    ) -> User | None:
        """Return the user, or None. `needs_otp` is false for a caller who is logged in already.

        Raises:
            LoginClosed: there were too many failures before.
            OTPRequired: the password is right, but not the code; this is a failure, too.
        """
        email = username or kwargs.get(User.USERNAME_FIELD)
        if request is None or email is None or password is None:
            # A shell or a test.
            return self._user_with(request, email, password)
        attempt = open_attempt(email=email, address=client_address(request))
        user = self._user_with(request, email, password)
        if user is not None:
            if needs_otp:
                verify_otp(user, otp)
            attempt.succeeded()
        return user

    def get_user(self, user_id: Any) -> User | None:
        """Return the user of a session of the admin site."""
        user = super().get_user(user_id)
        if not isinstance(user, User):
            return None
        set_user(user.pk)
        return user

    def _user_with(self, request: HttpRequest | None, email: str | None, password: str | None) -> User | None:
        # Hashes a password for an unknown address, too, so that the time tells nothing.
        user = super().authenticate(request, username=email, password=password)
        return user if isinstance(user, User) else None
