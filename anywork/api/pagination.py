"""Pagination: `count`, `next`, `previous`, `results`; parameters `page` and `page_size`."""

from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from rest_framework import pagination
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

BAD_PAGE_SIZE = "Enter a whole number from 1."


class OneQueryPaginator(Paginator):
    """Paginator that counts rows only if there is a second page."""

    def page(self, number: int | str) -> Page[Any]:
        if str(number) != "1" or not isinstance(self.object_list, QuerySet | RowPages):
            return super().page(number)
        rows = list(self.object_list[: self.per_page + 1])
        if len(rows) <= self.per_page:
            self.count = len(rows)
        return Page(rows[: self.per_page], 1, self)


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


class RowPages:
    """Rows of `queryset.values(*columns)`, in the form of a list for Paginator.

    Columns of other tables are joined for one page only: PostgreSQL would join all rows to count or sort them.
    """

    def __init__(self, queryset: QuerySet[Any], *columns: str) -> None:
        self._queryset = queryset
        self._columns = columns

    def count(self) -> int:
        return self._queryset.count()

    def __getitem__(self, page: slice) -> list[dict[str, Any]]:
        keys: Any = self._queryset.values("pk")[page]
        return list(self._queryset.filter(pk__in=keys).values(*self._columns))


class FoundPages(RowPages):
    """The same of a search, which is not done twice, to count and for the page: the list ends after MOST rows."""

    MOST = 10_000

    @cached_property
    def _keys(self) -> list[Any]:
        return list(self._queryset.values_list("pk", flat=True)[: self.MOST])

    def count(self) -> int:
        return len(self._keys)

    def __getitem__(self, page: slice) -> list[dict[str, Any]]:
        return list(self._queryset.filter(pk__in=self._keys[page]).values(*self._columns))


def _query_parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
