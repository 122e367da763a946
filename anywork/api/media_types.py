"""Media types in request headers that Django and REST framework fail to parse."""

import codecs
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

WSGIApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]

# No media type: a 415 as Content-Type, a 406 as Accept.
UNREADABLE = "unreadable"

# URLs and JSON are UTF-8 (RFC 3986, RFC 8259), but Django decodes even the query string by the charset of the
# Content-Type, and some of Python's codecs do not decode text.
CHARSETS = {"utf-8", "ascii"}


def replace_unreadable_headers(application: WSGIApplication) -> WSGIApplication:
    """Return a WSGI application that replaces media types at which Django raises an exception.

    At a Content-Type like `application/json; charset*=foo''x` it does so before any middleware runs.
    """

    def handle(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        for name in ("CONTENT_TYPE", "HTTP_ACCEPT"):
            if not all(map(_is_readable, environ.get(name, "").split(","))):
                environ[name] = UNREADABLE
        return application(environ, start_response)

    return handle


def _is_readable(media_type: str) -> bool:
    try:
        _, parameters = parse_header_parameters(media_type)
        return codecs.lookup(parameters.get("charset", "utf-8")).name in CHARSETS
    except (LookupError, ValueError):
        return False
