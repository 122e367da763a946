"""Canonical form of email addresses: how they are stored, compared and written to."""

import re

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

# RFC 5321, section 4.5.3.1: the longest path without its brackets.
MAX_LENGTH = 254
LOCAL_PART_LENGTH = 64
# Longer input is refused unread: its ASCII form cannot fit into 254 bytes.
INPUT_LENGTH = 1_000

_INVALID = "Enter a valid email address."
_NUMBER = re.compile(r"[0-9]+")
_check = EmailValidator(_INVALID)


def canonical_email(text: str) -> str:
    """Return the canonical form of an address: trimmed, lower case, the domain in ASCII by UTS 46, non-transitional.

    Another mapping would write to another domain: straße.example is not strasse.example.

    Raises:
        ValidationError: `text` is not an address, or has a local part that is quoted or not ASCII, or a domain that is
            an IP address or has no dot.
    """
    local, _, domain = text[: INPUT_LENGTH + 1].strip().rpartition("@")
    if len(text) > INPUT_LENGTH:
        raise _invalid()
    if not local.isascii():
        raise ValidationError("Only ASCII letters are allowed before the @ of an email address.", "invalid")
    try:
        domain = idna.encode(domain, uts46=True, std3_rules=True, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise _invalid() from error
    address = f"{local}@{domain}".lower()
    if len(address) > MAX_LENGTH:
        raise ValidationError(f"Ensure this field has no more than {MAX_LENGTH} characters.", "max_length")
    _check(address)
    host, dot, top_level = domain.rpartition(".")
    if not (host and dot) or _NUMBER.fullmatch(top_level) or '"' in local or len(local) > LOCAL_PART_LENGTH:
        raise _invalid()
    return address


def _invalid() -> ValidationError:
    return ValidationError(_INVALID, "invalid")
