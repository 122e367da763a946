"""Base classes of views and viewsets."""

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
    list_tag,
    not_modified,
    row_tag,
)
from anywork.api.permissions import StaffPermissions

# One permission class, or several joined by `|` and `&`.
PermissionClass = type[BasePermission] | OperandHolder


class OfferedMethodsMixin:
    """Responds with 405 to an unsupported method before authentication: no token or role would allow it."""

    # Without OPTIONS: there is no description, and middleware handles CORS preflight requests.
    http_method_names: Sequence[str] = ("get", "head", "post", "put", "patch", "delete")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:  # type: ignore[attr-defined]
            self.http_method_not_allowed(request)  # type: ignore[attr-defined]
        super().initial(request, *args, **kwargs)  # type: ignore[misc]


class ResourceViewSet(OfferedMethodsMixin, GenericViewSet[Any]):
    """Viewset with permissions by action.

    `permissions` maps an action to its permission classes; the default is `permission_classes`. Members of the staff
    also need Django's permission of the model. The queryset decides which rows a caller sees (`visible_to`), so that
    other rows are a 404; permissions only turn visible rows into a 403.
    """

    permissions: ClassVar[Mapping[str, Sequence[PermissionClass]]] = {}
    # Whether members of the staff need Django's permissions; False where all users have only rows of their own.
    staff_permissions: ClassVar[bool] = True
    # Actions of the viewset's own that change the row of the URL, as PATCH does.
    row_actions: ClassVar[frozenset[str]] = frozenset()
    # Actions with a rate of their own (`anywork.api.throttling.throttle`).
    throttle_scopes: ClassVar[Mapping[str, str]] = {}

    @property
    def throttle_scope(self) -> str | None:
        """Scope of the rate that the request counts under."""
        return self.throttle_scopes.get(self.action)

    @property
    def caller(self) -> Any:
        """User of the request, or AnonymousUser."""
        return self.request.user

    def get_permissions(self) -> list[Any]:
        classes = self.permissions.get(self.action, self.permission_classes)
        permissions = [permission() for permission in classes]
        # What is public, is so for the staff, too.
        return [*permissions, StaffPermissions()] if classes and self.staff_permissions else permissions

    def get_object(self) -> Any:
        """Return the row of the URL; for an action that changes it, locked and checked against If-Match.

        The lock keeps other requests from changing the row between reading and writing: no change of another field is
        lost, and a deleted row stays deleted.

        Raises:
            Http404: the caller sees no such row.
            PermissionDenied: the caller may not do this.
            PreconditionFailed: If-Match names another state.
        """
        rows = self.filter_queryset(self.get_queryset())
        changing = CHANGING_ACTIONS | self.row_actions
        if self.action in changing:
            # The key changes only by deletion; with any other change, rows may be added that refer to this one.
            rows = rows.select_for_update(of=("self",), no_key=self.action != "destroy")
        row = get_object_or_404(rows, **{self.lookup_field: self.kwargs[self.lookup_url_kwarg or self.lookup_field]})
        self.check_object_permissions(self.request, row)
        if self.action in changing:
            check_if_match(self.request, self.get_serializer(row))
        return row

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        body = getattr(response, "data", None)
        if self.action in TAGGED_ACTIONS | self.row_actions and isinstance(body, ReturnDict):
            tag = row_tag(body.serializer)
            if self.action == "retrieve" and is_known(request, tag):
                response = not_modified(tag)
            response.headers["ETag"] = tag
        return super().finalize_response(request, response, *args, **kwargs)


class TaggedListMixin(mixins.ListModelMixin):
    """A list with the tag of its body, for clients that poll."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        response = super().list(request, *args, **kwargs)
        tag = list_tag(response.data, request.accepted_media_type)
        if is_known(request, tag):
            return not_modified(tag)
        response.headers["ETag"] = tag
        return response


class UpdateModelMixin(mixins.UpdateModelMixin):
    """PUT and PATCH in a transaction."""

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        request.data  # noqa: B018 - reads the body before the row is locked, since a client may send slowly
        with transaction.atomic():
            return super().update(request, *args, **kwargs)


class DestroyModelMixin(mixins.DestroyModelMixin):
    """DELETE in a transaction."""

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
