"""OpenAPI schema: what all operations have in common, and the functions that the apps' `schema.py` use.

The summary and description of an operation are the docstring of the view's method. An app's `schema.py` adds examples
and the errors of its own. Errors that follow from the view (permissions, parameters, body) are added here; examples
are made from the exceptions that views raise.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from drf_spectacular.plumbing import ResolvedComponent, force_instance, get_doc
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import exceptions, serializers, status
from rest_framework.permissions import AllowAny, IsAuthenticated

from anywork.api.caching.etags import (
    CHANGING_ACTIONS,
    NO_TAG,
    TAGGED_ACTIONS,
)
from anywork.api.caching.responses import VersionedListMixin
from anywork.api.error_codes import ERROR_CODES
from anywork.api.errors import error_body
from anywork.api.exceptions import (
    PreconditionFailed,
    RequestTooLarge,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
)
from anywork.api.fields import BlankableMixin
from anywork.api.pagination import BAD_PAGE_SIZE
from anywork.api.permissions import StaffPermissions
from anywork.api.viewsets import TaggedListMixin

EXAMPLE_REQUEST_ID = "5f0c2f0e-4c0e-4a55-9c63-0d3f7a4b8a11"

ERROR_DESCRIPTIONS: Mapping[int, str] = {
    400: "The input is invalid. `errors` names the fields and the reasons.",
    401: "There is no valid token. Refresh it, or log in again.",
    403: "The caller may not do this.",
    404: "It does not exist, or the caller may not see it.",
    409: "The request is valid, but conflicts with the present state.",
    412: "It was changed since the client read it: `If-Match` names another state.",
    413: "The body is too large.",
    415: "The media type of the body is not supported here.",
    429: "Too many requests. `Retry-After` says how many seconds to wait.",
    503: "A service is unavailable for a moment. `Retry-After` says how many seconds to wait.",
}
SUCCESS_DESCRIPTIONS: Mapping[int, str] = {
    200: "Done.",
    201: "Created.",
    204: "Done. There is no body.",
    304: "Not changed: `If-None-Match` names its `ETag`. There is no body.",
}

# Headers of responses; their components are in SPECTACULAR_SETTINGS.
HEADERS_OF_STATUS: Mapping[int, Sequence[str]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
HEADERS_OF_ALL = ("X-Request-ID", "RateLimit", "RateLimit-Policy")

# Error responses that are the same at every operation that has them: one component each.
SHARED_PROBLEMS: Mapping[str, exceptions.APIException] = {
    "NotAuthenticated": exceptions.NotAuthenticated(),
    "TokenRejected": Unauthorized(),
    "NotFound": exceptions.NotFound(),
    "PageNotFound": exceptions.NotFound("Invalid page."),
    "PreconditionFailed": PreconditionFailed(),
    "TooLarge": RequestTooLarge(),
    "UnsupportedMediaType": exceptions.UnsupportedMediaType("text/plain"),
    "TooManyRequests": TooManyRequests(wait=30),
    "Unavailable": ServiceUnavailable(),
}

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="`ETag` of the client's copy; if it has not changed, the response is a 304.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="`ETag` that the client has read, at any URL that shows the row; if the row was changed since, "
    "nothing is done and the response is a 412.",
)

# Of the actions whose methods are a mixin's: what is done to a noun with its article, or in the plural.
SUMMARIES: Mapping[str, str] = {
    "list": "List {1}",
    "create": "Create {0}",
    "retrieve": "Retrieve {0}",
    "update": "Update {0}",
    "partial_update": "Partially update {0}",
    "destroy": "Delete {0}",
}

# Of no documented caller: the staff works in the admin site.
_GENERAL_PERMISSIONS = (AllowAny, StaffPermissions)

Operation = dict[str, Any]


class ErrorSerializer(serializers.Serializer[Any]):
    """Body of every error response."""

    status = serializers.ChoiceField(choices=["error"])
    code = serializers.ChoiceField(choices=list(ERROR_CODES), help_text="Stable name of the problem, for programs.")
    message = serializers.CharField(help_text="The first problem in one sentence, for people.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Problems by field; empty unless fields are invalid. Nested fields are joined by dots.",
    )
    request_id = serializers.CharField(help_text="X-Request-ID of the response; quote it when you report a problem.")
    existing = serializers.DictField(
        child=serializers.UUIDField(), help_text="Key of the existing row, on a 409 `already_exists`."
    )

    class Meta:
        optional_fields = ("existing",)


# --- For the apps ----------------------------------------------------------------------------------------------------


def documented(tag: str, *, noun: str = "", **operations: Operation) -> Callable[[type], type]:
    """Return a class decorator that documents a view's methods, or a viewset's actions, under `tag`.

    Args:
        tag: one of TAGS.
        noun: what a row is, such as "job seeker": the summaries of SUMMARIES name it.
        **operations: what `operation` returns, by method or action.
    """
    for action in operations.keys() & SUMMARIES:
        operations[action].setdefault("summary", SUMMARIES[action].format(*_forms(noun)))
    return extend_schema_view(**{name: extend_schema(tags=[tag], **said) for name, said in operations.items()})


def _forms(noun: str) -> tuple[str, str]:
    """Return the noun with its article, and its plural."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else noun if noun.endswith("s") else f"{noun}s"
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}", plural


def operation(
    description: str = "",
    *,
    body: Any = None,
    response: Any = None,
    media_type: str = "application/json",
    errors: Sequence[exceptions.APIException] = (),
    **more: Any,
) -> Operation:
    """Return the documentation of one operation.

    Args:
        description: in Markdown; left out if the view's method has a docstring: its first line is the summary, the
            rest the description.
        body: the example of a request body.
        response: the example of a successful response; for a list its rows.
        media_type: of the response.
        errors: errors that do not follow from the view's permissions, parameters and body.
        **more: other arguments of `extend_schema`.
    """
    examples = []
    if body is not None:
        examples.append(OpenApiExample("Request", value=body, request_only=True))
    if response is not None:
        examples.append(OpenApiExample("Response", value=response, response_only=True, media_type=media_type))
    examples += [problem_example(problem) for problem in errors]
    if description:
        more["description"] = description
    return {"examples": examples, **more}


def problem_example(problem: exceptions.APIException) -> OpenApiExample:
    """Return the example of an error response: the body that `problem` becomes."""
    body = {**error_body(problem), "request_id": EXAMPLE_REQUEST_ID}
    return OpenApiExample(
        " ".join([body["code"], *body["errors"]]),
        value=body,
        summary=body["message"],
        response_only=True,
        status_codes=[str(problem.status_code)],
    )


# --- From the view ---------------------------------------------------------------------------------------


class AutoSchema(SpectacularAutoSchema):
    """Schema of one operation."""

    def get_operation_id(self) -> str:
        """Return the words of the path and the action: `employer_jobs_list`.

        The path of a POST outside a resource names the action already: `auth_login`.
        """
        words = [word.replace("-", "_") for word in self._tokenize_path()]
        action = getattr(self.view, "action", None)
        if action is None:
            action = "" if self.method == "POST" else self.method_mapping[self.method.lower()]
        if action not in {"list", *self.method_mapping.values()}:
            action = ""
        return "_".join(filter(None, [*words, action]))

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Return the operation; one that takes no token says so."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            operation.setdefault("security", [])
        return operation

    def get_summary(self) -> str:
        """Return the first line of the docstring of the view's method."""
        return self._docstring()[0].rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]
        """Return the rest of that docstring."""
        return self._docstring()[1]

    def _docstring(self) -> tuple[str, str]:
        method = getattr(self.view, self._action() or self.method.lower())
        summary, _, description = get_doc(method).partition("\n\n")
        return summary, description

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the security schemes; with an empty alternative if a token is optional."""
        schemes: list[dict[str, Any]] = super().get_auth()
        is_optional = schemes and not self.view.get_permissions()
        return [*schemes, {}] if is_optional else schemes

    def _get_request_body(self, direction: Any = "request") -> dict[str, Any] | None:
        """Return the body; also that of DELETE, which the base class omits, if the view has `delete_takes_body`."""
        method = self.method
        if method == "DELETE" and getattr(self.view, "delete_takes_body", False):
            self.method = "POST"
        try:
            body: dict[str, Any] | None = super()._get_request_body(direction)
        finally:
            self.method = method
        return body

    def get_override_parameters(self) -> list[Any]:
        """Return the headers of conditional requests."""
        parameters: list[Any] = super().get_override_parameters()
        if self._is_cached_by_clients():
            return [*parameters, IF_NONE_MATCH]
        return [*parameters, IF_MATCH] if self._changes_row() else parameters

    def _action(self) -> str | None:
        return getattr(self.view, "action", None)

    def _row_actions(self) -> frozenset[str]:
        return getattr(self.view, "row_actions", frozenset())

    def _changes_row(self) -> bool:
        return self._action() in CHANGING_ACTIONS | self._row_actions()

    def _is_cached_by_clients(self) -> bool:
        is_tagged_list = isinstance(self.view, VersionedListMixin | TaggedListMixin) and self._action() == "list"
        return is_tagged_list or self._action() == "retrieve" or getattr(self.view, "is_tagged", False)

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        if self._is_cached_by_clients():
            responses["304"] = {}
        is_tagged = self._is_cached_by_clients() or self._action() in TAGGED_ACTIONS | self._row_actions()
        tags = ("ETag",) if is_tagged else ()
        for success, response in responses.items():
            headers = {**response.get("headers", {}), **_headers(int(success), *tags)}
            response.update(description=SUCCESS_DESCRIPTIONS[int(success)], headers=headers)
        shared = self._shared_problems()
        for code in sorted({*shared, *self._own_problems()}):
            if code in shared and not self._has_example(code):
                responses[str(code)] = self._shared_response(shared[code], code)
            else:
                responses[str(code)] = self._error_response(code)
        return responses

    def _shared_problems(self) -> dict[int, str]:
        """Return the names of SHARED_PROBLEMS that can occur, by status."""
        names = {503: "Unavailable"}
        if self._get_request_body():
            names |= {413: "TooLarge", 415: "UnsupportedMediaType"}
        if self._get_pagination_parameters():
            names[404] = "PageNotFound"
        elif "{" in self.path:
            names[404] = "NotFound"
        if self._changes_row():
            names[412] = "PreconditionFailed"
        if self.view.get_throttles():
            names[429] = "TooManyRequests"
        if self._permissions():
            names[401] = "NotAuthenticated"
        elif super().get_auth() and status.HTTP_404_NOT_FOUND in names:
            # A public endpoint ignores an invalid token, but turns a 404 into a 401.
            names[401] = "TokenRejected"
        return names

    def _own_problems(self) -> dict[int, exceptions.APIException | None]:
        """Return the other errors, with an example unless the app gives one."""
        problems: dict[int, exceptions.APIException | None] = {
            code: None for code in ERROR_DESCRIPTIONS if self._has_example(code)
        }
        if self._get_request_body():
            problems[400] = self._invalid_body()
        elif self._get_filter_parameters():
            problems.setdefault(400, None)
        elif self._changes_row():
            problems[400] = exceptions.ParseError(NO_TAG)
        elif self._get_pagination_parameters():
            problems[400] = exceptions.ValidationError({"page_size": [BAD_PAGE_SIZE]})
        for permission in self._permissions():
            if type(permission) is not IsAuthenticated:
                problems.setdefault(403, exceptions.PermissionDenied(getattr(permission, "message", None)))
        return problems

    def _permissions(self) -> list[Any]:
        return [
            permission for permission in self.view.get_permissions() if type(permission) not in _GENERAL_PERMISSIONS
        ]

    def _shared_response(self, name: str, code: int) -> dict[str, str]:
        component = ResolvedComponent(name=name, type="responses", object=name)
        if component not in self.registry:
            component.schema = self._error_response(code, SHARED_PROBLEMS[name])
            self.registry.register(component)
        return {"$ref": f"#/components/responses/{name}"}

    def _error_response(self, code: int, problem: exceptions.APIException | None = None) -> dict[str, Any]:
        if not self._has_example(code):
            problem = problem or self._own_problems()[code]
        examples = [problem_example(problem)] if problem else []
        documented_error = OpenApiResponse(ErrorSerializer, ERROR_DESCRIPTIONS[code], examples)
        response = self._get_response_for_code(documented_error, str(code), ["application/json"])
        return {**response, "headers": _headers(code)}

    def _has_example(self, code: int) -> bool:
        return any(str(code) in (example.status_codes or ()) for example in self.get_examples())

    def _invalid_body(self) -> exceptions.ValidationError | None:
        serializer = force_instance(self.get_request_serializer())
        for name, field in getattr(serializer, "fields", {}).items():
            if field.required and not field.read_only:
                problem = "may not be blank" if self.method == "PATCH" else "is required"
                return exceptions.ValidationError({name: [f"This field {problem}."]})
        return None

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_filter_parameters()
        view: Any = self.view
        filters = view.filterset_class.base_filters if parameters else {}
        for parameter in parameters:
            # The base class omits it where the type is said by a decorator.
            parameter["description"] = parameter.get("description", filters[parameter["name"]].label).strip()
        return parameters

    def _get_examples(self, serializer: Any, direction: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Replace the numbers that the base class invents for the page around the example rows."""
        examples: dict[str, Any] = super()._get_examples(serializer, direction, *args, **kwargs)
        for example in examples.values():
            match example["value"]:
                case {"count": _, "results": [[*rows]]}:
                    example["value"] = {"count": len(rows), "next": None, "previous": None, "results": rows}
        return examples

    def _get_serializer_field_meta(self, field: Any, direction: str) -> dict[str, Any]:
        meta: dict[str, Any] = super()._get_serializer_field_meta(field, direction)
        if direction == "response":
            # It has a component of its own: generators would make a second one, without these fields.
            meta.pop("readOnly", None)
            if isinstance(field, BlankableMixin):
                # null is accepted, but stored as "".
                meta.pop("nullable", None)
        else:
            # Generators would take a field with a default for a required one.
            meta.pop("default", None)
        return meta

    def _map_serializer(self, serializer: Any, direction: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Map a serializer; a response has every key, except the `optional_fields` of Meta."""
        schema: dict[str, Any] = super()._map_serializer(serializer, direction, *args, **kwargs)
        if direction == "response" and "properties" in schema:
            meta = getattr(force_instance(serializer), "Meta", None)
            optional = getattr(meta, "optional_fields", ())
            schema["required"] = sorted(schema["properties"].keys() - set(optional))
        return schema


def _headers(code: int, *more: str) -> dict[str, Any]:
    names = (*HEADERS_OF_ALL, *HEADERS_OF_STATUS.get(code, ()), *more)
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


class DateOrTimestampFieldExtension(OpenApiSerializerFieldExtension):
    """DateOrTimestampField: takes a date or a timestamp, returns a timestamp."""

    target_class = "anywork.api.fields.DateOrTimestampField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        timestamp = {"type": "string", "format": "date-time"}
        if direction == "response":
            return timestamp
        return {"anyOf": [{"type": "string", "format": "date"}, timestamp]}
