"""Categories, locations and jobs."""

from collections.abc import Hashable
from functools import cached_property
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
from accounts.permissions import HasVerifiedEmail, IsAdmin, IsEmployer, IsOwnerOrAdmin
from anywork.api.caching.responses import VersionedListMixin
from anywork.api.constraints import find_in_any_case, unique_violation_as
from anywork.api.filters import list_parameter
from anywork.api.pagination import WholeListPagination
from anywork.api.permissions import is_staff_with
from anywork.api.viewsets import CRUDViewSet
from jobs.exceptions import NameExists, unknown_details
from jobs.filters import JobFilter, without_each, without_word
from jobs.idempotency import find_posted_job, idempotency_columns
from jobs.models import BLOCKED_EMPLOYER, Category, Job, Location
from jobs.querysets import DETAILS, JobQuerySet
from jobs.schema import categories_documented, employer_jobs_documented, jobs_documented, locations_documented
from jobs.searching.completion import best_typed
from jobs.searching.discovery import count_facets, similar_jobs, suggest
from jobs.searching.listing import JobListing
from jobs.searching.versions import version_of
from jobs.serializers import (
    EXPANDABLE,
    EXPANDABLE_ALONE,
    JOB_FIELDS,
    CategorySerializer,
    FacetsSerializer,
    JobDetailsSerializer,
    JobSerializer,
    LocationSerializer,
    SuggestionsSerializer,
    SuggestQuerySerializer,
    TypedQuerySerializer,
)
from jobs.services import delete_or_close_job
from jobs.signals import job_viewed


class SharedVocabularyViewSet(PublicReadMixin, VersionedListMixin, CRUDViewSet):
    """Base of categories and locations: public, created by employers, changed and deleted by administrators."""

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

    def filter_queryset(self, queryset: Any) -> Any:
        """Return a list of the best rows if `q` is given."""
        if self.action != "list":
            return super().filter_queryset(queryset)
        query = TypedQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        typed = query.validated_data["q"]
        return best_typed(queryset, typed) if typed else super().filter_queryset(queryset)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        self._save(serializer, created_by=self.caller)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        self._save(serializer)

    def _save(self, serializer: BaseSerializer[Any], **values: Any) -> None:
        with unique_violation_as(self.unique_constraint, lambda: self._name_exists(serializer)):
            serializer.save(**values)

    def _name_exists(self, serializer: BaseSerializer[Any]) -> NameExists:
        values = {
            field: serializer.validated_data.get(field, getattr(serializer.instance, field, ""))
            for field in self.unique_fields
        }
        existing: Model | None = find_in_any_case(self.get_queryset(), **values)
        return NameExists(str(self.get_queryset().model._meta.verbose_name), existing)


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
    """Where jobs are."""

    queryset = Location.objects.all()
    serializer_class = LocationSerializer
    lookup_url_kwarg = "location_id"
    unique_constraint = "jobs_location_unique_place"
    unique_fields = ("city", "state", "country")


class JobMixin(VersionedListMixin):
    """Shared by the public jobs and an employer's own."""

    caller: Any
    detail: bool
    request: Any
    action: Any
    listing: JobListing | None = None
    # For the job that is being posted.
    columns: dict[str, str]
    # The details that every GET shows.
    always_expanded: tuple[str, ...] = ()

    @property
    def selection(self) -> str:
        """Identifies the jobs that the list is made of."""
        raise NotImplementedError

    def list_version(self) -> Hashable:
        return version_of(self.request).everything, self.selection

    def list_is_current(self) -> bool:
        return self.listing is not None and self.listing.is_current

    def filter_queryset(self, queryset: Any) -> Any:
        """Return a JobListing for a list; the filters do not apply to a single job."""
        return queryset if self.detail else super().filter_queryset(queryset)  # type: ignore[misc]

    def paginate_queryset(self, queryset: Any) -> Any:
        self.listing = queryset if isinstance(queryset, JobListing) else None
        return super().paginate_queryset(queryset)  # type: ignore[misc]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if status.is_success(response.status_code) and self.listing and self.listing.did_you_mean:
            # Headers are ASCII.
            response["X-Did-You-Mean"] = quote(self.listing.did_you_mean, safe=" ")
        return response

    @cached_property
    def expanded(self) -> tuple[str, ...]:
        """Names of `expand` that apply to this request.

        Raises:
            ValidationError: a name is unknown here.
        """
        known = {"list": EXPANDABLE, "similar": EXPANDABLE, "retrieve": (*EXPANDABLE, *EXPANDABLE_ALONE)}
        if self.action not in known:
            return ()
        names = list_parameter(self.request.query_params, "expand")
        if unknown := set(names).difference(known[self.action]):
            raise unknown_details(unknown, known[self.action])
        return (*self.always_expanded, *names)

    def get_serializer_class(self) -> type[JobSerializer]:
        return JobDetailsSerializer if self.expanded else JobSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "expand": self.expanded}  # type: ignore[misc]

    def with_details(self, jobs: JobQuerySet) -> JobQuerySet:
        """Fetch with the jobs what `expanded` shows."""
        jobs = jobs.with_details([name for name in DETAILS if name in self.expanded])
        return jobs.with_state() if "state" in self.expanded else jobs

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        request.data  # noqa: B018 - reads the body before the row is locked, since a client may send slowly
        self.columns = idempotency_columns(request)
        with transaction.atomic():
            # Blocking an account locks the same row: either it closes the new job, or it is seen here. So does another
            # request with the same key.
            self._require_active(User.objects.select_for_update(no_key=True), self.caller.pk)
            if self.columns and (job := find_posted_job(Job.objects.owned_by(self.caller), **self.columns)):
                return Response(self.get_serializer(job).data, status=status.HTTP_201_CREATED)  # type: ignore[attr-defined]
            return super().create(request, *args, **kwargs)  # type: ignore[misc]

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.save(employer=self.caller.employer, **self.columns)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        # A job that is closed by request stays closed when its employer is unblocked.
        is_closed = serializer.validated_data.get("is_active") is False
        job = serializer.save(**({"closed_by_block": False} if is_closed else {}))
        if job.is_open:
            # Blocking an account waits for the lock of this row, then closes the job.
            self._require_active(User.objects.all(), job.employer_id)

    def perform_destroy(self, instance: Job) -> None:
        delete_or_close_job(instance)

    @staticmethod
    def _require_active(users: QuerySet[User], employer_id: UUID) -> None:
        if not users.filter(pk=employer_id, is_active=True):
            raise ValidationError({"is_active": [BLOCKED_EMPLOYER]})


@jobs_documented
class JobViewSet(JobMixin, PublicReadMixin, CRUDViewSet):
    """Public jobs."""

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
        "create": (IsEmployer, HasVerifiedEmail),
        "update": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
        "partial_update": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
        "destroy": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
    }
    throttle_scopes = {"create": "post"}

    @property
    def selection(self) -> str:
        return "all" if is_staff_with(self.caller, "view", Job) else "open"

    def get_queryset(self) -> QuerySet[Job]:
        user = self.caller
        jobs = Job.objects.visible_to(user) if self.detail else Job.objects.listed_to(user)
        if self.action == "list" and not self.expanded:
            return jobs.values(*JOB_FIELDS)
        return self.with_details(jobs)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        job = self.get_object()
        if request.method == "GET" and job.employer_id != self.caller.pk:
            job_viewed.send(sender=Job, job=job)
        return Response(self.get_serializer(job).data)

    @action(detail=False, pagination_class=None)
    def facets(self, request: Request) -> Response:
        """Count jobs by facet.

        Takes the parameters of the list, and returns the number of matching jobs by type, category, location and
        employer, the most frequent first, up to twenty of each. If nothing matches, `without` tells which filters
        to drop, and `without_word` which word of the search.
        """
        listing = self.filter_queryset(self.get_queryset())
        facets = {
            "count": listing.count(),
            "did_you_mean": listing.did_you_mean,
            **count_facets(listing),
            "without": [] if listing.count() else without_each(self.get_queryset(), request),
            "without_word": None if listing.count() else without_word(self.get_queryset(), request),
        }
        return Response(FacetsSerializer(facets).data)

    @action(detail=False, filterset_class=None, pagination_class=None)
    def suggest(self, request: Request) -> Response:
        """Complete a search.

        Returns titles, companies and places of open jobs in which a word begins with `q`, up to eight of each.
        """
        query = SuggestQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(SuggestionsSerializer(suggest(query.validated_data["q"])).data)

    @action(detail=True, filterset_class=None)
    def similar(self, request: Request, **kwargs: Any) -> Response:
        """List similar jobs.

        Returns up to ten open jobs of the same category, by the number of words in common in the title.
        """
        jobs = similar_jobs(self.get_object())
        page = self.paginate_queryset(list(self.with_details(jobs)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@employer_jobs_documented
class EmployerJobViewSet(JobMixin, CRUDViewSet):
    """An employer's own jobs in every state, with their details."""

    filterset_class = JobFilter
    pagination_class = WholeListPagination
    permission_classes = (IsEmployer,)
    permissions = {"create": (IsEmployer, HasVerifiedEmail)}
    throttle_scopes = {"create": "post"}
    lookup_url_kwarg = "job_id"
    always_expanded = DETAILS

    @property
    def selection(self) -> str:
        return str(self.caller.pk)

    def get_queryset(self) -> QuerySet[Job]:
        return self.with_details(Job.objects.owned_by(self.caller))
