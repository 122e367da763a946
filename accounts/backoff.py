"""What guessing passwords costs: time.

Ten failures for one account from one address close that pair for a minute; each further one for twice as long, up to
an hour. Nobody can lock out somebody at another address. An account that does not exist behaves alike.
"""

from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import SignInFailures, User
from anywork.api.addresses import Address, customer
from anywork.api.exceptions import TooManyRequests

FREE_FAILURES = 10
FIRST_CLOSURE = timedelta(minutes=1)
LONGEST_CLOSURE = timedelta(hours=1)
# A pair that nobody tried for so long starts afresh.
FORGOTTEN_AFTER = timedelta(days=1)


class SignInClosed(TooManyRequests):
    """Not even the right password opens this account from this address for now."""

    def __init__(self, *, wait: float) -> None:
        super().__init__(wait=wait, detail="Too many failed attempts to sign in.", code="too_many_failures")


class Attempt(NamedTuple):
    """One try of a password, which counts as failed until it is said to have succeeded."""

    key: str

    def succeeded(self) -> None:
        SignInFailures.objects.filter(pk=self.key).update(failures=0, closed_until=None)


def open_attempt(*, email: str, address: Address) -> Attempt:
    """Count an attempt, before the password is looked at: of many at once no more than allowed get that far.

    Raises:
        SignInClosed: there were too many; this one does not count.
    """
    # Hashed, so that the row holds neither an address nor what may be somebody's e-mail address.
    pair = f"{customer(address)} {User.objects.normalize_email(email)}"
    key = salted_hmac("accounts.backoff", pair, algorithm="sha256").hexdigest()
    now = timezone.now()
    with transaction.atomic():
        record, _ = SignInFailures.objects.select_for_update().get_or_create(pk=key)
        if record.closed_until and record.closed_until > now:
            raise SignInClosed(wait=(record.closed_until - now).total_seconds())
        record.failures += 1
        record.closed_until = now + closure(record.failures) if record.failures >= FREE_FAILURES else None
        record.last_at = now
        record.save()
    return Attempt(key)


def closure(failures: int) -> timedelta:
    """Return for how long so many failures close a pair."""
    doublings = min(failures - FREE_FAILURES, (LONGEST_CLOSURE // FIRST_CLOSURE).bit_length())
    return min(FIRST_CLOSURE * 2**doublings, LONGEST_CLOSURE)


def sweep_failures() -> int:
    """Forget the pairs that nobody tried for a day; return how many there were."""
    forgotten, _ = SignInFailures.objects.filter(last_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()
    return forgotten
