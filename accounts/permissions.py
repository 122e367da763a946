"""Roles as permissions. Which rows a role may know of is said by `visible_to` of each queryset."""

from typing import Any

from django.conf import settings
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request


class IsAdmin(IsAuthenticated):
    """An administrator, whatever the role."""

    message = "Only administrators may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and request.user.is_staff


class IsNotAdmin(BasePermission):
    """Anybody but an administrator: what this guards is decided by the people concerned alone."""

    message = "Administrators may not do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return not getattr(request.user, "is_staff", False)


class IsEmployer(IsAuthenticated):
    """An employer who is not an administrator."""

    message = "Only employers may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and getattr(request.user, "is_employer", False)


class IsJobSeeker(IsAuthenticated):
    """A job seeker who is not an administrator."""

    message = "Only job seekers may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and getattr(request.user, "is_job_seeker", False)


class HasProvenEmail(BasePermission):
    """Somebody who has opened the link in our mail, where REQUIRE_VERIFIED_EMAIL asks for that."""

    message = "Confirm your email address first: open the link that we sent you, or ask for another one."
    code = "email_not_verified"

    def has_permission(self, request: Request, view: Any) -> bool:
        return not settings.REQUIRE_VERIFIED_EMAIL or getattr(request.user, "email_verified_at", None) is not None


class IsOwner(BasePermission):
    """The row's owner, named by the view's `owner_field`."""

    message = "Only the owner may do this."

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return bool(getattr(obj, view.owner_field) == request.user.pk)


class IsOwnerOrAdmin(IsOwner):
    """The row's owner or an administrator."""

    message = "Only the owner or an administrator may do this."

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return request.user.is_staff or super().has_object_permission(request, view, obj)
