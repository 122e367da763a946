"""Categories, locations and jobs."""

from typing import Any

from django.db.models import Model, QuerySet, Value
from django.db.models.functions import Lower
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.authentication import PublicReadMixin
from accounts.permissions import HasProvenEmail, IsAdmin, IsEmployer, IsOwnerOrAdmin
from anywork.api.exceptions import AlreadyExists, unique_violation_as
from anywork.api.pagination import WholeListPagination
from anywork.api.viewsets import CRUDViewSet
from jobs.filters import JobFilter
from jobs.models import Category, Job, Location
from jobs.schema import categories_documented, employer_jobs_documented, jobs_documented, locations_documented
from jobs.serializers import CategorySerializer, JobDetailsSerializer, JobSerializer, LocationSerializer
from jobs.services import delete_or_close_job
from jobs.signals import job_viewed


class SharedVocabularyViewSet(PublicReadMixin, CRUDViewSet):
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

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        self._save(serializer)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        self._save(serializer)

    def _save(self, serializer: BaseSerializer[Any]) -> None:
        with unique_violation_as(self.unique_constraint, lambda: self._already_there(serializer)):
            serializer.save()

    def _already_there(self, serializer: BaseSerializer[Any]) -> AlreadyExists:
        # Compared as the constraint does: `iexact` is another comparison (İ) and has no index.
        folded = {f"folded_{field}": Lower(field) for field in self.unique_fields}
        wanted = {
            f"folded_{field}": Lower(
                Value(serializer.validated_data.get(field, getattr(serializer.instance, field, "")))
            )
            for field in self.unique_fields
        }
        existing: Model | None = self.get_queryset().alias(**folded).filter(**wanted).first()
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


class JobWriteMixin:
    """What the public and the employer's view of jobs do alike."""

    caller: Any

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.save(employer=self.caller.employer)

    def perform_destroy(self, instance: Job) -> None:
        delete_or_close_job(instance)


@jobs_documented
class JobViewSet(JobWriteMixin, PublicReadMixin, CRUDViewSet):
    """Job postings: open ones for everybody."""

    serializer_class = JobSerializer
    filterset_class = JobFilter
    lookup_url_kwarg = "job_id"
    owner_field = "employer_id"
    permissions = {
        "list": (),
        "retrieve": (),
        "create": (IsEmployer, HasProvenEmail),
        "update": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
        "partial_update": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
        "destroy": (IsEmployer | IsAdmin, IsOwnerOrAdmin),
    }

    def get_queryset(self) -> QuerySet[Job]:
        user = self.caller
        jobs = Job.objects.listed_to(user) if self.action == "list" else Job.objects.visible_to(user)
        return jobs.with_details() if self._expand() else jobs

    def get_serializer_class(self) -> type[JobSerializer]:
        return JobDetailsSerializer if self._expand() else JobSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "expand": self._expand()}

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        job = self.get_object()
        if request.method == "GET" and job.employer_id != self.caller.pk:
            job_viewed.send(sender=Job, job=job)
        return Response(self.get_serializer(job).data)

    def _expand(self) -> list[str]:
        """Return what `?expand=` names.

        Raises:
            ValidationError: it names something else than employer, location and category.
        """
        if self.action not in {"list", "retrieve"}:
            return []
        names = [name for name in self.request.query_params.get("expand", "").split(",") if name]
        if unknown := set(names) - set(JobDetailsSerializer.DETAILS):
            choices = ", ".join(JobDetailsSerializer.DETAILS)
            raise ValidationError({"expand": [f"{', '.join(sorted(unknown))}: not one of {choices}."]})
        return names


@employer_jobs_documented
class EmployerJobViewSet(JobWriteMixin, CRUDViewSet):
    """An employer's own jobs, open or not, with their details."""

    filterset_class = JobFilter
    pagination_class = WholeListPagination
    permission_classes = (IsEmployer,)
    permissions = {"create": (IsEmployer, HasProvenEmail)}
    lookup_url_kwarg = "job_id"

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.owned_by(self.caller).with_details()

    def get_serializer_class(self) -> type[JobSerializer]:
        return JobDetailsSerializer if self.action in {"list", "retrieve"} else JobSerializer
