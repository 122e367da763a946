"""Currencies of the world, and which one a sign such as "$" means in a country; from Unicode's CLDR."""

import unicodedata
from functools import cache

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies

# The languages in which names of countries are known.
_LANGUAGES = ("en", "fr", "de", "es", "pt", "it", "nl", "sv", "nb", "da", "pl", "ja", "zh", "ko")
_SHORT_FORMS = {"uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "uae": "AE", "usa": "US", "america": "US"}

_DOLLARS = frozenset(
    [
        *("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP", "UYU", "DOP", "CUP", "BBD"),
        *("BSD", "BZD", "BMD", "BND", "FJD", "GYD", "JMD", "KYD", "LRD", "NAD", "SBD", "SRD", "TTD", "XCD"),
    ]
)
# What a sign means where no place is known, and the currencies that are written with it in their countries.
SIGNS: dict[str, tuple[str, frozenset[str]]] = {
    "$": ("USD", _DOLLARS),
    "peso": ("", frozenset(["MXN", "ARS", "CLP", "COP", "UYU", "DOP", "CUP", "PHP"])),
    "kr": ("", frozenset(["SEK", "NOK", "DKK", "ISK"])),
    "rs": ("INR", frozenset(["INR", "PKR", "LKR", "NPR", "MUR", "SCR"])),
    "lakh": ("INR", frozenset(["INR", "PKR", "BDT", "LKR", "NPR"])),
    "¥": ("JPY", frozenset(["JPY", "CNY"])),
    "¥k": ("", frozenset(["JPY", "CNY"])),
    "元": ("CNY", frozenset(["CNY", "TWD", "HKD", "MOP"])),
    "sh": ("", frozenset(["KES", "UGX", "TZS", "SOS"])),
    "cfa": ("", frozenset(["XOF", "XAF"])),
    "£": ("GBP", frozenset(["GBP", "GIP", "FKP", "SHP", "EGP"])),
    "lei": ("RON", frozenset(["RON", "MDL"])),
    "dh": ("", frozenset(["AED", "MAD"])),
    "dinar": ("", frozenset(["KWD", "BHD", "JOD", "TND", "DZD", "IQD", "RSD"])),
    "riyal": ("", frozenset(["SAR", "QAR", "OMR", "YER"])),
}


@cache
def currency_codes() -> tuple[str, ...]:
    """Return the ISO 4217 codes of the currencies in use, in order."""
    used = {code for territory in get_global("territory_currencies") for code in get_territory_currencies(territory)}
    return tuple(sorted(used))


def currency_of_sign(sign: str, country: str) -> str:
    """Return what a sign of SIGNS means in a country of this name or code; "" if that is not known."""
    elsewhere, written_so = SIGNS[sign]
    territory = _territories().get(_folded(country))
    local = get_territory_currencies(territory) if territory else []
    return next((code for code in local if code in written_so), elsewhere)


@cache
def _territories() -> dict[str, str]:
    # Once a process, as reading takes 40 ms.
    names = dict(_SHORT_FORMS)
    for language in _LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2:  # noqa: PLR2004 - the others are continents
                names.setdefault(_folded(name), code)
                names.setdefault(code.casefold(), code)
    return names


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.strip().casefold().replace(".", ""))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
