"""Sign-in with Google: the only code that calls Google."""

from accounts.models import User
from anywork.api.exceptions import ServiceUnavailable


def sign_in(*, code: str, redirect_uri: str = "postmessage", code_verifier: str = "") -> User:
    """Return the user that Google vouches for in exchange for `code`.

    Raises:
        ServiceUnavailable: sign-in with Google is not configured here.
    """
    raise ServiceUnavailable("Sign-in with Google is not configured here.", "google_not_configured")
