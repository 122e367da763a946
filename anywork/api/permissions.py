"""Permissions of members of the staff, who act on rows that are not their own."""

from typing import Any

from django.db.models import Model
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

# Django's permission that an action needs; an action of a viewset's own reads by GET, and otherwise changes the row.
_PERMISSIONS = {"create": "add", "update": "change", "partial_update": "change", "destroy": "delete"}


def is_staff_with(user: Any, action: str, model: type[Model]) -> bool:
    """Return whether `user` is a member of the staff who may do `action` to all rows of `model`.

    That is a superuser, or a user with Django's permission of this action; "view" comes with "change", as in the admin
    site.
    """
    names = ("view", "change") if action == "view" else (action,)
    label, name = model._meta.app_label, model._meta.model_name
    return user.is_staff and any(user.has_perm(f"{label}.{granted}_{name}") for granted in names)


class StaffPermissions(BasePermission):
    """Denies members of the staff what they lack Django's permission for; other users are not concerned."""

    message = "Your account lacks the permission to do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        action = _PERMISSIONS.get(view.action, "view" if request.method in SAFE_METHODS else "change")
        return not request.user.is_staff or is_staff_with(request.user, action, view.get_queryset().model)
