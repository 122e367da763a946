"""What answers tell of the rate that they counted under."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from rest_framework.status import is_client_error

from anywork.api.errors import json_answer
from anywork.api.exceptions import TooManyRequests
from anywork.api.throttling.throttle import count_request


class RateLimitMiddleware:
    """Tells what the rate of a request is and what is left of it, and counts what no view has counted.

    That is the login of the admin site, whatever its status (a wrong password is a 200 there), and what was refused.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            if request.method == "POST" and request.path == reverse("admin:login"):
                count_request(request, "login")
            response = self.get_response(request)
            if is_client_error(response.status_code) and not hasattr(request, "rate_limit_headers"):
                count_request(request, "anon")
        except TooManyRequests as problem:
            response = json_answer(problem)
        for name, value in getattr(request, "rate_limit_headers", {}).items():
            response.headers[name] = value
        return response
