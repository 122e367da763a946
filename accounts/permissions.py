"""Permissions by role. `visible_to` of each queryset decides which rows a role sees."""

from typing import Any

from django.conf import settings
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request


class IsAdmin(IsAuthenticated):
    """Allows administrators."""

    message = "Only administrators may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and request.user.is_staff


class IsNotAdmin(BasePermission):
    """Denies administrators, who act in the admin site."""

    message = "Administrators may not do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return not getattr(request.user, "is_staff", False)


class IsEmployer(IsAuthenticated):
    """Allows employers."""

    message = "Only employers may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and getattr(request.user, "is_employer", False)


class IsJobSeeker(IsAuthenticated):
    """Allows job seekers."""

    message = "Only job seekers may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and getattr(request.user, "is_job_seeker", False)


class HasVerifiedEmail(BasePermission):
    """Allows users with a verified email address; all users without REQUIRE_VERIFIED_EMAIL."""

    message = "Verify your email address first: open the link that we sent you, or request another one."
    code = "email_not_verified"

    def has_permission(self, request: Request, view: Any) -> bool:
        return not settings.REQUIRE_VERIFIED_EMAIL or getattr(request.user, "email_verified_at", None) is not None


class IsOwner(BasePermission):
    """Allows the owner of the row, given by the view's `owner_field`."""

    message = "Only the owner may do this."

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return bool(getattr(obj, view.owner_field) == request.user.pk)


class IsOwnerOrAdmin(IsOwner):
    """Allows the owner of the row and administrators."""

    message = "Only the owner or an administrator may do this."

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        return request.user.is_staff or super().has_object_permission(request, view, obj)
