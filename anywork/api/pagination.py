"""Pages: `count`, `next`, `previous`, `results`; `page` and `page_size` as parameters."""

from rest_framework import pagination


class PageNumberPagination(pagination.PageNumberPagination):
    """20 rows a page unless the client asks for up to 200."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 200


class WholeListPagination(PageNumberPagination):
    """100 rows a page, for short lists that a client reads as a whole."""

    page_size = 100
