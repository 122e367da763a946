"""Views that go wrong, beside the project's own URLs."""

from typing import Any, Never

from django.db import connection, transaction
from django.http import HttpRequest
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from accounts.tests.factories import UserFactory
from anywork.api import errors
from anywork.urls import urlpatterns as project_urls

handler400, handler403 = errors.bad_request, errors.permission_denied
handler404, handler500 = errors.not_found, errors.server_error

SECRET = "postgres://anywork:secret@db"


class View(APIView):
    authentication_classes = ()
    permission_classes = ()
    throttle_classes: Any = ()


class RaisingView(View):
    def get(self, request: Request) -> Never:
        raise RuntimeError(SECRET)


def raising_function(request: HttpRequest) -> Never:
    raise RuntimeError(SECRET)


def lose_connection() -> None:
    """What a restarted PostgreSQL does to a query that is under way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


class LosingView(View):
    """Writes a row, then loses its connection."""

    def post(self, request: Request) -> Never:
        with transaction.atomic():
            UserFactory(email="half-written@example.org")
            lose_connection()
        raise AssertionError("unreachable")


class LosingMiddleware:
    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        if "lose" in request.GET:
            lose_connection()
        return self.get_response(request)


class RaisingMiddleware:
    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        raise RuntimeError(SECRET)


class SlowView(View):
    def get(self, request: Request) -> Never:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 20")
            cursor.execute("SELECT pg_sleep(5)")
        raise AssertionError("unreachable")


class OncePerMinute(AnonRateThrottle):
    THROTTLE_RATES = {"anon": "1/min"}


class ThrottledView(View):
    throttle_classes = (OncePerMinute,)

    def get(self, request: Request) -> Response:
        return Response({"status": "ok"})


urlpatterns = [
    path("api/raising/", RaisingView.as_view()),
    path("raising-function/", raising_function),
    path("api/losing/", LosingView.as_view()),
    path("api/slow/", SlowView.as_view()),
    path("api/throttled/", ThrottledView.as_view()),
    *project_urls,
]
