"""Error responses: the only place that makes their JSON.

    {"status": "error", "code": "...", "message": "...", "errors": {"field": ["..."]}, "request_id": "..."}

`message` is the first problem, for people; `errors` is empty unless fields are invalid. A 409 for a row that exists
already has its key in `existing`.
"""

import logging
import math
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, status
from rest_framework.views import set_rollback

from anywork.api.exceptions import Conflict, InUse, RequestTooLarge, ServiceUnavailable, Unauthorized
from anywork.operations.request_id import current_request_id

logger = logging.getLogger(__name__)

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_UNIQUE_VIOLATION = "23505"
_FOREIGN_KEY_VIOLATION = "23503"

# The key of a row in the name of a field, such as answers.<key>: `message` is for people and omits it.
_KEY = re.compile(r"\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")

# In a list.
_POSITION = re.compile(r"(?<![^.])\d+(?![^.])")

_MALFORMED = "The request is malformed."
_SERVER_ERROR = "Something went wrong on our side. Please report it with the request id."


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> JsonResponse:
    """Return the response to an exception of a view (DRF's EXCEPTION_HANDLER): JSON, whatever the view renders."""
    set_rollback()
    request = context.get("request")
    problem = _as_api_exception(exc)
    if isinstance(problem, exceptions.NotFound) and getattr(request, "rejected_token", None):
        # The invalid token was ignored on this public endpoint; with a valid one the row might be visible.
        problem = Unauthorized()
    if problem.status_code == status.HTTP_500_INTERNAL_SERVER_ERROR:
        logger.error("Unhandled exception", exc_info=exc)
        got_request_exception.send(sender=None, request=getattr(request, "_request", None))
    return json_response(problem)


def error_body(problem: exceptions.APIException) -> dict[str, Any]:
    """Return the error shape for `problem`."""
    if isinstance(problem, exceptions.ValidationError):
        errors = dict(_field_errors(problem.detail))
        message = _first_problem(errors)
        code = "validation_error" if problem.default_code == "invalid" else problem.default_code
        errors.pop("", None)
    else:
        errors, code, message = {}, str(problem.get_codes()), str(problem.detail)
    body = {
        "status": "error",
        "code": code,
        "message": message,
        "errors": errors,
        "request_id": current_request_id(),
    }
    if getattr(problem, "existing", None):
        body["existing"] = problem.existing  # type: ignore[attr-defined]
    return body


def _as_api_exception(exc: BaseException | None) -> exceptions.APIException:  # noqa: PLR0911 - a table
    match exc:
        case exceptions.APIException():
            return exc
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case OperationalError() | InterfaceError():
            return ServiceUnavailable()
        case ProtectedError():
            return InUse()
        case IntegrityError() if getattr(exc.__cause__, "pgcode", "") in {_UNIQUE_VIOLATION, _FOREIGN_KEY_VIOLATION}:
            return Conflict("This was changed at the same moment. Reload it, then try again.")
        case UnreadablePostError():
            return exceptions.ParseError("The request ended before its declared length.")
        case RequestDataTooBig():
            return RequestTooLarge()
        case SuspiciousOperation():
            return exceptions.ParseError(_MALFORMED)
    return exceptions.APIException(_SERVER_ERROR, "error")


def _headers(problem: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if problem.status_code == status.HTTP_401_UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if wait := getattr(problem, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def _field_errors(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Flatten DRF's nested details into (dotted field, messages); messages of no field have the empty one."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            step = "" if key == "non_field_errors" else str(key)
            yield from _field_errors(value, ".".join(filter(None, [path, step])))
    elif isinstance(detail, list) and any(isinstance(item, Mapping | list) for item in detail):
        for index, item in enumerate(detail):
            yield from _field_errors(item, ".".join(filter(None, [path, str(index)])))
    else:
        yield path, [str(item) for item in (detail if isinstance(detail, list) else [detail])]


def _first_problem(errors: Mapping[str, list[str]]) -> str:
    field, messages = next(((field, messages) for field, messages in errors.items() if messages), ("", ["Invalid."]))
    if not field:
        return messages[0]
    field = _POSITION.sub(lambda match: f"item {int(match[0]) + 1}", _KEY.sub("", field))
    label = field.replace("_", " ").replace(".", " ").capitalize()
    if messages[0].startswith("This field "):
        return messages[0].replace("This field", label, 1)
    return f"{label}: {messages[0]}"


# --- Outside DRF's views -------------------------------------------------------------------------------------------


def json_response(problem: exceptions.APIException) -> JsonResponse:
    """Return the response to `problem`."""
    return JsonResponse(error_body(problem), status=problem.status_code, headers=_headers(problem))


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's handler400."""
    return json_response(_as_api_exception(exception))


def permission_denied(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Django's handler403."""
    return json_response(exceptions.PermissionDenied())


@csrf_exempt
def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Django's handler404, and the view of every unknown URL under /api/."""
    return json_response(_not_found(request.path))


def server_error(request: HttpRequest) -> JsonResponse:
    """Django's handler500, called while the exception is being handled."""
    return json_response(_as_api_exception(sys.exc_info()[1]))


def problem_of(status_code: int, request: HttpRequest) -> exceptions.APIException:
    """Return the problem that a response of Django's own stands for, by its status."""
    match status_code:
        case status.HTTP_403_FORBIDDEN:
            return exceptions.PermissionDenied()
        case status.HTTP_404_NOT_FOUND:
            return _not_found(request.path)
        case status.HTTP_405_METHOD_NOT_ALLOWED:
            return exceptions.MethodNotAllowed(str(request.method))
        case code if status.is_client_error(code):
            return exceptions.ParseError(_MALFORMED)
    return exceptions.APIException(_SERVER_ERROR, "error")


def _not_found(path: str) -> exceptions.NotFound:
    detail = f"There is nothing at {path}."
    if path.startswith("/api/") and not path.endswith("/"):
        detail += " URLs of this API end in a slash."
    return exceptions.NotFound(detail)
