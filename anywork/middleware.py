"""Middlewares, in the order of MIDDLEWARE."""

import json
import re
import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware as DjangoCommonMiddleware
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from rest_framework.status import is_client_error

from anywork.api.errors import error_body, json_response, problem_of
from anywork.api.exceptions import TooManyRequests
from anywork.api.throttling.addresses import client_address, network_prefix
from anywork.api.throttling.throttle import count_request
from anywork.operations import metrics
from anywork.operations.request_id import begin_request

GetResponse = Callable[[HttpRequest], HttpResponse]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class MetricsMiddleware:
    """Counts requests, if METRICS_TOKEN is set."""

    def __init__(self, get_response: GetResponse) -> None:
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return metrics.measure(request, self.get_response)


class RequestIDMiddleware:
    """Sets the request id: the client's X-Request-ID if it is a plain token of up to 64 characters, else a new one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _REQUEST_ID.fullmatch(offered) else str(uuid.uuid4())
        begin_request(request_id, network_prefix(client_address(request)))
        response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response


class ErrorShapeMiddleware:
    """Replaces Django's own HTML error pages by JSON, except in the admin site and on the pages of links in emails.

    Django renders HTML for a failed CSRF check, and for every error with DEBUG on.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = request.path.startswith((f"/{settings.ADMIN_PATH}/", "/mail/"))
        if response.status_code >= HTTPStatus.BAD_REQUEST and not is_page and _is_text(response):
            # In place, to keep the headers that other middleware has set.
            response.content = json.dumps(error_body(problem_of(response.status_code, request)))
            response.headers["Content-Type"] = "application/json"
            if "Content-Length" in response.headers:
                response.headers["Content-Length"] = str(len(response.content))
        return response


def _is_text(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith("text/")


class SecurityHeadersMiddleware:
    """Sets Content-Security-Policy on every response, and Cache-Control and Vary on responses that differ by caller.

    Headers that a view has set are kept. Django's SecurityMiddleware sets the others.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy(request.path))
        if request.path.startswith("/api/"):
            # Public responses too: another caller may see more, or less.
            patch_vary_headers(response, ["Authorization"])
        if "Authorization" in request.headers or request.path.startswith("/api/auth/"):
            response.headers.setdefault("Cache-Control", "no-store")
        elif "ETag" in response.headers:
            # Clients may store it, but must revalidate it.
            response.headers.setdefault("Cache-Control", "no-cache")
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            # Django says 0, but it would have to be the length of the stored body (RFC 9110, 8.6).
            del response.headers["Content-Length"]
        return response


def _policy(path: str) -> str:
    policies = settings.CONTENT_SECURITY_POLICIES
    return next(policy for prefix, policy in policies.items() if path.startswith(prefix))


class RateLimitMiddleware:
    """Sets the RateLimit headers, and counts requests that no view has counted.

    These are logins to the admin site, whatever their status (a wrong password is a 200 there), and client errors that
    happen before a view.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            if request.method == "POST" and request.path == reverse("admin:login"):
                count_request(request, "login")
            response = self.get_response(request)
            if is_client_error(response.status_code) and not hasattr(request, "rate_limit_headers"):
                count_request(request, "anon")
        except TooManyRequests as problem:
            response = json_response(problem)
        for name, value in getattr(request, "rate_limit_headers", {}).items():
            response.headers[name] = value
        return response


class CommonMiddleware(DjangoCommonMiddleware):
    """Django's, except that health checks accept any Host: load balancers send an IP address."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path in settings.HEALTH_PATHS else super().process_request(request)
