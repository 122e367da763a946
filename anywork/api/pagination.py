"""Pages: `count`, `next`, `previous`, `results`; `page` and `page_size` as parameters."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import pagination
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


class PageNumberPagination(pagination.PageNumberPagination):
    """20 rows a page unless the client asks for up to 200."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 200

    def get_page_size(self, request: Request) -> int:
        """Return how many rows a page holds.

        Raises:
            ValidationError: `page_size` is no positive number; a bad value is a 400, as in a filter.
        """
        asked = request.query_params.get(self.page_size_query_param)
        if not asked:
            return self.page_size
        try:
            # Not int() alone, which takes signs, spaces and underscores too.
            size = int(asked) if asked.isdecimal() else 0
        except ValueError:
            # Thousands of digits.
            size = self.max_page_size
        if not size:
            raise ValidationError({self.page_size_query_param: ["Enter a whole number from 1."]})
        return min(size, self.max_page_size)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        page = {"type": "integer", "minimum": 1, "default": 1}
        size = {"type": "integer", "minimum": 1, "default": self.page_size}
        return [
            _query_parameter(self.page_query_param, page, "Which page. One past the end is a 404."),
            _query_parameter("page_size", size, f"Rows a page; more than {self.max_page_size} count as that many."),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True, "example": None}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Rows on all pages together.", "example": 1},
                "next": {**link, "description": "The next page's URL; null on the last one."},
                "previous": {**link, "description": "The previous page's URL; null on the first one."},
                "results": schema,
            },
        }


class WholeListPagination(PageNumberPagination):
    """100 rows a page, for short lists that a client reads as a whole."""

    page_size = 100


class RowPages:
    """The rows of `queryset.values(*columns)`; Paginator takes it for a list.

    What the columns join is joined for a page alone: to count, PostgreSQL would join all rows before.
    """

    def __init__(self, queryset: QuerySet[Any], *columns: str) -> None:
        self._queryset = queryset
        self._columns = columns

    def count(self) -> int:
        return self._queryset.count()

    def __getitem__(self, page: slice) -> list[dict[str, Any]]:
        return list(self._queryset[page].values(*self._columns))


def _query_parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
