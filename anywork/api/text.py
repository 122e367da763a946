"""Text of one line: the form in which it is stored and compared, and the key by which it is sorted."""

import re
import unicodedata
from itertools import groupby

from django.contrib.postgres.indexes import OpClass
from django.db.models import F, Func
from django.db.models.functions import Collate, Upper

# Letters that show nothing, or that change the direction of the text after them.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u2800\u3164\ufeff\uffa0]"
)
# These join or separate the letters beside them, in words of Persian and Hindi and in emoji.
_JOINERS = "\u200c\u200d"
# This makes the letter before it an emoji.
_EMOJI_SELECTOR = "\ufe0f"

# Combining marks in a row, as in Unicode's stream-safe text (UAX 15). To normalize or sort them takes quadratic time:
# PostgreSQL took 2 s for 20,000.
MAX_MARKS = 30
# Letters that are no combining marks, but are normalized into two of them.
_DOUBLE_MARKS = "\u0f73\u0f75\u0f81"


def remove_invisible(text: str) -> str:
    """Return `text` without letters that are invisible or change its direction."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def clean_line(text: str) -> str:
    """Return `text` without invisible letters, in Unicode's form NFC, with single spaces and none at the ends.

    The text must not have `too_many_marks`.
    """
    words = (word.strip(_JOINERS) for word in remove_invisible(text).split())
    line = " ".join(word for word in words if word.strip(_EMOJI_SELECTOR)).strip(_EMOJI_SELECTOR)
    return unicodedata.normalize("NFC", line)


def too_many_marks(text: str) -> bool:
    """Return whether more than MAX_MARKS combining marks follow each other."""
    if text.isascii():
        return False
    runs = groupby(text, key=lambda letter: unicodedata.combining(letter) > 0 or letter in _DOUBLE_MARKS)
    return any(is_mark and sum(1 for _ in run) > MAX_MARKS for is_mark, run in runs)


class Folded(Func):
    """Text without accents and capitals, by the function anywork_folded of the migration accounts.0005."""

    function = "anywork_folded"
    arity = 1


def folded(*fields: str) -> tuple[Collate, ...]:
    """Return the keys by which names are sorted, in the order of code points: it is the same on every server."""
    return tuple(Collate(Folded(F(name)), "C") for name in fields)


def searchable(*fields: str) -> tuple[OpClass, ...]:
    """Return the keys of a GIN index that serves `icontains` and `istartswith`, from three letters on."""
    return tuple(OpClass(Upper(name), name="gin_trgm_ops") for name in fields)


def by_name(*fields: str, last: str = "pk") -> tuple[Collate | str, ...]:
    """Return the ordering by the folded `fields`, then by the fields themselves, then by `last`."""
    return (*folded(*fields), *(Collate(F(name), "C") for name in fields), last)
