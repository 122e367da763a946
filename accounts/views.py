"""Profiles and skills."""

from typing import Any, cast

from django.db.models import QuerySet
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.generics import RetrieveUpdateAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts import schema, serializers
from accounts.authentication import PublicReadMixin
from accounts.exceptions import skill_exists
from accounts.models import BlockedEmployer, Employer, JobSeeker, MutedEmployer, RefusedEmployer, Skill, User
from accounts.permissions import IsEmployer, IsJobSeeker, IsNotAdmin, IsOwner, IsOwnerOrAdmin
from accounts.services import refuse_employer
from accounts.skill_names import suggest_skills
from anywork.api.constraints import find_in_any_case, unique_violation_as
from anywork.api.exceptions import AlreadyExists
from anywork.api.pagination import WholeListPagination
from anywork.api.viewsets import CRUDViewSet, DestroyModelMixin, OfferedMethodsMixin, ResourceViewSet, UpdateModelMixin


@schema.job_seekers_documented
class JobSeekerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, UpdateModelMixin, ResourceViewSet):
    """Profiles of job seekers: the caller's own, and for an employer those of its applicants."""

    serializer_class = serializers.JobSeekerSerializer
    lookup_url_kwarg = "user_id"
    owner_field = "pk"
    permissions = {
        "update": (IsAuthenticated, IsOwnerOrAdmin),
        "partial_update": (IsAuthenticated, IsOwnerOrAdmin),
    }

    def get_queryset(self) -> QuerySet[JobSeeker]:
        return JobSeeker.objects.visible_to(self.caller)


@schema.employers_documented
class EmployerViewSet(
    PublicReadMixin, mixins.ListModelMixin, mixins.RetrieveModelMixin, UpdateModelMixin, ResourceViewSet
):
    """Public profiles of companies; an employer changes its own."""

    serializer_class = serializers.EmployerSerializer
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


@schema.employer_settings_documented
class EmployerSettingsView(OfferedMethodsMixin, RetrieveUpdateAPIView[Employer]):
    """Settings of the caller."""

    serializer_class = serializers.EmployerSettingsSerializer
    permission_classes = (IsEmployer,)
    http_method_names = ("get", "head", "put")

    def get_object(self) -> Employer:
        return cast("User", self.request.user).employer


class RefusedEmployerViewSet(mixins.ListModelMixin, mixins.CreateModelMixin, DestroyModelMixin, ResourceViewSet):
    """Base: employers from whom the caller, a job seeker, wants less."""

    permission_classes = (IsJobSeeker,)
    lookup_field = "employer"
    lookup_url_kwarg = "employer_id"
    refused: type[RefusedEmployer]

    def get_queryset(self) -> QuerySet[RefusedEmployer]:
        rows = self.refused.objects.visible_to(self.caller)
        return rows.select_related("employer") if self.action == "list" else rows

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = refuse_employer(self.refused, user_id=self.caller.pk, **serializer.validated_data)


@schema.blocked_employers_documented
class BlockedEmployerViewSet(RefusedEmployerViewSet):
    """Employers who may not write to the caller."""

    serializer_class = serializers.BlockedEmployerSerializer
    refused = BlockedEmployer


@schema.muted_employers_documented
class MutedEmployerViewSet(RefusedEmployerViewSet):
    """Employers whose messages the caller gets as read."""

    serializer_class = serializers.MutedEmployerSerializer
    refused = MutedEmployer


@schema.skills_documented
class SkillViewSet(CRUDViewSet):
    """Skills of job seekers; an employer sees those of its applicants."""

    serializer_class = serializers.SkillSerializer
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

        Returns up to ten names that begin with `q`, the shortest first: those that at least five users have, and
        synonyms of the job market.
        """
        query = serializers.SkillQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        names = suggest_skills(query.validated_data["q"])
        return Response(serializers.SkillSuggestionsSerializer({"names": names}).data)

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
