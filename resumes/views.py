"""Resumes and their files."""

from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.encoding import filepath_to_uri
from django.utils.http import content_disposition_header
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import OptionalJWTAuthentication
from accounts.permissions import HasVerifiedEmail, IsJobSeeker, IsOwnerOrAdmin
from anywork.api.exceptions import ServiceUnavailable, Unauthorized
from anywork.api.negotiation import AnyAccept
from anywork.api.pagination import PageNumberPagination, WholeListPagination
from anywork.api.parsers import MultiPartParser
from anywork.api.viewsets import DestroyModelMixin, OfferedMethodsMixin, ResourceViewSet
from resumes.models import Resume
from resumes.schema import resume_file_documented, resumes_documented
from resumes.serializers import ResumeAccessSerializer, ResumeSerializer, ResumeUploadSerializer
from resumes.services import record_opening, remove_resume, store_resume
from resumes.signed_links import viewer_by


@resumes_documented
class ResumeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, DestroyModelMixin, ResourceViewSet):
    """A job seeker's resumes; an employer sees those submitted to its jobs."""

    serializer_class = ResumeSerializer
    parser_classes = (MultiPartParser,)
    pagination_class = WholeListPagination
    lookup_url_kwarg = "resume_id"
    owner_field = "job_seeker_id"
    permissions = {
        "create": (IsJobSeeker, HasVerifiedEmail),
        "destroy": (IsAuthenticated, IsOwnerOrAdmin),
        "accesses": (IsAuthenticated, IsOwnerOrAdmin),
    }

    throttle_scopes = {"create": "upload"}

    def get_queryset(self) -> QuerySet[Resume]:
        return Resume.objects.visible_to(self.caller)

    def create(self, request: Request) -> Response:
        if len(request.FILES.getlist("file_path")) > 1:
            raise ValidationError({"file_path": ["Upload one file at a time."]})
        body = ResumeUploadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        if body.validated_data.get("job_seeker", self.caller.pk) != self.caller.pk:
            raise PermissionDenied("You can upload resumes for yourself only.")
        resume = store_resume(job_seeker=self.caller.job_seeker, upload=body.validated_data["file_path"])
        return Response(self.get_serializer(resume).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Resume) -> None:
        remove_resume(instance)

    @action(detail=True, serializer_class=ResumeAccessSerializer, pagination_class=PageNumberPagination)
    def accesses(self, request: Request, resume_id: UUID) -> Response:
        """List who opened a resume.

        For its owner: every opening of the file by somebody else, to the minute; what the same viewer opens
        within one minute is one. Newest first. Whoever opens the file by a link does so in the name of whom the
        link was made for.
        """
        page = self.paginate_queryset(self.get_object().accesses.select_related("actor__employer"))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@resume_file_documented
class ResumeFileView(OfferedMethodsMixin, APIView):
    """The file itself: for whoever holds a signed link, and for those who may see the resume."""

    authentication_classes = (OptionalJWTAuthentication,)
    permission_classes = ()
    content_negotiation_class = AnyAccept

    def get(self, request: Request, resume_id: UUID) -> HttpResponse | FileResponse:
        """Download a resume's file.

        Opens for whoever holds a signed link (`file_path`, `file_url`), in the name of the user whom the link
        was made for and for as long as that user may see the resume; and with a token for those who may see it.
        The owner can read who opened it. Always answered as an attachment.
        """
        viewer = viewer_by(request.query_params.get("signature", ""), resume_id)
        by_link = viewer is not None
        if viewer is not None:
            resumes = Resume.objects.linked_to(viewer)
        elif request.user.is_authenticated:
            viewer = request.user
            resumes = Resume.objects.visible_to(viewer)
        else:
            raise Unauthorized
        resume = get_object_or_404(resumes, pk=resume_id)
        response = _answer_with_file(resume)
        if request.method == "GET":
            try:
                record_opening(resume=resume, viewer=viewer, by_link=by_link)
            except BaseException:
                response.close()
                raise
        return response


def _answer_with_file(resume: Resume) -> HttpResponse | FileResponse:
    """Answer with the file or, with MEDIA_ACCEL_PREFIX, tell the proxy in front to send it.

    Raises:
        Http404: the file is lost, or deleted at this very moment.
        ServiceUnavailable: it cannot be read now.
    """
    name = str(resume.file.name)
    response: HttpResponse | FileResponse
    try:
        if settings.MEDIA_ACCEL_PREFIX:
            if not resume.file.storage.exists(name):
                raise Http404
            response = HttpResponse(headers={"X-Accel-Redirect": settings.MEDIA_ACCEL_PREFIX + filepath_to_uri(name)})
        else:
            response = FileResponse(resume.file.open())
    except FileNotFoundError as error:
        raise Http404 from error
    except OSError as error:
        raise ServiceUnavailable("The file cannot be read at the moment. Please try again later.") from error
    disposition = content_disposition_header(as_attachment=True, filename=resume.file_name)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = disposition
    # Even a file that fools the upload check must not run in our origin.
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
