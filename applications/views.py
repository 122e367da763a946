"""Views of applications."""

from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.authentication import PublicReadMixin
from accounts.models import User
from accounts.permissions import HasVerifiedEmail, IsAdmin, IsEmployer, IsJobSeeker, IsNotAdmin, IsOwner
from anywork.api.expanding import Expansion, expanded_names
from anywork.api.negotiation import AnyAccept
from anywork.api.pagination import FoundPages, RowPages, WholeListPagination
from anywork.api.parsers import JSONListParser
from anywork.api.throttling.throttle import count_request
from anywork.api.viewsets import CRUDViewSet, DestroyModelMixin, ResourceViewSet, UpdateModelMixin
from anywork.database.recorded import Recorded
from applications import schema, serializers, services
from applications.choices import Status
from applications.csv_export import BYTE_ORDER_MARK, write_csv
from applications.expansions import ASSESSMENT, expansions_for, sees_assessments
from applications.filters import ApplicationFilter, AssessedApplicationFilter
from applications.models import Application, Note
from applications.screening import MAX_QUESTIONS
from applications.timeline import PREFETCHED, timeline_of
from jobs.models import Job


def _of_employer(user_id: UUID) -> QuerySet[Application]:
    return Application.objects.of_employer(user_id).with_names()


def _of_job_seeker(user_id: UUID, now: datetime) -> QuerySet[Application]:
    return Application.objects.of_job_seeker(user_id, now).with_names()


def _listed_to(user: User | AnonymousUser) -> QuerySet[Application] | Recorded:
    """Return what `visible_to` does, with names; compiled once for all users of a role."""
    if user.is_anonymous or user.is_staff:
        return Application.objects.visible_to(user).with_names()
    if user.is_employer:
        return Recorded(Application, _of_employer, user.pk)
    return Recorded(Application, _of_job_seeker, user.pk, timezone.now())


@schema.applications_documented
class ApplicationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, DestroyModelMixin, ResourceViewSet):
    """Applications of a job seeker, or to the jobs of an employer."""

    lookup_url_kwarg = "application_id"
    owner_field = "job_seeker_id"
    permissions = {
        "create": (IsJobSeeker, HasVerifiedEmail),
        "partial_update": (IsAuthenticated, IsNotAdmin),
        "destroy": (IsAuthenticated, IsNotAdmin, IsOwner),
        "revoke": (IsAuthenticated, IsNotAdmin, IsOwner),
        "draft": (IsJobSeeker,),
        "bulk_status": (IsEmployer,),
        "export": (IsEmployer,),
    }
    throttle_scopes = {
        "create": "apply",
        "partial_update": "decide",
        "destroy": "decide",
        "bulk_status": "decide",
        "export": "csv",
    }
    filterset_class: type[ApplicationFilter] | None = AssessedApplicationFilter

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.filterset_class and not sees_assessments(self.caller):
            self.filterset_class = ApplicationFilter

    def get_queryset(self) -> Any:
        if self.action == "list":
            return _listed_to(self.caller)
        applications = Application.objects.visible_to(self.caller)
        if self.action == "counts":
            return applications
        applications = applications.with_details()
        if self.action == "timeline":
            return applications.prefetch_related(*PREFETCHED)
        return applications.select_related("posting", "job__location") if self.action == "posting" else applications

    def filter_queryset(self, queryset: QuerySet[Any]) -> Any:
        """Return RowPages for a list, whose rows are not instances."""
        applications = super().filter_queryset(queryset)
        if self.action != "list":
            return applications
        pages = FoundPages if self.request.query_params.get("search", "").strip() else RowPages
        return pages(applications, *serializers.ApplicationListSerializer.COLUMNS)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        with_details = self.action in {"list", "retrieve", "export"}
        return serializers.ApplicationDetailsSerializer if with_details else serializers.ApplicationSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        """Return the context, with the expansions that the caller asks for."""
        expansions: list[Expansion] = [ASSESSMENT] if self.action == "export" else []
        if self.action in {"list", "retrieve"}:
            known = expansions_for(self.caller)
            expansions = [known[name] for name in expanded_names(self.request, known)]
        return {**super().get_serializer_context(), "expansions": expansions}

    def create(self, request: Request) -> Response:
        body = serializers.ApplicationCreateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        if values.get("job_seeker", self.caller.pk) != self.caller.pk:
            raise PermissionDenied("You can only apply for yourself.")
        application = services.submit_application(
            user=self.caller,
            job_id=values["job"],
            resume_id=values["resume"],
            cover_letter=values["cover_letter"],
            answers=values["answers"],
        )
        return Response(self.get_serializer(application).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        body = serializers.ApplicationUpdateSerializer(data=request.data)
        with transaction.atomic():
            application = self.get_object()
            body.is_valid(raise_exception=True)
            values, subject = body.validated_data, {"application_id": application.pk, "actor": self.caller}
            # In this order: the letter while the status still allows it.
            if "cover_letter" in values:
                application = services.change_cover_letter(**subject, cover_letter=values.pop("cover_letter"))
            if "status" in values:
                application = services.change_status(**subject, **values)
        return Response(self.get_serializer(application).data)

    def perform_destroy(self, instance: Application) -> None:
        services.change_status(application_id=instance.pk, actor=self.caller, status=Status.WITHDRAWN)

    @action(detail=True, methods=["post"], filterset_class=None)
    def revoke(self, request: Request, application_id: UUID) -> Response:
        application = services.revoke_application(application_id=self.get_object().pk, actor=self.caller)
        return Response(self.get_serializer(application).data)

    @action(detail=False, filterset_class=None, pagination_class=None)
    def draft(self, request: Request) -> Response:
        query = serializers.DraftQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        draft = services.draft_application(user=self.caller, job_id=query.validated_data["job"])
        return Response(serializers.DraftSerializer(draft).data)

    @action(detail=True, filterset_class=None, pagination_class=WholeListPagination)
    def timeline(self, request: Request, **kwargs: Any) -> Response:
        """List what happened to an application.

        Oldest first. `resume_opened` is the first time that the employer opened the resume. The applicant gets to know
        a rejection when it is told of it, its `reason` only if it is shared, and no `note`.
        """
        application = self.get_object()
        entries = timeline_of(application, for_applicant=application.job_seeker_id == self.caller.pk)
        page: Any = self.paginate_queryset(entries)
        return self.get_paginated_response(serializers.EntrySerializer(page, many=True).data)

    @action(detail=False, methods=["post"], url_path="bulk-status", filterset_class=None, pagination_class=None)
    def bulk_status(self, request: Request) -> Response:
        """Decide on several applications.

        Each by itself: one that cannot change does not hinder the others, and the response says what became of each
        `application_id`, in the order of `ids`. Repeated ids count once. Each counts as a request of the rate `decide`.
        """
        body = serializers.BulkStatusSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        ids = list(dict.fromkeys(body.validated_data.pop("ids")))
        # The throttle has counted one.
        for _ in ids[1:]:
            count_request(request._request, "decide", str(self.caller.pk))  # noqa: SLF001 - as in the throttle
        results = services.change_statuses(application_ids=ids, actor=self.caller, **body.validated_data)
        return Response(serializers.BulkStatusResultsSerializer({"results": results}).data)

    @action(detail=False, pagination_class=None)
    def counts(self, request: Request) -> Response:
        """Count applications by status.

        Takes the filters of the list; `ordering` changes nothing.
        """
        counts = dict(self.filter_queryset(self.get_queryset()).count_by_status())
        return Response({**dict.fromkeys(Status.values, 0), **counts})

    @action(detail=False, pagination_class=None, content_negotiation_class=AnyAccept)
    def export(self, request: Request) -> StreamingHttpResponse:
        """Export applications as CSV.

        For employers: applications to their jobs with rating and tags, in UTF-8. Takes the filters of the list, and is
        always newest first. A quote before a text that a spreadsheet program would take for a formula makes it a text.
        """
        query = serializers.ExportQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        applications = self.filter_queryset(self.get_queryset())
        text = write_csv(applications, self.get_serializer(many=True).to_representation)
        if query.validated_data["excel"]:
            text = chain([BYTE_ORDER_MARK], text)
        return StreamingHttpResponse(
            text,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="applications.csv"'},
        )

    @action(detail=True, filterset_class=None, pagination_class=None)
    def posting(self, request: Request, application_id: UUID) -> Response:
        """Retrieve what was applied to.

        Title, company, place, pay and description of the job as they were when the application was sent. If the
        employer has deleted the account, company and description are "".
        """
        application = self.get_object()
        posting, as_of = application.posting, application.applied_at
        if posting is None:
            posting, as_of = services.posting_of(application.job), None
        return Response(serializers.PostingSerializer(posting, context={"as_of": as_of}).data)


@schema.notes_documented
class NoteViewSet(CRUDViewSet):
    """An employer's notes about an application, which its applicant never gets."""

    serializer_class = serializers.NoteSerializer
    permission_classes = (IsEmployer | IsAdmin,)
    permissions = {
        "create": (IsEmployer,),
        "update": (IsEmployer, IsOwner),
        "partial_update": (IsEmployer, IsOwner),
        "destroy": (IsEmployer, IsOwner),
    }
    throttle_scopes = {"create": "decide"}
    owner_field = "author_id"
    lookup_url_kwarg = "note_id"
    application: Application

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        applications = Application.objects.visible_to(self.caller)
        self.application = get_object_or_404(applications, pk=kwargs["application_id"])

    def get_queryset(self) -> QuerySet[Note]:
        return Note.objects.visible_to(self.caller)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset).filter(application=self.application)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        text = serializer.validated_data["text"]
        serializer.instance = services.add_note(application_id=self.application.pk, author=self.caller, text=text)


@schema.assessments_documented
class AssessmentViewSet(mixins.RetrieveModelMixin, UpdateModelMixin, ResourceViewSet):
    """Rating and tags of an application, which its applicant never gets."""

    serializer_class = serializers.AssessmentSerializer
    permission_classes = (IsEmployer | IsAdmin,)
    permissions = {"update": (IsEmployer,)}
    throttle_scopes = {"update": "decide"}
    lookup_url_kwarg = "application_id"

    def get_queryset(self) -> QuerySet[Application]:
        return Application.objects.visible_to(self.caller).select_related("assessment")

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        application: Any = serializer.instance
        values = serializer.validated_data["opinion"]
        application.assessment = services.assess(application_id=application.pk, author=self.caller, **values)


@schema.questions_documented
class QuestionViewSet(PublicReadMixin, ResourceViewSet):
    """Questions to the applicants of a job."""

    serializer_class: type[serializers.QuestionSerializer] = serializers.QuestionSerializer
    parser_classes = (JSONListParser,)
    lookup_url_kwarg = "job_id"
    owner_field = "employer_id"
    permissions = {"list": (), "replace": (IsEmployer, IsOwner)}

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.visible_to(self.caller)

    def list(self, request: Request, job_id: UUID) -> Response:
        """List the questions to applicants."""
        page = self.paginate_queryset(self.get_object().questions.all())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    # No `update`, for which If-Match would compare the job.
    @action(detail=True, methods=["put"])
    def replace(self, request: Request, job_id: UUID) -> Response:
        """Replace the questions to applicants."""
        job = self.get_object()
        body = serializers.EmployerQuestionSerializer(data=request.data, many=True, max_length=MAX_QUESTIONS)  # type: ignore[call-arg]
        body.is_valid(raise_exception=True)
        questions = services.replace_questions(job=job, questions=body.validated_data)
        rows = serializers.EmployerQuestionSerializer(questions, many=True).data
        # One page, whatever the parameters say.
        return Response({"count": len(rows), "next": None, "previous": None, "results": rows})


@schema.employer_questions_documented
class EmployerQuestionViewSet(QuestionViewSet):
    """Questions to the applicants of an employer's own job, with their knock-outs."""

    serializer_class = serializers.EmployerQuestionSerializer
    permissions = {"list": (IsEmployer,)}

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.owned_by(self.caller)
