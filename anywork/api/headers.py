"""Headers that tell browsers and caches what they must not do."""

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers


class SecurityHeadersMiddleware:
    """Content-Security-Policy on every answer; Cache-Control and Vary where an answer is somebody's own.

    What a view says itself stands. Django's SecurityMiddleware adds the other headers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
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
