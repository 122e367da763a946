"""Querysets that are compiled once a process, whatever the values in their conditions.

To build and compile the queryset of a page takes Django longer than all else of a response: 3.1 of 4.3 ms of a job's
page, 1.6 of 3.3 ms of a search. The parameters are what Django's compiler makes of the values the first time.
"""

# ruff: noqa: SLF001 - the arguments of an expression, and the rows of a queryset, have no public names

from collections.abc import Callable, Hashable, Iterable, Iterator
from copy import copy
from datetime import datetime
from functools import cached_property, partial
from threading import Lock
from typing import Any, NamedTuple, Self
from uuid import UUID

from cachetools import LRUCache
from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import BooleanField, F, IntegerField, Model, Q, QuerySet, Value
from django.db.models.expressions import BaseExpression
from django.db.models.query import ValuesIterable
from django.db.models.sql.compiler import SQLCompiler
from psycopg2.extensions import new_type, register_type

# Of a process; the least recently used one goes. Each offset of a page has its own.
MAX_STATEMENTS = 256
# With more, the statement is large (1 MB for 5,000 locations), and hardly ever the same.
MAX_VALUES = 100

# What is recorded, and of these the calls that take names of fields.
_CALLS = {"filter", "exclude", "annotate", "order_by", "reverse", "values", "values_list", "union"}
_OF_NAMES = {"order_by", "values", "values_list"}

_CONSTANTS = (type(None), bool, int)
# Types of output fields that have no arguments.
_FIELDS = (BooleanField, IntegerField, SearchQueryField, SearchVectorField)


class _Text(str):
    """A text that is an object of its own, which equal strings need not be."""

    __slots__ = ()


# Ten times as fast as making a UUID of it. 2950 is the type uuid: SELECT 'uuid'::regtype::oid.
_KEY_AS_TEXT = new_type((2950,), "UUID", lambda text, _: text)


# The types of values, and how to copy one into an object that is found again among the parameters of the statement.
_COPIES: dict[type, Callable[[Any], Any]] = {
    str: _Text,
    UUID: lambda key: UUID(int=key.int),
    datetime: lambda moment: moment.replace(),
    list: list,
}


class _Unknown(Exception):
    """How SQL depends on an argument is not known."""


class Recorded:
    """The queryset that `build(*values)` returns, and what further calls make of it.

    Iterating sends the statement that was compiled for the same calls with other values. Texts, keys and times are
    values; numbers, names of fields and the like belong to the statement. With other arguments, and in all other
    attributes, it is a queryset like any other.

    `build` passes its values on as they are: what it computes from them, from a setting or from the clock would be the
    same in every statement. Nothing is prefetched. With `text_keys`, rows of `values()` may have texts in place of
    UUIDs, for JSON.
    """

    def __init__(
        self, model: type[Model], build: Callable[..., QuerySet[Any]], *values: Any, text_keys: bool = False
    ) -> None:
        self.model = model
        self.text_keys = text_keys
        self._build = build
        self._values = values
        self._calls: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = ()

    def __getattr__(self, name: str) -> Any:
        if name in _CALLS:
            return partial(self._recorded, name)
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.queryset, name)

    def __getitem__(self, page: slice) -> Self:
        return self._recorded("__getitem__", page)

    def __iter__(self) -> Iterator[Any]:
        values: list[Any] = []
        try:
            statement = self._statement(self.shape(values), values)
        except _Unknown:
            statement = None
        return statement.rows(values) if statement else iter(self.queryset.all())

    def all(self) -> Self:
        return self

    def get(self, *, pk: Any) -> Any:
        # Of the type that the statement takes.
        for row in self.filter(pk=self.model._meta.pk.to_python(pk)):
            return row
        raise self.model.DoesNotExist  # type: ignore[attr-defined]

    @property
    def ordering(self) -> tuple[Any, ...]:
        """The terms of the last `order_by`."""
        return next((terms for name, terms, _ in reversed(self._calls) if name == "order_by"), ())

    @cached_property
    def queryset(self) -> QuerySet[Any]:
        """The same as a queryset of Django."""
        return self.made_with(lambda argument, **_: argument)

    def made_with(self, other: Callable[..., Any]) -> QuerySet[Any]:
        """Return the queryset with another object for each argument."""
        queryset = self._build(*map(other, self._values))
        for name, arguments, options in self._calls:
            given = [other(argument, is_sql=name in _OF_NAMES) for argument in arguments]
            queryset = getattr(queryset, name)(*given, **{key: other(value) for key, value in options.items()})
        return queryset

    def shape(self, values: list[Any]) -> Hashable:
        """Return what the statement depends on, and append the values to `values`."""
        shape: list[Hashable] = [self._build, self.text_keys, *[_shape(value, values) for value in self._values]]
        for name, arguments, options in self._calls:
            shape += [name, *[_shape(argument, values, is_sql=name in _OF_NAMES) for argument in arguments]]
            shape += [(key, _shape(value, values)) for key, value in options.items()]
        return tuple(shape)

    def _statement(self, shape: Hashable, values: list[Any]) -> "_Statement | None":
        if len(values) > MAX_VALUES:
            return None
        with _lock:
            if shape in _statements:
                return _statements[shape]
        statement = _compile(self, values)
        with _lock:
            _statements[shape] = statement
        return statement

    def _recorded(self, name: str, *arguments: Any, **options: Any) -> Self:
        other = type(self)(self.model, self._build, *self._values, text_keys=self.text_keys)
        other._calls = (*self._calls, (name, arguments, options))
        return other


class _Statement(NamedTuple):
    """A compiled queryset.

    Attributes:
        names: of the columns, if the rows are dictionaries of what the driver returns.
        places: the number of each parameter's value, or None.
    """

    queryset: QuerySet[Any]
    compiler: SQLCompiler
    sql: str
    names: tuple[str, ...]
    text_keys: bool
    parameters: tuple[Any, ...]
    places: tuple[int | None, ...]

    def rows(self, values: list[Any]) -> Iterator[Any]:
        places = zip(self.parameters, self.places, strict=True)
        parameters = tuple([known if place is None else values[place] for known, place in places])
        if not self.names:
            rows: Any = self.queryset._iterable_class(_Filled(self, parameters))  # type: ignore[arg-type]
            return iter(rows)
        with connections[self.queryset.db].cursor() as cursor:
            if self.text_keys:
                register_type(_KEY_AS_TEXT, cursor.cursor)
            cursor.execute(self.sql, parameters)
            return iter([dict(zip(self.names, row, strict=True)) for row in cursor.fetchall()])


class _Filled:
    """What the iterables of Django need of a queryset and its query: a statement with its parameters."""

    _known_related_objects: dict[Any, Any] = {}

    def __init__(self, statement: _Statement, parameters: tuple[Any, ...]) -> None:
        self._compiler = statement.compiler
        self._filled = statement.sql, parameters
        self.db = statement.queryset.db
        self.query = self
        self.selected = statement.queryset.query.selected

    def get_compiler(self, using: str) -> Any:
        # The compiler may be of another thread.
        compiler: Any = copy(self._compiler)
        compiler.using, compiler.connection = using, connections[using]
        compiler.as_sql = lambda: self._filled
        return compiler


_statements: LRUCache[Hashable, _Statement | None] = LRUCache(MAX_STATEMENTS)
_lock = Lock()


def _compile(recorded: Recorded, values: list[Any]) -> _Statement | None:
    """Return the statement; None if it cannot be filled with other values."""
    copies = [_COPIES[type(value)](value) for value in values]
    queryset = recorded.made_with(partial(_copied, iter(copies)))
    compiler = queryset.query.get_compiler(using=queryset.db)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet:
        return None
    numbers = {id(value): number for number, value in enumerate(copies)}
    places = tuple([numbers.get(id(parameter)) for parameter in parameters])
    if len(set(places) - {None}) < len(values):
        # A field has made another object of a value.
        return None
    names: Iterable[str] = ()
    if queryset._iterable_class is ValuesIterable and not compiler.get_converters(
        [column for column, *_ in compiler.select]
    ):
        names = queryset.query.selected or ()
    return _Statement(queryset, compiler, sql, tuple(names), recorded.text_keys, tuple(parameters), places)


def _shape(argument: Any, values: list[Any], *, is_sql: bool = False) -> Hashable:  # noqa: PLR0911 - one for each type
    """Return what the statement has of an argument, and append the values in it to `values`.

    With `is_sql`, texts are names of fields and functions, or templates.
    """
    kind: Any = type(argument)
    if kind in _CONSTANTS or (is_sql and kind is str):
        return kind, argument
    if kind is Value and argument._constructor_args == ((argument.value,), {}):
        # A list, too, is one parameter.
        return kind, _value(argument.value, values)
    if kind in (list, tuple):
        return kind, *[_shape(item, values, is_sql=is_sql) for item in argument]
    if isinstance(argument, Recorded):
        return argument.shape(values)
    if isinstance(argument, Q):
        children = [child if isinstance(child, tuple) else ("", child) for child in argument.children]
        return Q, argument.connector, argument.negated, *[(name, _shape(part, values)) for name, part in children]
    if isinstance(argument, BaseExpression | F):
        arguments, options = argument._constructor_args  # type: ignore[union-attr]
        return kind, *options, *[_shape(part, values, is_sql=True) for part in (*arguments, *options.values())]
    if kind in _FIELDS:
        return kind
    if kind is slice:
        return kind, argument.start, argument.stop
    return _value(argument, values)


def _value(argument: Any, values: list[Any]) -> Hashable:
    kind: Any = type(argument)
    if kind in _CONSTANTS:
        return kind, argument
    if kind not in _COPIES:
        raise _Unknown
    values.append(argument)
    return kind


def _copied(copies: Iterator[Any], argument: Any, *, is_sql: bool = False) -> Any:  # noqa: PLR0911 - as above
    """Return an argument with `copies` in place of its values, in the order of `_shape`."""
    kind: Any = type(argument)
    if kind in _CONSTANTS or (is_sql and kind is str) or kind is slice or kind in _FIELDS:
        return argument
    if kind is Value and argument._constructor_args == ((argument.value,), {}):
        return Value(argument.value if type(argument.value) in _CONSTANTS else next(copies))
    if kind in (list, tuple):
        return kind([_copied(copies, item, is_sql=is_sql) for item in argument])
    if isinstance(argument, Recorded):
        return argument.made_with(partial(_copied, copies))
    if isinstance(argument, Q):
        other = copy(argument)
        other.children = [
            (child[0], _copied(copies, child[1])) if isinstance(child, tuple) else _copied(copies, child)
            for child in argument.children
        ]
        return other
    if isinstance(argument, BaseExpression | F):
        arguments, options = argument._constructor_args  # type: ignore[union-attr]
        given = [_copied(copies, part, is_sql=True) for part in arguments]
        return kind(*given, **{name: _copied(copies, part, is_sql=True) for name, part in options.items()})
    return next(copies)
