"""The parts of a job's search vector, by weight: A title, B company, C category and location, D description."""

from django.contrib.postgres.search import SearchVectorField
from django.db.models import F, Func, Value


def _filter_weights(weights: str) -> Func:
    array = Func(Value(weights), function="", template='%(expressions)s::"char"[]')
    return Func(F("search"), array, function="ts_filter", output_field=SearchVectorField())


TITLE_VECTOR = _filter_weights("{a}")
NAMES_VECTOR = _filter_weights("{a,b,c}")
