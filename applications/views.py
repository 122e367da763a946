"""Views of applications."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from rest_framework import mixins, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.permissions import HasVerifiedEmail, IsJobSeeker, IsNotAdmin, IsOwner
from anywork.api.pagination import RowPages
from anywork.api.viewsets import DestroyModelMixin, ResourceViewSet
from applications.choices import Status
from applications.filters import ApplicationFilter
from applications.models import Application
from applications.schema import applications_documented
from applications.serializers import (
    ApplicationCreateSerializer,
    ApplicationDetailsSerializer,
    ApplicationListSerializer,
    ApplicationSerializer,
    ApplicationUpdateSerializer,
)
from applications.services import change_cover_letter, change_status, submit_application


@applications_documented
class ApplicationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, DestroyModelMixin, ResourceViewSet):
    """Applications of a job seeker, or to the jobs of an employer."""

    filterset_class = ApplicationFilter
    lookup_url_kwarg = "application_id"
    owner_field = "job_seeker_id"
    permissions = {
        "create": (IsJobSeeker, HasVerifiedEmail),
        "partial_update": (IsAuthenticated, IsNotAdmin),
        "destroy": (IsAuthenticated, IsNotAdmin, IsOwner),
    }
    throttle_scopes = {"create": "apply", "partial_update": "decide", "destroy": "decide"}
    changes: ClassVar[dict[str, Callable[..., Application]]] = {
        "cover_letter": change_cover_letter,
        "status": change_status,
    }

    def get_queryset(self) -> QuerySet[Application]:
        return Application.objects.visible_to(self.caller).with_details()

    def filter_queryset(self, queryset: QuerySet[Any]) -> Any:
        """Return RowPages for a list, whose rows are not instances."""
        applications = super().filter_queryset(queryset)
        return RowPages(applications, *ApplicationListSerializer.COLUMNS) if self.action == "list" else applications

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return ApplicationDetailsSerializer if self.action in {"list", "retrieve"} else ApplicationSerializer

    def create(self, request: Request) -> Response:
        body = ApplicationCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        if values.get("job_seeker", self.caller.pk) != self.caller.pk:
            raise PermissionDenied("You can only apply for yourself.")
        application = submit_application(
            user=self.caller, job_id=values["job"], resume_id=values["resume"], cover_letter=values["cover_letter"]
        )
        return Response(self.get_serializer(application).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        body = ApplicationUpdateSerializer(data=request.data)
        with transaction.atomic():
            application = self.get_object()
            body.is_valid(raise_exception=True)
            for field, value in body.validated_data.items():
                application = self.changes[field](application_id=application.pk, actor=self.caller, **{field: value})
        return Response(self.get_serializer(application).data)

    def perform_destroy(self, instance: Application) -> None:
        change_status(application_id=instance.pk, actor=self.caller, status=Status.WITHDRAWN)
