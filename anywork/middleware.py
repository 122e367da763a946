"""The project's own middlewares, in the order of MIDDLEWARE."""

import json
import re
import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware as DjangoCommonMiddleware
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from rest_framework.status import is_client_error

from anywork.api.errors import error_body, json_response, problem_of
from anywork.api.exceptions import TooManyRequests
from anywork.api.throttling.addresses import client_address, network_prefix
from anywork.api.throttling.throttle import count_request
from anywork.operations.request_id import begin_request

GetResponse = Callable[[HttpRequest], HttpResponse]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIDMiddleware:
    """Takes the client's X-Request-ID if it is a plain token of up to 64 characters, else makes one."""

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
    """Puts into the one shape what Django itself answers in HTML: to a forged form, and to everything with DEBUG on.

    Pages for people keep theirs: the admin site's, and those that links in mails lead to.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = request.path.startswith((f"/{settings.ADMIN_PATH}/", "/mail/"))
        if response.status_code >= HTTPStatus.BAD_REQUEST and not is_page and _is_text(response):
            # In place, because of what other middleware has set on it.
            response.content = json.dumps(error_body(problem_of(response.status_code, request)))
            response.headers["Content-Type"] = "application/json"
            if "Content-Length" in response.headers:
                response.headers["Content-Length"] = str(len(response.content))
        return response


def _is_text(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith("text/")


class SecurityHeadersMiddleware:
    """Content-Security-Policy on every answer; Cache-Control and Vary where an answer is somebody's own.

    What a view says itself stands. Django's SecurityMiddleware adds the other headers.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy(request.path))
        if request.path.startswith("/api/"):
            # Public answers too: a cache must not give them to somebody who sees more, or less.
            patch_vary_headers(response, ["Authorization"])
        if "Authorization" in request.headers or request.path.startswith("/api/auth/"):
            response.headers.setdefault("Cache-Control", "no-store")
        elif "ETag" in response.headers:
            # To be kept, but never shown without asking whether it is still the same.
            response.headers.setdefault("Cache-Control", "no-cache")
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            # Django says 0, but it would be the length of what the client has (RFC 9110, 8.6).
            del response.headers["Content-Length"]
        return response


def _policy(path: str) -> str:
    policies = settings.CONTENT_SECURITY_POLICIES
    return next(policy for prefix, policy in policies.items() if path.startswith(prefix))


class RateLimitMiddleware:
    """Tells what the rate of a request is and what is left of it, and counts what no view has counted.

    That is the login of the admin site, whatever its status (a wrong password is a 200 there), and what was refused.

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
    """Django's, but the health of the site is told whatever Host it is asked by: balancers ask by IP address."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path in settings.HEALTH_PATHS else super().process_request(request)
