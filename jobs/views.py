"""Categories, locations and jobs."""

from collections.abc import Hashable
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db import transaction
from django.db.models import Model, QuerySet
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.authentication import PublicReadMixin
from accounts.models import User
from accounts.permissions import HasProvenEmail, IsAdmin, IsEmployer, IsOwnerOrAdmin
from anywork.api.caching.responses import VersionedListMixin
from anywork.api.constraints import find_in_any_case, unique_violation_as
from anywork.api.exceptions import AlreadyExists
from anywork.api.pagination import WholeListPagination
from anywork.api.viewsets import CRUDViewSet
from jobs.filters import JobFilter, without_each
from jobs.models import BLOCKED_EMPLOYER, Category, Job, Location
from jobs.schema import categories_documented, employer_jobs_documented, jobs_documented, locations_documented
from jobs.searching.discovery import count_facets, similar_jobs, suggest
from jobs.searching.listing import JobListing
from jobs.searching.versions import version_of
from jobs.serializers import (
    CategorySerializer,
    FacetsSerializer,
    JobDetailsSerializer,
    JobSerializer,
    LocationSerializer,
    SuggestionsSerializer,
    SuggestQuerySerializer,
)
from jobs.services import delete_or_close_job
from jobs.signals import job_viewed


class SharedVocabularyViewSet(PublicReadMixin, VersionedListMixin, CRUDViewSet):
    """What all jobs are filed under: anybody reads it, employers add to it, administrators tidy it up."""

    pagination_class = WholeListPagination
    unique_constraint: str
    unique_fields: tuple[str, ...]
    permissions = {
        "list": (),
        "retrieve": (),
        "create": (IsEmployer | IsAdmin,),
        "update": (IsAdmin,),
        "partial_update": (IsAdmin,),
        "destroy": (IsAdmin,),
    }
    throttle_scopes = {"create": "vocabulary"}

    def list_version(self) -> Hashable:
        return version_of(self.request).names

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        self._save(serializer, created_by=self.caller)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        self._save(serializer)

    def _save(self, serializer: BaseSerializer[Any], **values: Any) -> None:
        with unique_violation_as(self.unique_constraint, lambda: self._already_there(serializer)):
            serializer.save(**values)

    def _already_there(self, serializer: BaseSerializer[Any]) -> AlreadyExists:
        wanted = {
            field: serializer.validated_data.get(field, getattr(serializer.instance, field, ""))
            for field in self.unique_fields
        }
        existing: Model | None = find_in_any_case(self.get_queryset(), **wanted)
        return AlreadyExists(f"This {existing._meta.verbose_name if existing else 'name'} exists already.", existing)


@categories_documented
class CategoryViewSet(SharedVocabularyViewSet):
    """Fields of work."""

    queryset = Category.objects.all()
    serializer_class = CategorySerializer
    lookup_url_kwarg = "category_id"
    unique_constraint = "jobs_category_unique_name"
    unique_fields = ("name",)


@locations_documented
class LocationViewSet(SharedVocabularyViewSet):
    """Places of work."""

    queryset = Location.objects.all()
    serializer_class = LocationSerializer
    lookup_url_kwarg = "location_id"
    unique_constraint = "jobs_location_unique_place"
    unique_fields = ("city", "state", "country")


class JobMixin(VersionedListMixin):
    """What the public and the employer's view of jobs do alike."""

    caller: Any
    detail: bool
    request: Any
    listing: JobListing | None = None

    @property
    def selection(self) -> str:
        """Which jobs the list is made of."""
        raise NotImplementedError

    def list_version(self) -> Hashable:
        return version_of(self.request).everything, self.selection

    def list_is_current(self) -> bool:
        return self.listing is not None and self.listing.is_current

    def filter_queryset(self, queryset: Any) -> Any:
        """Return a JobListing for a list; a single job is found whatever the parameters say."""
        return queryset if self.detail else super().filter_queryset(queryset)  # type: ignore[misc]

    def paginate_queryset(self, queryset: Any) -> Any:
        self.listing = queryset if isinstance(queryset, JobListing) else None
        return super().paginate_queryset(queryset)  # type: ignore[misc]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if status.is_success(answer.status_code) and self.listing and self.listing.did_you_mean:
            # A header holds ASCII alone; not every word is.
            answer["X-Did-You-Mean"] = quote(self.listing.did_you_mean, safe=" ")
        return answer

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        with transaction.atomic():
            # Blocking writes the same row: it either closes the new job or is seen here.
            self._require_active(User.objects.select_for_update(no_key=True), self.caller.pk)
            serializer.save(employer=self.caller.employer)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        # A job that is closed on purpose stays closed when its employer is unblocked.
        is_closed = serializer.validated_data.get("is_active") is False
        job = serializer.save(**({"closed_by_block": False} if is_closed else {}))
        if job.is_open:
            # Blocking waits for this row, and then closes it.
            self._require_active(User.objects.all(), job.employer_id)

    def perform_destroy(self, instance: Job) -> None:
        delete_or_close_job(instance)

    @staticmethod
    def _require_active(users: QuerySet[User], employer_id: UUID) -> None:
        if not users.filter(pk=employer_id, is_active=True):
            raise ValidationError({"is_active": [BLOCKED_EMPLOYER]})


@jobs_documented
class JobViewSet(JobMixin, PublicReadMixin, CRUDViewSet):
    """Job postings: open ones for everybody."""

    serializer_class = JobSerializer
    filterset_class = JobFilter
    lookup_url_kwarg = "job_id"
    owner_field = "employer_id"
    permissions = {
        "list": (),
        "facets": (),
        "suggest": (),
        "retrieve": (),
        "similar": (),
        "create": (IsEmployer, HasProvenEmail),
        "update": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
        "partial_update": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
        "destroy": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
    }
    throttle_scopes = {"create": "post"}

    @property
    def selection(self) -> str:
        return "all" if self.caller.is_staff else "open"

    def get_queryset(self) -> QuerySet[Job]:
        user = self.caller
        jobs = Job.objects.visible_to(user) if self.detail else Job.objects.listed_to(user)
        if self._expand():
            return jobs.with_details()
        return jobs.values(*JobSerializer.Meta.fields) if self.action == "list" else jobs

    def get_serializer_class(self) -> type[JobSerializer]:
        return JobDetailsSerializer if self._expand() else JobSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "expand": self._expand()}

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        job = self.get_object()
        if request.method == "GET" and job.employer_id != self.caller.pk:
            job_viewed.send(sender=Job, job=job)
        return Response(self.get_serializer(job).data)

    @action(detail=False, pagination_class=None)
    def facets(self, request: Request) -> Response:
        """Count jobs by facet.

        How many of the jobs that the same parameters list are of each type, category, location and company, the
        most frequent first, up to twenty of each. Where nothing is found, `without` tells which filters to
        drop.
        """
        listing = self.filter_queryset(self.get_queryset())
        facets = {
            "count": listing.count(),
            "did_you_mean": listing.did_you_mean,
            **count_facets(listing),
            "without": [] if listing.count() else without_each(self.get_queryset(), request),
        }
        return Response(FacetsSerializer(facets).data)

    @action(detail=False, filterset_class=None, pagination_class=None)
    def suggest(self, request: Request) -> Response:
        """Suggest what to search for.

        Titles, companies and places of open jobs in which a word starts like `q`, up to eight of each: for
        people who are typing.
        """
        asked = SuggestQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response(SuggestionsSerializer(suggest(asked.validated_data["q"])).data)

    @action(detail=True, filterset_class=None)
    def similar(self, request: Request, **kwargs: Any) -> Response:
        """Show similar jobs.

        Up to ten open jobs of the same category, those first whose titles have the most words in common.
        """
        jobs = similar_jobs(self.get_object())
        page = self.paginate_queryset(list(jobs.with_details() if self._expand() else jobs))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def _expand(self) -> list[str]:
        """Return what `?expand=` names.

        Raises:
            ValidationError: it names something else than employer, location and category.
        """
        if self.action not in {"list", "retrieve", "similar"}:
            return []
        names = [name for name in self.request.query_params.get("expand", "").split(",") if name]
        if unknown := set(names) - set(JobDetailsSerializer.DETAILS):
            choices = ", ".join(JobDetailsSerializer.DETAILS)
            raise ValidationError({"expand": [f"{', '.join(sorted(unknown))}: not one of {choices}."]})
        return names


@employer_jobs_documented
class EmployerJobViewSet(JobMixin, CRUDViewSet):
    """An employer's own jobs, open or not, with their details."""

    filterset_class = JobFilter
    pagination_class = WholeListPagination
    permission_classes = (IsEmployer,)
    permissions = {"create": (IsEmployer, HasProvenEmail)}
    throttle_scopes = {"create": "post"}
    lookup_url_kwarg = "job_id"

    @property
    def selection(self) -> str:
        return str(self.caller.pk)

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.owned_by(self.caller).with_details()

    def get_serializer_class(self) -> type[JobSerializer]:
        return JobDetailsSerializer if self.action in {"list", "retrieve"} else JobSerializer
