"""Request headers that Django and DRF would read before, or without, handling what is wrong with them."""

import codecs
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

WSGIApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]

# No media type: a 415 as Content-Type, a 406 as Accept.
UNREADABLE = "unreadable"


def replace_unreadable_headers(application: WSGIApplication) -> WSGIApplication:
    """Return a WSGI application that spares `application` the media types at which Django raises a ValueError.

    At a Content-Type (`application/json; charset*=foo''x`) it does so before any middleware runs.
    """

    def handle(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        for name in ("CONTENT_TYPE", "HTTP_ACCEPT"):
            if not all(map(_is_readable, environ.get(name, "").split(","))):
                environ[name] = UNREADABLE
        return application(environ, start_response)

    return handle


class UTF8Middleware:
    """Everything is UTF-8, whatever the Content-Type claims: URLs by RFC 3986, JSON by RFC 8259.

    Django would decode the query string by that charset, and not every codec that Python knows decodes text.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.encoding = settings.DEFAULT_CHARSET
        return self.get_response(request)


def _is_readable(media_type: str) -> bool:
    try:
        _, parameters = parse_header_parameters(media_type)
        codecs.lookup(parameters.get("charset", settings.DEFAULT_CHARSET))
    except LookupError:
        # Django and DRF know what to do with an unknown charset.
        return True
    except ValueError:
        return False
    return True
