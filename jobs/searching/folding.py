"""Words, and names of places in the form in which the gazetteer compares them."""

import re
import unicodedata

_APOSTROPHES = re.compile("['\u2018\u2019\u02bb\u02bc`\u00b4]")
# "L.A.", "a.M."
_INITIAL = re.compile(r"\b(\w)\.")
# "D C"
_SINGLE_LETTERS = re.compile(r"\b([a-z]) (?=[a-z]\b)")
# Letters that Unicode does not decompose.
_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th", "&": " and "}
)
_SHORT_FORMS = {"saint": "st", "sankt": "st", "sint": "st", "sainte": "ste", "fort": "ft", "mount": "mt"}


def fold_letters(text: str) -> str:
    """Return `text` without accents, capitals and apostrophes."""
    letters = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return _APOSTROPHES.sub("", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def fold_place(text: str) -> str:
    """Return `text` without accents, capitals and punctuation; a hyphen is a space, and Saint is St."""
    letters = _INITIAL.sub(r"\1", fold_letters(text))
    words = "".join(letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " " for letter in letters)
    words = " ".join(_SHORT_FORMS.get(word, word) for word in words.split())
    return _SINGLE_LETTERS.sub(r"\1", words)
