"""The base of every view and viewset that asks who calls."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import transaction
from rest_framework import mixins
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import BasePermission, OperandHolder
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.serializer_helpers import ReturnDict
from rest_framework.viewsets import GenericViewSet

from anywork.api.caching.etags import (
    CHANGING_ACTIONS,
    TAGGED_ACTIONS,
    check_if_match,
    is_known,
    not_modified,
    row_tag,
)

# One permission class, or several joined by `|` and `&`.
PermissionClass = type[BasePermission] | OperandHolder


class OfferedMethodsMixin:
    """Answers a method that is not offered by 405, whoever asks: neither token nor role could open it."""

    # Without OPTIONS: there is no description to give, and CORS pre-flights are answered earlier.
    http_method_names: Sequence[str] = ("get", "head", "post", "put", "patch", "delete")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:  # type: ignore[attr-defined]
            self.http_method_not_allowed(request)  # type: ignore[attr-defined]
        super().initial(request, *args, **kwargs)  # type: ignore[misc]


class ResourceViewSet(OfferedMethodsMixin, GenericViewSet[Any]):
    """A viewset whose permissions are said in one place, by action.

    `permissions` maps an action to its permission classes; an action that it does not name takes
    `permission_classes`. Which rows a caller may know of is the queryset's business (`visible_to`), so that a foreign
    row is a 404 by construction; permissions only turn visible rows into a 403.
    """

    permissions: ClassVar[Mapping[str, Sequence[PermissionClass]]] = {}
    # Actions that have a rate of their own (`anywork.api.throttling.throttle`).
    throttle_scopes: ClassVar[Mapping[str, str]] = {}

    @property
    def throttle_scope(self) -> str | None:
        """The scope under which the request counts."""
        return self.throttle_scopes.get(self.action)

    @property
    def caller(self) -> Any:
        """Who asks: a user, or AnonymousUser where the permissions let nobody in particular pass."""
        return self.request.user

    def get_permissions(self) -> list[Any]:
        return [permission() for permission in self.permissions.get(self.action, self.permission_classes)]

    def get_object(self) -> Any:
        """Return the row that the URL names. To an action that changes it, it comes locked and as If-Match says.

        Locked, no other request changes it between reading and writing: of two changes of different fields none is
        lost, and what is deleted stays deleted.

        Raises:
            Http404: the caller knows of no such row.
            PermissionDenied: the caller may not do this with it.
            PreconditionFailed: it is not what If-Match says.
        """
        rows = self.filter_queryset(self.get_queryset())
        if self.action in CHANGING_ACTIONS:
            # A key changes by deletion alone; other rows may refer to it while anything else changes.
            rows = rows.select_for_update(of=("self",), no_key=self.action != "destroy")
        row = get_object_or_404(rows, **{self.lookup_field: self.kwargs[self.lookup_url_kwarg or self.lookup_field]})
        self.check_object_permissions(self.request, row)
        if self.action in CHANGING_ACTIONS | {"retrieve"}:
            check_if_match(self.request, self.get_serializer(row))
        return row

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        body = getattr(response, "data", None)
        if self.action in TAGGED_ACTIONS and isinstance(body, ReturnDict):
            tag = row_tag(body.serializer)
            if self.action == "retrieve" and is_known(request, tag):
                response = not_modified(tag)
            response.headers["ETag"] = tag
        return super().finalize_response(request, response, *args, **kwargs)


class UpdateModelMixin(mixins.UpdateModelMixin):
    """PUT and PATCH: all of it or nothing."""

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        # Before the row is locked: nobody else waits for a slow sender.
        request.data  # noqa: B018 - reads the body
        with transaction.atomic():
            return super().update(request, *args, **kwargs)


class DestroyModelMixin(mixins.DestroyModelMixin):
    """DELETE: all of it or nothing."""

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            return super().destroy(request, *args, **kwargs)


class CRUDViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    UpdateModelMixin,
    DestroyModelMixin,
    ResourceViewSet,
):
    """List, create, retrieve, update (PUT and PATCH) and destroy."""
