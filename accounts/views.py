"""Profiles and skills."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.authentication import PublicReadMixin
from accounts.exceptions import skill_exists
from accounts.models import Employer, JobSeeker, Skill
from accounts.permissions import IsJobSeeker, IsNotAdmin, IsOwner, IsOwnerOrAdmin
from accounts.schema import employers_documented, job_seekers_documented, skills_documented
from accounts.serializers import (
    EmployerSerializer,
    JobSeekerSerializer,
    SkillQuerySerializer,
    SkillSerializer,
    SkillSuggestionsSerializer,
)
from anywork.api.constraints import find_in_any_case, unique_violation_as
from anywork.api.exceptions import AlreadyExists
from anywork.api.pagination import WholeListPagination
from anywork.api.viewsets import CRUDViewSet, ResourceViewSet, UpdateModelMixin


@job_seekers_documented
class JobSeekerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, UpdateModelMixin, ResourceViewSet):
    """Profiles of job seekers: the caller's own, and for an employer those of its applicants."""

    serializer_class = JobSeekerSerializer
    lookup_url_kwarg = "user_id"
    owner_field = "pk"
    permissions = {
        "update": (IsAuthenticated, IsOwnerOrAdmin),
        "partial_update": (IsAuthenticated, IsOwnerOrAdmin),
    }

    def get_queryset(self) -> QuerySet[JobSeeker]:
        return JobSeeker.objects.visible_to(self.caller)


@employers_documented
class EmployerViewSet(
    PublicReadMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, UpdateModelMixin, ResourceViewSet
):
    """Public profiles of companies; an employer changes its own."""

    serializer_class = EmployerSerializer
    lookup_url_kwarg = "user_id"
    owner_field = "pk"
    permissions = {
        "list": (),
        "retrieve": (),
        "update": (IsAuthenticated, IsOwnerOrAdmin),
        "partial_update": (IsAuthenticated, IsOwnerOrAdmin),
    }

    def get_queryset(self) -> QuerySet[Employer]:
        return Employer.objects.visible_to(self.caller)


@skills_documented
class SkillViewSet(CRUDViewSet):
    """Skills of job seekers; an employer sees those of its applicants."""

    serializer_class = SkillSerializer
    pagination_class = WholeListPagination
    lookup_url_kwarg = "skill_id"
    owner_field = "user_id"
    permissions = {
        "create": (IsJobSeeker,),
        "update": (IsAuthenticated, IsNotAdmin, IsOwner),
        "partial_update": (IsAuthenticated, IsNotAdmin, IsOwner),
        "destroy": (IsAuthenticated, IsOwnerOrAdmin),
        "suggest": (IsAuthenticated,),
    }

    def get_queryset(self) -> QuerySet[Skill]:
        return Skill.objects.visible_to(self.caller)

    @action(detail=False, pagination_class=None)
    def suggest(self, request: Request) -> Response:
        """Complete a skill.

        Returns up to ten names that begin with `q` and that at least five users have, the shortest first.
        """
        query = SkillQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        names = Skill.objects.common_names(query.validated_data["q"])
        return Response(SkillSuggestionsSerializer({"names": names}).data)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        self._save(serializer, user=self.caller)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        self._save(serializer)

    def _save(self, serializer: BaseSerializer[Any], **values: Any) -> None:
        name = serializer.validated_data.get("name", "")

        def already_there() -> AlreadyExists:
            existing = find_in_any_case(Skill.objects.filter(user=self.caller), name=name)
            return skill_exists(existing)

        with unique_violation_as("accounts_skill_unique_name", already_there):
            serializer.save(**values)
