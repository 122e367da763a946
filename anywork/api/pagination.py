"""Pagination: `count`, `next`, `previous`, `results`; parameters `page` and `page_size`."""

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Field, Func, QuerySet, Subquery
from django.db.models.lookups import In
from rest_framework import pagination
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from anywork.database.recorded import Recorded

BAD_PAGE_SIZE = "Enter a whole number from 1."
# More than any list has, and fewer than PostgreSQL can skip.
_MAX_ROWS = 10**12


class OneQueryPaginator(Paginator):
    """Paginator that counts rows only if there is a second page; those of RowPages in the same statement."""

    def page(self, number: int | str) -> Page[Any]:
        if isinstance(self.object_list, RowPages):
            return self._page_of_rows(self.object_list, number)
        if str(number) != "1" or not isinstance(self.object_list, QuerySet):
            return super().page(number)
        rows = list(self.object_list[: self.per_page + 1])
        if len(rows) <= self.per_page:
            self.count = len(rows)
        return Page(rows[: self.per_page], 1, self)

    def _page_of_rows(self, pages: "RowPages", number: int | str) -> Page[Any]:
        try:
            start = (int(number) - 1) * self.per_page
        except ValueError:
            start = -1
        if not 0 <= start <= _MAX_ROWS:
            # Paginator says why there is no such page.
            return super().page(number)
        rows, count = pages.page(start, start + self.per_page)
        # Without rows, a page beyond the last; only then they are counted by a second statement.
        if rows or not start:
            self.count = count
        return Page(rows, self.validate_number(number), self)


class PageNumberPagination(pagination.PageNumberPagination):
    """20 rows per page; up to 200 by `page_size`."""

    django_paginator_class = OneQueryPaginator
    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 200
    # No words: `page=last` is a 404 like any other page that does not exist.
    last_page_strings = ()

    def get_page_size(self, request: Request) -> int:
        """Return the number of rows per page.

        Raises:
            ValidationError: `page_size` is no positive number; an invalid value is a 400, as in a filter.
        """
        asked = request.query_params.get(self.page_size_query_param)
        if not asked:
            return self.page_size
        try:
            # Not int() alone, which accepts signs, spaces and underscores.
            size = int(asked) if asked.isdecimal() else 0
        except ValueError:
            # Thousands of digits.
            size = self.max_page_size
        if not size:
            raise ValidationError({self.page_size_query_param: [BAD_PAGE_SIZE]})
        return min(size, self.max_page_size)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        page = {"type": "integer", "minimum": 1, "default": 1}
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [
            _query_parameter(self.page_query_param, page, "Page number. A page that does not exist is a 404."),
            _query_parameter("page_size", size, f"Rows per page; more count as {self.max_page_size}."),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Rows on all pages.", "example": 1},
                "next": {**link, "description": "URL of the next page; null on the last page."},
                "previous": {**link, "description": "URL of the previous page; null on the first page."},
                "results": schema,
            },
        }


class WholeListPagination(PageNumberPagination):
    """100 rows per page, for short lists that clients read as a whole."""

    page_size = 100


@Field.register_lookup
class InArray(In):
    """`in`, of a subquery: to plan it, PostgreSQL does not think of it as one more table to join."""

    lookup_name = "in_array"

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"= ANY(ARRAY{rhs})"


class RowPages:
    """Pages of rows of `queryset.values(*columns)`, for OneQueryPaginator.

    Keys in them may be texts. Columns of other tables are joined for one page only: PostgreSQL would join all rows to
    count or sort them.
    """

    def __init__(self, queryset: QuerySet[Any] | Recorded, *columns: str) -> None:
        self._queryset = queryset
        self._columns = columns

    def count(self) -> int:
        return self._queryset.count()

    def page(self, start: int, stop: int) -> tuple[list[dict[str, Any]], int]:
        """Return these rows, and the number of all; 0 if there are none of these."""
        build = _counted_rows(self._columns)
        rows = list(Recorded(self._queryset.model, build, self._queryset, start, stop, text_keys=True))
        counts = [row.pop("row_count") for row in rows]
        return rows, counts[0] if counts else 0


@cache
def _counted_rows(columns: tuple[str, ...]) -> Callable[..., QuerySet[Any]]:
    """Return a function, one for each `columns`, that makes the statement of a page."""

    def build(queryset: Any, start: int, stop: int) -> QuerySet[Any]:
        found: QuerySet[Any] = getattr(queryset, "queryset", queryset)
        # Not Count, which would group the rows; no IntegerField, whose rows Django converts.
        number = found.order_by().values(number=Func("pk", function="COUNT", output_field=Field()))
        page = found.all()
        # The keys suffice: with the filters once more, PostgreSQL would begin with all rows of an employer.
        page.query.clear_where()
        keys = found.values("pk")[start:stop]
        return page.filter(pk__in_array=keys).values(*columns, row_count=Subquery(number))

    return build


class FoundPages(RowPages):
    """The same of a search, which is not done twice, to count and for the page: the list ends after MOST rows."""

    MOST = 10_000

    @cached_property
    def _keys(self) -> list[Any]:
        return list(self._queryset.values_list("pk", flat=True)[: self.MOST])

    def count(self) -> int:
        return len(self._keys)

    def page(self, start: int, stop: int) -> tuple[list[dict[str, Any]], int]:
        return list(self._queryset.filter(pk__in=self._keys[start:stop]).values(*self._columns)), self.count()


def _query_parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
