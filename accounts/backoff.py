"""Back-off after failed sign-ins.

Ten failures for one account from one address close that pair for a minute; each further one for twice as long, up to
an hour. A hundred within an hour for one account from all addresses together close it to networks that never signed in
to it, until fewer lie in the last hour. An account that does not exist behaves alike.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Func, Value
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import AccountFailures, AuditEvent, SignInFailures, User
from accounts.signals import sign_ins_failed
from anywork.api.exceptions import TooManyRequests
from anywork.api.throttling.addresses import Address, client_network, network_prefix

FREE_FAILURES = 10
FIRST_CLOSURE = timedelta(minutes=1)
LONGEST_CLOSURE = timedelta(hours=1)
ACCOUNT_FAILURES = 100
ACCOUNT_WINDOW = timedelta(hours=1)
# After that long without another, failures do not count.
FORGOTTEN_AFTER = timedelta(days=1)


class SignInClosed(TooManyRequests):
    """The account is closed to this address for now, for the right password too."""

    def __init__(self, *, wait: float) -> None:
        super().__init__(wait=wait, detail="Too many failed attempts to sign in.", code="too_many_failures")


class Attempt(NamedTuple):
    """One try of a password, which counts as failed until it is said to have succeeded."""

    pair_key: str
    account_key: str
    at: datetime

    def succeeded(self) -> None:
        SignInFailures.objects.filter(pk=self.pair_key).update(failures=0, closed_until=None)
        AccountFailures.objects.filter(pk=self.account_key).update(
            recent=Func(F("recent"), Value(self.at), function="array_remove")
        )


def open_attempt(*, email: str, address: Address) -> Attempt:
    """Count an attempt, before the password is looked at: of many at once no more than allowed get that far.

    Raises:
        SignInClosed: there were too many; this one does not count.
    """
    email = User.objects.normalize_email(email)
    pair_key = _key(f"{client_network(address)} {email}")
    now = timezone.now()
    with transaction.atomic():
        record, _ = SignInFailures.objects.select_for_update().get_or_create(pk=pair_key)
        if record.closed_until and record.closed_until > now:
            raise SignInClosed(wait=(record.closed_until - now).total_seconds())
        _count_for_account(email, address, now)
        record.failures += 1
        record.closed_until = now + closure(record.failures) if record.failures >= FREE_FAILURES else None
        record.last_at = now
        record.save()
    return Attempt(pair_key, _key(email), now)


def reopen_account(*, email: str) -> None:
    """Forget the failures of an account from everywhere, as its owner has set a new password by mail."""
    AccountFailures.objects.filter(pk=_key(email)).delete()


def _count_for_account(email: str, address: Address, now: datetime) -> None:
    account, _ = AccountFailures.objects.select_for_update().get_or_create(pk=_key(email))
    recent = [at for at in account.recent if at > now - ACCOUNT_WINDOW]
    if len(recent) >= ACCOUNT_FAILURES:
        if not _is_known_network(email, address):
            raise SignInClosed(wait=(recent[0] + ACCOUNT_WINDOW - now).total_seconds())
        # Not counted: the row holds no more than close the account.
        return
    account.recent = [*recent, now]
    account.last_at = now
    account.save()
    if len(account.recent) == ACCOUNT_FAILURES and (user := User.objects.filter(email=email).first()):
        sign_ins_failed.send(sender=User, user=user)


def _is_known_network(email: str, address: Address) -> bool:
    return AuditEvent.objects.filter(
        user__email=email,
        address=network_prefix(address),
        kind__in=(AuditEvent.Kind.SIGN_IN, AuditEvent.Kind.ADMIN_SIGN_IN),
    ).exists()


def _key(text: str) -> str:
    # Hashed, so that the row holds neither an address nor what may be an email address.
    return salted_hmac("accounts.backoff", text, algorithm="sha256").hexdigest()


def closure(failures: int) -> timedelta:
    """Return for how long so many failures close a pair."""
    doublings = min(failures - FREE_FAILURES, (LONGEST_CLOSURE // FIRST_CLOSURE).bit_length())
    return min(FIRST_CLOSURE * 2**doublings, LONGEST_CLOSURE)


def sweep_failures() -> int:
    """Forget the failures of a day ago; return the number of rows."""
    before = timezone.now() - FORGOTTEN_AFTER
    return sum(model.objects.filter(last_at__lt=before).delete()[0] for model in (SignInFailures, AccountFailures))
