"""Two-factor login of the staff: codes of authenticator apps, and recovery codes.

django-otp stores the device and checks its codes: each works once, and failures delay the next attempt.
"""

import hashlib
import re
from base64 import b32encode
from secrets import token_bytes
from textwrap import wrap

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import audit
from accounts.exceptions import OTPRequired
from accounts.models import RecoveryCode, User
from accounts.tokens import close_all_sessions

RECOVERY_CODES = 10


def requires_otp(user: User) -> bool:
    """Return whether `user` needs a code to log in."""
    return bool(settings.ADMIN_TOTP_REQUIRED and (user.is_staff or user.is_superuser))


def must_enrol(user: User) -> bool:
    """Return whether `user` needs a code to log in, but has no device."""
    return requires_otp(user) and not devices_of(user).exists()


def devices_of(user: User) -> QuerySet[TOTPDevice]:
    """Return the device of `user`, if there is one."""
    return TOTPDevice.objects.filter(user=user, confirmed=True)


def verify_otp(user: User, code: str) -> None:
    """Check the code of a user whose password is right, and set `user.otp_device`.

    Without a device nothing is checked, and `otp_device` stays None: such a login allows to set one up, and no more.

    Raises:
        OTPRequired: the code is missing, wrong or used.
    """
    if not requires_otp(user):
        return
    # Committed before the exception, since a failure is counted in the row.
    with transaction.atomic():
        device = devices_of(user).select_for_update().first()
        is_verified = device is None or _use_recovery_code(device, code) or device.verify_token(_compact(code))
        if not is_verified:
            audit.record(audit.Kind.SIGN_IN_FAILED, user=user, subject="code")
    if not is_verified:
        raise OTPRequired
    user.otp_device = device


def enrol(*, user: User, key: str, code: str) -> tuple[TOTPDevice, list[str]]:
    """Store the device with `key`, which shows `code`; return it and new recovery codes, which only the caller has.

    Raises:
        OTPRequired: the code is wrong, or the user has a device.
    """
    with transaction.atomic():
        # Locked: a concurrent enrolment is the other one's.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        device = TOTPDevice(user=user, key=key, name="Authenticator app")
        # The exception also removes the device, which a wrong code has stored.
        if devices_of(user).exists() or not device.verify_token(_compact(code)):
            raise OTPRequired
        recovery_codes = [_random_code() for _ in range(RECOVERY_CODES)]
        RecoveryCode.objects.bulk_create(RecoveryCode(digest=_digest(each), user=user) for each in recovery_codes)
        audit.record(audit.Kind.OTP_ENROLLED, user=user)
    return device, recovery_codes


def reset_two_factor(*, user: User) -> None:
    """Delete the device and the recovery codes of `user`, who sets up others at the next login; end all sessions."""
    with transaction.atomic():
        devices, _ = TOTPDevice.objects.filter(user=user).delete()
        user.recovery_codes.all().delete()
        if devices:
            close_all_sessions(user)
            audit.record(audit.Kind.OTP_RESET, user=user)


def _use_recovery_code(device: TOTPDevice, code: str) -> bool:
    # Of concurrent requests, one deletes the row.
    deleted, _ = RecoveryCode.objects.filter(user=device.user_id, digest=_digest(code)).delete()
    if deleted:
        device.throttle_reset()
        audit.record(audit.Kind.RECOVERY_CODE_USED, user=device.user)
    return bool(deleted)


def _random_code() -> str:
    # 80 bits, in groups of four letters.
    return "-".join(wrap(b32encode(token_bytes(10)).decode().lower(), 4))


def _digest(code: str) -> str:
    return hashlib.sha256(_compact(code).encode()).hexdigest()


def _compact(code: str) -> str:
    return re.sub(r"[\s-]", "", code).lower()
