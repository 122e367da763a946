"""Categories and locations by what is typed of their names."""

from typing import Any, TypeVar

from django.db.models import Case, F, Func, Model, QuerySet, TextField, Value, When
from django.db.models.functions import Concat, Length

from anywork.api.text import Folded

M = TypeVar("M", bound=Model)

MAX_TYPED = 10
# Each word costs a comparison per row.
_MAX_WORDS = 10
_SIGNS = "-'\u2019.,/()&"


def typed_words(*fields: str) -> Func:
    """Return the folded words of `fields`, each after a space, so that " lag" finds those that begin with it."""
    parts: list[Any] = [part for field in fields for part in (Value(" "), F(field))]
    return Func(
        Folded(Concat(*parts, output_field=TextField())),
        Value(_SIGNS),
        Value(" " * len(_SIGNS)),
        function="translate",
        output_field=TextField(),
    )


def best_typed(rows: QuerySet[M], typed: str) -> list[M]:
    """Return up to MAX_TYPED rows in which a word begins with each word of `typed`.

    Those that begin with `typed` come first, then the shortest.
    """
    words = typed.translate(str.maketrans(_SIGNS, " " * len(_SIGNS))).split()[:_MAX_WORDS]
    if not words:
        return []
    for word in words:
        rows = rows.filter(typed__contains=Concat(Value(" "), Folded(Value(word))))
    begins = {"typed__startswith": Concat(Value(" "), Folded(Value(" ".join(words))))}
    return list(rows.order_by(Case(When(**begins, then=0), default=1), Length("typed"), "typed", "pk")[:MAX_TYPED])
