"""Saved jobs and saved searches."""

from typing import Any

from django.db import transaction
from rest_framework import mixins
from rest_framework.serializers import BaseSerializer

from accounts.permissions import IsJobSeeker
from accounts.services import locked_job_seeker
from anywork.api.constraints import unique_violation_as
from anywork.api.exceptions import LimitReached
from anywork.api.expanding import expanded_names
from anywork.api.pagination import WholeListPagination
from anywork.api.viewsets import CRUDViewSet, DestroyModelMixin, ResourceViewSet
from jobs.exceptions import already_saved
from jobs.saving import schema, serializers
from jobs.saving.models import MAX_SEARCHES, SavedJob, SavedSearch
from jobs.saving.querysets import SavedJobQuerySet, SavedSearchQuerySet


@schema.saved_jobs_documented
class SavedJobViewSet(mixins.ListModelMixin, mixins.CreateModelMixin, DestroyModelMixin, ResourceViewSet):
    """The jobs that the caller has saved."""

    permission_classes = (IsJobSeeker,)
    staff_permissions = False
    lookup_url_kwarg = "saved_job_id"

    def get_queryset(self) -> SavedJobQuerySet:
        saved = SavedJob.objects.visible_to(self.caller)
        details = saved.select_related("job__employer", "job__location").defer("job__search", "job__description")
        return details if self.action == "list" else saved

    def get_serializer_class(self) -> type[serializers.SavedJobSerializer]:
        return serializers.SavedJobDetailsSerializer if self.action == "list" else serializers.SavedJobSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        names = expanded_names(self.request, serializers.EXPANDABLE_SAVED) if self.action == "list" else []
        return {**super().get_serializer_context(), "expand": names}

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        job = serializer.validated_data["job"]
        with unique_violation_as(
            "jobs_savedjob_unique_job", lambda: already_saved(self.get_queryset().filter(job=job).first())
        ):
            serializer.save(job_seeker_id=self.caller.pk)


@schema.saved_searches_documented
class SavedSearchViewSet(CRUDViewSet):
    """The searches that the caller has saved."""

    serializer_class = serializers.SavedSearchSerializer
    permission_classes = (IsJobSeeker,)
    staff_permissions = False
    pagination_class = WholeListPagination
    lookup_url_kwarg = "saved_search_id"

    def get_queryset(self) -> SavedSearchQuerySet:
        return SavedSearch.objects.visible_to(self.caller)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        with transaction.atomic():
            job_seeker = locked_job_seeker(self.caller.pk)
            if self.get_queryset().count() >= MAX_SEARCHES:
                raise LimitReached("saved searches", MAX_SEARCHES)
            serializer.save(job_seeker=job_seeker)
