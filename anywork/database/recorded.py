"""Querysets that are compiled once a process, whatever the values in their conditions.

To build and compile the queryset of a page of jobs takes Django longer than PostgreSQL needs to fetch it.
"""

from collections.abc import Callable, Hashable, Iterator
from copy import copy
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple, Self
from uuid import UUID

from cachetools import LRUCache
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import F, Field, Model, Q, QuerySet, Value
from django.db.models.expressions import BaseExpression
from django.db.models.sql.compiler import SQLCompiler

# Of a process, the least recently used go. Each offset of a page has one of its own.
MAX_STATEMENTS = 256


class _Text(str):
    """A text that is an object of its own, which equal strings need not be."""

    __slots__ = ()


# The types of values, and how to copy one into an object that is found among the parameters of the statement.
_COPIES: dict[type, Callable[[Any], Any]] = {
    str: _Text,
    UUID: lambda key: UUID(int=key.int),
    datetime: lambda moment: moment.replace(),
    list: list,
}


_CONSTANT = {type(None), bool, int}


class _Unknown(Exception):
    """It is not known how SQL depends on an argument."""


class Recorded:
    """The queryset that `build(*values)` returns, and what further calls make of it.

    Iterating sends the statement that was compiled for the same calls with other values. Texts, keys and times are
    values; numbers, names of fields and the like belong to the statement. With arguments of other types, and for all
    other attributes, it is a queryset like any other.
    """

    def __init__(self, model: type[Model], build: Callable[..., QuerySet[Any]], *values: Any) -> None:
        self.model = model
        self._build = build
        self._values = values
        self._calls: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = ()

    def all(self) -> Self:
        return self

    def filter(self, *conditions: Any, **lookups: Any) -> Self:
        return self._recorded("filter", conditions, lookups)

    def exclude(self, *conditions: Any, **lookups: Any) -> Self:
        return self._recorded("exclude", conditions, lookups)

    def order_by(self, *terms: Any) -> Self:
        return self._recorded("order_by", terms)

    def reverse(self) -> Self:
        return self._recorded("reverse")

    def annotate(self, **expressions: Any) -> Self:
        return self._recorded("annotate", (), expressions)

    def values(self, *names: str, **expressions: Any) -> Self:
        return self._recorded("values", names, expressions)

    def values_list(self, *names: str) -> Self:
        return self._recorded("values_list", names)

    def union(self, *others: Self, **options: bool) -> Self:
        return self._recorded("union", others, options)

    def get(self, *, pk: Any) -> Any:
        # The type of the key in the statement.
        for row in self.filter(pk=self.model._meta.pk.to_python(pk)):
            return row
        raise self.model.DoesNotExist  # type: ignore[attr-defined]

    def __getitem__(self, page: slice) -> Self:
        return self._recorded("__getitem__", (page,))

    def __iter__(self) -> Iterator[Any]:
        values: list[Any] = []
        try:
            shape = self.shape(values)
            with _lock:
                statement = _statements.get(shape)
            if statement is None:
                statement = _compile(self, values)
                with _lock:
                    _statements[shape] = statement
        except _Unknown:
            return iter(self.queryset)
        return statement.rows(values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.queryset, name)

    @property
    def ordering(self) -> tuple[Any, ...]:
        """The terms of the last `order_by`."""
        return next((terms for name, terms, _ in reversed(self._calls) if name == "order_by"), ())

    @cached_property
    def queryset(self) -> QuerySet[Any]:
        """The same as a queryset of Django."""
        queryset = self._build(*self._values)
        for name, arguments, options in self._calls:
            queryset = getattr(queryset, name)(*arguments, **options)
        return queryset

    def shape(self, values: list[Any]) -> Hashable:
        """Return what the statement depends on, and append the values to `values`."""
        shape = [self._build, *[_shape(value, values) for value in self._values]]
        for name, arguments, options in self._calls:
            shape += [name, *[_shape(argument, values, is_sql=name in _OF_NAMES) for argument in arguments]]
            shape += [(key, _shape(argument, values)) for key, argument in options.items()]
        return tuple(shape)

    def copied(self, copies: Iterator[Any]) -> QuerySet[Any]:
        """Return the queryset with `copies` in place of its values."""
        queryset = self._build(*[_copied(value, copies) for value in self._values])
        for name, arguments, options in self._calls:
            others = [_copied(argument, copies, is_sql=name in _OF_NAMES) for argument in arguments]
            named = {key: _copied(argument, copies) for key, argument in options.items()}
            queryset = getattr(queryset, name)(*others, **named)
        return queryset

    def _recorded(self, name: str, arguments: tuple[Any, ...] = (), options: dict[str, Any] | None = None) -> Self:
        other = type(self)(self.model, self._build, *self._values)
        other._calls = (*self._calls, (name, arguments, options or {}))
        return other


# Calls that take names of fields.
_OF_NAMES = {"order_by", "values", "values_list"}


class _Statement(NamedTuple):
    """A compiled queryset; `places` has the number of each parameter's value, or None."""

    queryset: QuerySet[Any]
    compiler: SQLCompiler
    sql: str
    parameters: tuple[Any, ...]
    places: tuple[int | None, ...]

    def rows(self, values: list[Any]) -> Iterator[Any]:
        return iter(self.queryset._iterable_class(_Filled(self, values)))  # type: ignore[attr-defined]


class _Filled:
    """What Django's iterables need of a queryset and its query: a statement, filled with values."""

    _known_related_objects: dict[Any, Any] = {}

    def __init__(self, statement: _Statement, values: list[Any]) -> None:
        places = zip(statement.parameters, statement.places, strict=True)
        self._filled = statement.sql, tuple([known if place is None else values[place] for known, place in places])
        self._compiler = statement.compiler
        self.db = statement.queryset.db
        self.query = self
        self.selected = statement.queryset.query.selected

    def get_compiler(self, using: str) -> SQLCompiler:
        # Of another thread, perhaps.
        compiler = copy(self._compiler)
        compiler.using, compiler.connection = using, connections[using]
        compiler.as_sql = lambda: self._filled
        return compiler


_statements: LRUCache[Hashable, _Statement] = LRUCache(MAX_STATEMENTS)
_lock = Lock()


def _compile(recorded: Recorded, values: list[Any]) -> _Statement:
    copies = [_COPIES[type(value)](value) for value in values]
    queryset = recorded.copied(iter(copies))
    compiler = queryset.query.get_compiler(using=queryset.db)
    try:
        sql, parameters = compiler.as_sql()
    except EmptyResultSet as error:
        raise _Unknown from error
    numbers = {id(value): number for number, value in enumerate(copies)}
    places = tuple([numbers.get(id(parameter)) for parameter in parameters])
    if len(set(places) - {None}) < len(values):
        # A field has made another object of a value.
        raise _Unknown
    return _Statement(queryset, compiler, sql, tuple(parameters), places)


def _shape(argument: Any, values: list[Any], *, is_sql: bool = False) -> Hashable:
    """Return what SQL depends on; texts are no values if they are SQL, names of fields and the like."""
    kind = type(argument)
    if kind in _CONSTANT or is_sql and kind is str:
        return kind, argument
    if kind is Value and type(argument.value) in _COPIES:
        # A list, too, is one parameter.
        values.append(argument.value)
        return kind, type(argument.value), type(argument._output_field_or_none)
    if kind in (list, tuple):
        return kind, *[_shape(item, values, is_sql=is_sql) for item in argument]
    if kind in _COPIES:
        values.append(argument)
        return kind
    if isinstance(argument, Recorded):
        return argument.shape(values)
    if isinstance(argument, Q):
        children = [
            (child[0], _shape(child[1], values)) if isinstance(child, tuple) else _shape(child, values)
            for child in argument.children
        ]
        return Q, argument.connector, argument.negated, *children
    if isinstance(argument, BaseExpression | F):
        arguments, options = argument._constructor_args
        parts = [_shape(part, values, is_sql=True) for part in arguments]
        return kind, *parts, *[(name, _shape(part, values, is_sql=True)) for name, part in options.items()]
    if isinstance(argument, Field):
        return kind
    if kind is slice:
        return argument.start, argument.stop
    raise _Unknown


def _copied(argument: Any, copies: Iterator[Any], *, is_sql: bool = False) -> Any:
    """Return an argument with `copies` in place of the values that `_shape` finds, in the same order."""
    kind = type(argument)
    if kind in _CONSTANT or is_sql and kind is str:
        return argument
    if kind is Value and type(argument.value) in _COPIES:
        return Value(next(copies), *argument._constructor_args[0][1:], **argument._constructor_args[1])
    if kind in (list, tuple):
        return kind([_copied(item, copies, is_sql=is_sql) for item in argument])
    if kind in _COPIES:
        return next(copies)
    if isinstance(argument, Recorded):
        return argument.copied(copies)
    if isinstance(argument, Q):
        other = copy(argument)
        other.children = [
            (child[0], _copied(child[1], copies)) if isinstance(child, tuple) else _copied(child, copies)
            for child in argument.children
        ]
        return other
    if isinstance(argument, BaseExpression | F):
        arguments, options = argument._constructor_args
        parts = [_copied(part, copies, is_sql=True) for part in arguments]
        return kind(*parts, **{name: _copied(part, copies, is_sql=True) for name, part in options.items()})
    return argument
