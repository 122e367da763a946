"""The base of every view and viewset that asks who calls."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework import mixins
from rest_framework.permissions import BasePermission, OperandHolder
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

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
    # Actions that have a rate of their own (`anywork.api.throttles`).
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


class CRUDViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    ResourceViewSet,
):
    """List, create, retrieve, update (PUT and PATCH) and destroy."""
