"""Views of resumes and their files."""

from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.encoding import filepath_to_uri
from django.utils.http import content_disposition_header
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import OptionalJWTAuthentication
from accounts.permissions import HasVerifiedEmail, IsJobSeeker, IsOwnerOrAdmin
from anywork.api.exceptions import Unauthorized
from anywork.api.negotiation import AnyAccept
from anywork.api.pagination import PageNumberPagination, WholeListPagination
from anywork.api.parsers import MultiPartParser
from anywork.api.permissions import StaffPermissions, is_staff_with
from anywork.api.viewsets import DestroyModelMixin, OfferedMethodsMixin, ResourceViewSet
from resumes.models import Resume
from resumes.schema import resume_file_documented, resumes_documented
from resumes.serializers import ResumeAccessSerializer, ResumeSerializer, ResumeUploadSerializer
from resumes.services import FileUnavailable, invalid_file, record_opening, remove_resume, store_resume
from resumes.signed_links import get_viewer


@resumes_documented
class ResumeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, DestroyModelMixin, ResourceViewSet):
    """Resumes of a job seeker, or submitted to the jobs of an employer."""

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
            raise invalid_file("Upload one file at a time.")
        body = ResumeUploadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        if body.validated_data.get("job_seeker", self.caller.pk) != self.caller.pk:
            raise PermissionDenied("You can only upload resumes for yourself.")
        resume = store_resume(job_seeker=self.caller.job_seeker, upload=body.validated_data["file_path"])
        return Response(self.get_serializer(resume).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Resume) -> None:
        remove_resume(instance)

    @action(detail=True, serializer_class=ResumeAccessSerializer, pagination_class=PageNumberPagination)
    def accesses(self, request: Request, resume_id: UUID) -> Response:
        """List accesses to a resume's file.

        For the owner: accesses by other users, newest first. Requests of the same user within a minute are one
        access. Access by a link counts for the user for whom the link was signed.
        """
        page = self.paginate_queryset(self.get_object().accesses.select_related("actor__employer"))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


@resume_file_documented
class ResumeFileView(OfferedMethodsMixin, APIView):
    """File of a resume, for a signed link or for a user who may see the resume."""

    authentication_classes = (OptionalJWTAuthentication,)
    permission_classes = ()
    content_negotiation_class = AnyAccept

    def get(self, request: Request, resume_id: UUID) -> HttpResponse | FileResponse:
        """Download a resume's file.

        Opens with a signed link (`file_path`, `file_url`) as long as the user for whom it was signed may see the
        resume, or with the token of a user who may see it. The owner sees the accesses of other users. The response
        is always an attachment.
        """
        viewer = get_viewer(request.query_params.get("signature", ""), resume_id)
        by_link = viewer is not None
        if viewer is not None:
            resumes = Resume.objects.linked_to(viewer)
        elif request.user.is_authenticated:
            viewer = request.user
            if viewer.is_staff and not is_staff_with(viewer, "view", Resume):
                raise PermissionDenied(StaffPermissions.message)
            resumes = Resume.objects.visible_to(viewer)
        else:
            raise Unauthorized
        resume = get_object_or_404(resumes, pk=resume_id)
        response = _file_response(resume)
        if request.method == "GET":
            try:
                record_opening(resume=resume, viewer=viewer, by_link=by_link)
            except BaseException:
                response.close()
                raise
        return response


def _file_response(resume: Resume) -> HttpResponse | FileResponse:
    """Return a response with the file, or a header that makes the proxy send it if MEDIA_ACCEL_PREFIX is set.

    Raises:
        Http404: the file is missing.
        FileUnavailable: the file cannot be read at the moment.
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
        raise FileUnavailable from error
    disposition = content_disposition_header(as_attachment=True, filename=resume.file_name)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = disposition
    # A file that passes the upload check by deception must not run in our origin.
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
