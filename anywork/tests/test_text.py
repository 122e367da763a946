"""Lines of text: how they are cleaned, folded and ordered."""

import pytest

from anywork.api.text import clean_line
from jobs.models import Category
from jobs.tests.factories import CategoryFactory

INVISIBLE = [
    *(0xAD, 0x61C, 0x115F, 0x1160, 0x180E, 0x200B, 0x200E, 0x200F, 0x2800, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2065),
    *range(0x2066, 0x2070),
]


@pytest.mark.parametrize("code", INVISIBLE, ids=hex)
def test_invisible_letter_is_removed(code):
    assert clean_line(f"{chr(code)}Soft{chr(code)}ware {chr(code)} Engineer{chr(code)}") == "Software Engineer"
    assert clean_line(chr(code) * 3) == ""


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"], ids=["non-joiner", "joiner"])
def test_joiner_stays_between_letters_only(joiner):
    assert clean_line(f"a{joiner}b") == f"a{joiner}b"
    assert clean_line(f"{joiner}a{joiner} b{joiner}") == "a b"
    assert clean_line(f"a {joiner} b") == "a b"
    assert clean_line(joiner) == ""


def test_variation_selector_stays_within_the_line_only():
    assert clean_line("\ufe0f❤\ufe0f Nurse ❤\ufe0f") == "❤\ufe0f Nurse ❤"
    assert clean_line("a \ufe0f b") == "a b"
    assert clean_line("\ufe0f") == ""


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Cafe\u0301", "Caf\u00e9"),
        ("e\u00ad\u0301", "\u00e9"),
        ("Data  Science", "Data Science"),
        (" Data\u00a0\u3000\u202f Science\u2003", "Data Science"),
        ("C++ & C#, 100 % «remote»", "C++ & C#, 100 % «remote»"),
        ("ｆｕｌｌ", "ｆｕｌｌ"),
        ("نرم\u200cافزار", "نرم\u200cافزار"),
        ("👩\u200d👩\u200d👧 Nanny", "👩\u200d👩\u200d👧 Nanny"),
        ("", ""),
    ],
)
def test_line_is_normalized(sent, stored):
    assert clean_line(sent) == stored
    assert clean_line(stored) == stored


@pytest.mark.parametrize("mark", ["\u0301", "\u0f73", "\u0f75", "\u0f81"], ids=["acute", "ii", "uu", "reversed-ii"])
def test_anonymous_sends_a_letter_with_thousands_of_marks_and_is_refused(anonymous, db, mark):
    """Otherwise they would be sorted in quadratic time, for 10 s."""
    response = anonymous.post("/api/auth/login/", {"email": "a" + mark * 100_000, "password": "x"})

    assert response.json()["errors"] == {"email": ["A letter may have at most 30 accents."]}


def test_marks_around_an_invisible_letter_are_counted_together(employer):
    """Otherwise they would be sorted in quadratic time."""
    response = employer.post("/api/categories/", {"name": "a" + ("\u0316\u0301" * 15 + "\u200b") * 2})

    assert response.json()["errors"] == {"name": ["A letter may have at most 30 accents."]}


@pytest.mark.django_db
def test_names_are_ordered_alike_on_every_server():
    for name in ("zebra", "Érable", "Banana", "apple", "erable", "Żuk", "ящик", "Árbol"):
        CategoryFactory(name=name)

    assert list(Category.objects.values_list("name", flat=True)) == [
        *("apple", "Árbol", "Banana", "erable", "Érable", "zebra", "Żuk", "ящик"),
    ]
    # By code points, not by the collation that this database happens to have.
    assert str(Category.objects.all().query).count('COLLATE "C"') == 2
