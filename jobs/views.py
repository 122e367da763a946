"""Categories, locations and jobs."""

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Model
from django.http import HttpResponse
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer

from accounts.authentication import PublicReadMixin
from accounts.permissions import (
    HasVerifiedEmail,
    IsAdmin,
    IsEmployer,
    IsJobSeeker,
    IsNotAdmin,
    IsOwner,
    IsOwnerOrAdmin,
)
from anywork.api.caching.responses import VersionedListMixin
from anywork.api.constraints import find_in_any_case, unique_violation_as
from anywork.api.expanding import expanded_names
from anywork.api.negotiation import AnyAccept
from anywork.api.pagination import PageNumberPagination, WholeListPagination
from anywork.api.permissions import is_staff_with
from anywork.api.viewsets import CRUDViewSet, ResourceViewSet, TaggedListMixin
from anywork.database.recorded import Recorded
from anywork.database.replicas import from_replica
from jobs import life, serializers
from jobs.exceptions import NameExists
from jobs.filters import EmployerJobFilter, JobFilter, without_each, without_word
from jobs.idempotency import find_posted_job, idempotency_columns
from jobs.models import Category, Job, JobActor, Location
from jobs.outside.structured_data import render_posting
from jobs.querysets import DETAILS, JobQuerySet, JobState
from jobs.schema import categories_documented, employer_jobs_documented, jobs_documented, locations_documented
from jobs.searching.completion import best_typed
from jobs.searching.discovery import count_facets, similar_jobs, suggest
from jobs.searching.listing import JobListing
from jobs.searching.versions import version_of
from jobs.services import delete_or_close_job
from jobs.signals import job_viewed
from jobs.skills import match_job, recommend_jobs


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
        query = serializers.TypedQuerySerializer(data=self.request.query_params)
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
    serializer_class = serializers.CategorySerializer
    lookup_url_kwarg = "category_id"
    unique_constraint = "jobs_category_unique_name"
    unique_fields = ("name",)


@locations_documented
class LocationViewSet(SharedVocabularyViewSet):
    """Where jobs are."""

    queryset = Location.objects.all()
    serializer_class = serializers.LocationSerializer
    lookup_url_kwarg = "location_id"
    unique_constraint = "jobs_location_unique_place"
    unique_fields = ("city", "state", "country")


def _life_action(
    act: Callable[..., Job], body_class: type[Serializer[Any]] | None = None, code: int = status.HTTP_200_OK
) -> Any:
    """Return the action of JobMixin that applies a function of `jobs.life` to the job of the URL, with the body."""

    def respond(self: "JobMixin", request: Request, **kwargs: Any) -> Response:
        # Read before the row is locked, since a client may send slowly.
        body: Serializer[Any] = body_class(data=request.data) if body_class else Serializer(data={})
        with transaction.atomic():
            job: Job = self.get_object()
            body.is_valid(raise_exception=True)
            changed = act(job, actor=self.actor(job), **body.validated_data)
        return Response(self.get_serializer(changed).data, status=code)

    respond.__name__ = act.__name__
    return action(detail=True, methods=["post"], filterset_class=None)(respond)


class JobMixin(ResourceViewSet):
    """Shared by the public jobs and an employer's own."""

    listing: JobListing | None = None
    owner_field = "employer_id"
    row_actions = frozenset(life.ACTIONS) - {"duplicate"}
    throttle_scopes = dict.fromkeys(("create", "publish", "relist", "duplicate"), "post")
    # Those of the idempotency key, for the job that is being posted.
    columns: dict[str, str]
    # The details that every GET shows.
    always_expanded: tuple[str, ...] = ()

    @property
    def selection(self) -> str:
        """Identifies the jobs that the list is made of."""
        raise NotImplementedError

    def filter_queryset(self, queryset: Any) -> Any:
        """Return a JobListing for a list; the filters do not apply to a single job."""
        return queryset if self.detail else super().filter_queryset(queryset)

    def paginate_queryset(self, queryset: Any) -> Any:
        self.listing = queryset if isinstance(queryset, JobListing) else None
        return super().paginate_queryset(queryset)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
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
        if self.action not in {"list", "similar", "recommended", "retrieve"}:
            return ()
        known = serializers.EXPANDABLE_ALONE if self.action == "retrieve" else serializers.EXPANDABLE
        return (*self.always_expanded, *expanded_names(self.request, known))

    def get_serializer_class(self) -> type[serializers.JobSerializer]:
        if self.action == "create":
            return serializers.NewJobSerializer
        return serializers.JobDetailsSerializer if self.expanded else serializers.JobSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "expand": self.expanded}

    def with_details(self, jobs: JobQuerySet) -> JobQuerySet:
        """Fetch with the jobs what `expanded` shows."""
        jobs = jobs.with_details([name for name in DETAILS if name in self.expanded])
        # The tag of a job covers them.
        if "skills" in self.expanded or (self.detail and self.action != "similar"):
            jobs = jobs.with_skills()
        return jobs.with_state() if "state" in self.expanded else jobs

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        request.data  # noqa: B018 - reads the body before the row is locked, since a client may send slowly
        self.columns = idempotency_columns(request)
        with transaction.atomic():
            # Blocking an account locks the same row: either it closes the new job, or it is seen here. So does another
            # request with the same key.
            life.require_active_employer(self.caller.pk, lock=True)
            if self.columns and (job := find_posted_job(Job.objects.owned_by(self.caller), **self.columns)):
                return Response(self.get_serializer(job).data, status=status.HTTP_201_CREATED)
            return super().create(request, *args, **kwargs)  # type: ignore[misc]

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        posted = serializer.validated_data
        state = life.columns_of_new(is_active=posted.get("is_active", True), publish_at=posted.pop("publish_at", None))
        life.check_schedule(serializer.save(employer_id=self.caller.pk, **state, **self.columns))

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        job: Any = serializer.instance
        before = job.recorded()
        is_active = serializer.validated_data.get("is_active")
        state = {} if is_active is None else life.columns_of_changed(job, is_active=is_active)
        life.finish_change(serializer.save(**state), before, actor=self.actor(job))

    def perform_destroy(self, instance: Job) -> None:
        delete_or_close_job(instance, actor=self.actor(instance))

    publish = _life_action(life.publish, serializers.PublishSerializer)
    pause = _life_action(life.pause)
    resume = _life_action(life.resume)
    close = _life_action(life.close, serializers.CloseSerializer)
    extend = _life_action(life.extend, serializers.ExpirySerializer)
    relist = _life_action(life.relist, serializers.ExpirySerializer)
    duplicate = _life_action(life.duplicate, code=status.HTTP_201_CREATED)

    def actor(self, job: Job) -> JobActor:
        return JobActor.EMPLOYER if job.employer_id == self.caller.pk else JobActor.ADMINISTRATOR


# Of the actions of a job's life: others get a 403 if they see the job as an open one, else a 404.
_LIFE_PERMISSIONS = {
    **dict.fromkeys(life.ACTIONS, (IsAuthenticated, IsNotAdmin, IsOwner)),
    **dict.fromkeys(("publish", "relist", "duplicate"), (IsAuthenticated, IsNotAdmin, IsOwner, HasVerifiedEmail)),
    "close": (IsAuthenticated, IsOwnerOrAdmin),
}


# The most frequent lists and pages.
_LISTS = {
    "open": Recorded(Job, lambda: Job.objects.open().values(*serializers.JOB_FIELDS), text_keys=True),
    "all": Recorded(Job, lambda: Job.objects.values(*serializers.JOB_FIELDS), text_keys=True),
}
_OPEN_JOBS = Recorded(Job, lambda: Job.objects.open().with_skills())


def _jobs_seen_by(user_id: UUID) -> JobQuerySet:
    return Job.objects.seen_by(user_id).with_skills()


@jobs_documented
class JobViewSet(VersionedListMixin, JobMixin, PublicReadMixin, CRUDViewSet):
    """Public jobs."""

    serializer_class = serializers.JobSerializer
    filterset_class = JobFilter
    lookup_url_kwarg = "job_id"
    permissions = {
        **_LIFE_PERMISSIONS,
        "history": (IsAuthenticated, IsOwnerOrAdmin),
        "list": (),
        "facets": (),
        "suggest": (),
        "retrieve": (),
        "similar": (),
        "match": (IsJobSeeker,),
        "recommended": (IsJobSeeker,),
        "jsonld": (),
        "create": (IsEmployer, HasVerifiedEmail),
        "update": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
        "partial_update": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
        "destroy": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
    }

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        # What the caller has saved is cached for no other caller.
        is_personal = "saved" in self.expanded
        return (ListModelMixin.list if is_personal else VersionedListMixin.list)(self, request, *args, **kwargs)

    def list_version(self) -> Hashable:
        return version_of(self.request).everything, self.selection

    def list_is_current(self) -> bool:
        return self.listing is not None and self.listing.is_current

    @property
    def selection(self) -> str:
        return "all" if is_staff_with(self.caller, "view", Job) else "open"

    def get_queryset(self) -> Any:
        user = self.caller
        if self.action == "jsonld":
            # For search engines: of no other job than all may see.
            return Job.objects.open().with_details().with_skills()
        if self.action in {*life.ACTIONS, "history"}:
            return Job.objects.acted_on_by(user).with_skills()
        if self.action == "list" and not self.expanded:
            return _LISTS[self.selection]
        if self.action == "retrieve" and not self.expanded and not user.is_staff:
            return _OPEN_JOBS if user.is_anonymous else Recorded(Job, _jobs_seen_by, user.pk)
        return self.with_details(Job.objects.visible_to(user) if self.detail else Job.objects.listed_to(user))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        job = self.get_object()
        response = Response(self.get_serializer(job).data)
        if request.method == "GET" and job.employer_id != self.caller.pk:
            # Last: afterwards the connection may be lost.
            job_viewed.send(sender=Job, job=job)
        return response

    @action(detail=False, pagination_class=None)
    @from_replica
    def facets(self, request: Request) -> Response:
        """Count jobs by facet.

        Takes the parameters of the list, and returns the number of matching jobs by type, workplace, category,
        location, country and employer, the most frequent first, up to twenty of each. If nothing matches, `without`
        tells which filters to drop, and `without_word` which word of the search.
        """
        listing = self.filter_queryset(self.get_queryset())
        facets = {
            "count": listing.count(),
            "did_you_mean": listing.did_you_mean,
            **count_facets(listing),
            "without": [] if listing.count() else without_each(self.get_queryset(), request),
            "without_word": None if listing.count() else without_word(self.get_queryset(), request),
        }
        return Response(serializers.FacetsSerializer(facets).data)

    @action(detail=False, filterset_class=None, pagination_class=None)
    @from_replica
    def suggest(self, request: Request) -> Response:
        """Complete a search.

        Returns titles, companies and places of open jobs in which a word begins with `q`, up to eight of each.
        """
        query = serializers.SuggestQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(serializers.SuggestionsSerializer(suggest(query.validated_data["q"])).data)

    @action(detail=True, filterset_class=None, pagination_class=PageNumberPagination)
    def history(self, request: Request, **kwargs: Any) -> Response:
        """List the changes of a job.

        For its employer and administrators, newest first. `state` is never expired here, since a job expires by
        itself; nor does the history tell that an account was blocked.
        """
        page = self.paginate_queryset(self.get_object().changes.all())
        return self.get_paginated_response(serializers.JobChangeSerializer(page, many=True).data)

    @action(detail=True, filterset_class=None)
    def similar(self, request: Request, **kwargs: Any) -> Response:
        """List similar jobs.

        Returns up to ten open jobs of the same category, by the number of words in common in the title.
        """
        jobs = similar_jobs(self.get_object())
        page = self.paginate_queryset(list(self.with_details(jobs)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @action(detail=True, filterset_class=None, pagination_class=None)
    def match(self, request: Request, **kwargs: Any) -> Response:
        """Match my skills with a job.

        Compares the caller's skills, the first 500 by name, with those of the job, without regard to case and accents;
        synonyms of the search are the same. `formula` says how the score is computed.
        """
        return Response(serializers.MatchSerializer(match_job(self.get_object(), self.caller)).data)

    @action(detail=False, filterset_class=None, pagination_class=WholeListPagination)
    def recommended(self, request: Request) -> Response:
        """List jobs that match my skills.

        Returns up to 50 jobs: of the newest 500 open ones that have a skill of the caller those of the highest score,
        each with the skills in common (`because`).
        """
        page = self.paginate_queryset(recommend_jobs(self.get_queryset(), self.caller))
        serializer = serializers.RecommendedJobSerializer(page, many=True, context=self.get_serializer_context())
        return self.get_paginated_response(serializer.data)

    @action(detail=True, filterset_class=None, content_negotiation_class=AnyAccept)
    def jsonld(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Retrieve a job as structured data.

        Returns an open job as schema.org's JobPosting for the page of the job, with the fields that Google for Jobs
        asks for; the page may have the body as it is in a script element. This is not counted as a view.
        """
        return HttpResponse(render_posting(self.get_object()), content_type="application/ld+json")


@employer_jobs_documented
class EmployerJobViewSet(TaggedListMixin, JobMixin, CRUDViewSet):
    """An employer's own jobs in every state, with their details.

    The list has the tag of its body: the version of job lists does not cover the counts.
    """

    filterset_class = EmployerJobFilter
    pagination_class = WholeListPagination
    permission_classes = (IsEmployer,)
    permissions = {**_LIFE_PERMISSIONS, "create": (IsEmployer, HasVerifiedEmail)}
    lookup_url_kwarg = "job_id"
    always_expanded = (*DETAILS, "state", "publishing", "skills")

    @property
    def selection(self) -> str:
        return str(self.caller.pk)

    def get_queryset(self) -> JobQuerySet:
        if self.action in life.ACTIONS:
            return Job.objects.acted_on_by(self.caller).with_skills()
        return self.with_details(Job.objects.owned_by(self.caller))

    def get_serializer_class(self) -> type[serializers.JobSerializer]:
        return serializers.EmployerJobDetailsSerializer if self.expanded else super().get_serializer_class()

    @action(detail=False, filterset_class=None, pagination_class=None)
    def counts(self, request: Request) -> Response:
        """Count my jobs by state.

        All states, also those without jobs.
        """
        counts = dict.fromkeys(JobState.values, 0)
        states = self.get_queryset().with_state().order_by().values("state").annotate(count=Count("pk"))
        return Response({**counts, **{row["state"]: row["count"] for row in states}})
