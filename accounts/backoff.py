"""Delays after failed logins.

Ten failures for one account from one address close this pair for a minute; each further failure for twice as long, up
to an hour. A hundred failures within an hour for one account, from all addresses, close it to networks from which it
never logged in, until fewer than a hundred are within the last hour. Accounts that do not exist behave the same.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Func, Value
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.exceptions import LoginClosed
from accounts.models import AccountFailures, AuditEvent, AuditKind, SignInFailures, User
from accounts.signals import sign_ins_failed
from anywork.api.batches import sweep
from anywork.api.throttling.addresses import Address, client_network, network_prefix

FREE_FAILURES = 10
FIRST_CLOSURE = timedelta(minutes=1)
LONGEST_CLOSURE = timedelta(hours=1)
ACCOUNT_FAILURES = 100
ACCOUNT_WINDOW = timedelta(hours=1)
# Failures expire after that time without another failure.
EXPIRY = timedelta(days=1)


class Attempt(NamedTuple):
    """Attempt to log in, which counts as failed until `succeeded` is called."""

    pair_key: str
    account_key: str
    at: datetime

    def succeeded(self) -> None:
        SignInFailures.objects.filter(pk=self.pair_key).update(failures=0, closed_until=None)
        AccountFailures.objects.filter(pk=self.account_key).update(
            recent=Func(F("recent"), Value(self.at), function="array_remove")
        )


def open_attempt(*, email: str, address: Address) -> Attempt:
    """Count an attempt before the password is checked, so that concurrent attempts are limited, too.

    Raises:
        LoginClosed: there were too many failures; this attempt does not count.
    """
    email = User.objects.normalize_email(email)
    pair_key = _key(f"{client_network(address)} {email}")
    now = timezone.now()
    with transaction.atomic():
        record, _ = SignInFailures.objects.select_for_update().get_or_create(pk=pair_key)
        if record.closed_until and record.closed_until > now:
            raise LoginClosed(wait=(record.closed_until - now).total_seconds())
        _count_for_account(email, address, now)
        record.failures += 1
        record.closed_until = now + closure(record.failures) if record.failures >= FREE_FAILURES else None
        record.last_at = now
        record.save()
    return Attempt(pair_key, _key(email), now)


def reopen_account(*, email: str) -> None:
    """Delete the failures of an account from all addresses."""
    AccountFailures.objects.filter(pk=_key(email)).delete()


def _count_for_account(email: str, address: Address, now: datetime) -> None:
    account, _ = AccountFailures.objects.select_for_update().get_or_create(pk=_key(email))
    recent = [at for at in account.recent if at > now - ACCOUNT_WINDOW]
    if len(recent) >= ACCOUNT_FAILURES:
        if not _is_known_network(email, address):
            raise LoginClosed(wait=(recent[0] + ACCOUNT_WINDOW - now).total_seconds())
        # Not counted: the row has no more than ACCOUNT_FAILURES.
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
        kind__in=(AuditKind.SIGN_IN, AuditKind.ADMIN_SIGN_IN),
    ).exists()


def _key(text: str) -> str:
    # Hashed, so that the row has neither an IP address nor an email address.
    return salted_hmac("accounts.backoff", text, algorithm="sha256").hexdigest()


def closure(failures: int) -> timedelta:
    """Return how long a pair is closed after `failures`."""
    doublings = min(failures - FREE_FAILURES, (LONGEST_CLOSURE // FIRST_CLOSURE).bit_length())
    return min(FIRST_CLOSURE * 2**doublings, LONGEST_CLOSURE)


def sweep_failures(*, until: float) -> int:
    """Delete expired failures; return the number of rows."""
    before = timezone.now() - EXPIRY
    models = (SignInFailures, AccountFailures)
    return sum(sweep(model.objects.filter(last_at__lt=before), until=until) for model in models)
