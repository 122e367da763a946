"""Text of one line: the form in which it is stored and compared, and the key by which it is sorted."""

import re
import unicodedata

from django.db.models import F, Func
from django.db.models.functions import Collate

# Letters that show nothing, or that change the direction of the text after them.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufeff\uffa0]"
)
# These join or separate the letters beside them, in words of Persian and Hindi and in emoji.
_JOINERS = "\u200c\u200d\ufe0f"


def remove_invisible(text: str) -> str:
    """Return `text` without letters that are invisible or change its direction."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def clean_line(text: str) -> str:
    """Return `text` without invisible letters, in Unicode's form NFC, with single spaces and none at the ends.

    The caller limits the combining marks in a row, because normalizing takes quadratic time in their number.
    """
    words = (word for word in remove_invisible(text).split() if word.strip(_JOINERS))
    return unicodedata.normalize("NFC", " ".join(words).strip(_JOINERS))


class Folded(Func):
    """Text without accents and capitals, by the function anywork_folded of the migration accounts.0005."""

    function = "anywork_folded"
    arity = 1


def by_name(*fields: str, last: str = "pk") -> tuple[Collate | str, ...]:
    """Return the ordering by the folded `fields`, then by the fields themselves, then by `last`.

    In the order of code points, which is the same on every server; a collation of a language is not.
    """
    return (*(Collate(Folded(F(name)), "C") for name in fields), *(Collate(F(name), "C") for name in fields), last)
