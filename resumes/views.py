"""Resumes and their files."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from rest_framework import mixins, status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import audit
from accounts.authentication import OptionalJWTAuthentication
from accounts.permissions import HasProvenEmail, IsJobSeeker, IsOwnerOrAdmin
from anywork.api.exceptions import Unauthorized
from anywork.api.negotiation import AnyAccept
from anywork.api.pagination import WholeListPagination
from anywork.api.parsers import MultiPartParser
from anywork.api.viewsets import OfferedMethodsMixin, ResourceViewSet
from resumes.links import is_signed
from resumes.models import Resume
from resumes.schema import resume_file_documented, resumes_documented
from resumes.serializers import ResumeSerializer, ResumeUploadSerializer
from resumes.services import remove_resume, store_resume


@resumes_documented
class ResumeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, ResourceViewSet):
    """A job seeker's resumes; an employer sees those submitted to its jobs."""

    serializer_class = ResumeSerializer
    parser_classes = (MultiPartParser,)
    pagination_class = WholeListPagination
    lookup_url_kwarg = "resume_id"
    owner_field = "job_seeker_id"
    permissions = {
        "create": (IsJobSeeker, HasProvenEmail),
        "destroy": (IsAuthenticated, IsOwnerOrAdmin),
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


@resume_file_documented
class ResumeFileView(OfferedMethodsMixin, APIView):
    """The file itself: for whoever holds a signed link, and for those who may see the resume."""

    authentication_classes = (OptionalJWTAuthentication,)
    permission_classes = ()
    content_negotiation_class = AnyAccept

    def get(self, request: Request, resume_id: UUID) -> FileResponse:
        resumes = Resume.objects.all()
        if not is_signed(resume_id, request.query_params.get("signature", "")):
            if not request.user.is_authenticated:
                raise Unauthorized
            resumes = resumes.visible_to(request.user)
        resume = get_object_or_404(resumes, pk=resume_id)
        try:
            file = resume.file.open()
        except FileNotFoundError as error:
            # Deleted at this very moment, or lost.
            raise Http404 from error
        if request.user.is_authenticated and request.user.pk != resume.job_seeker_id:
            opened = audit.Kind.RESUME_OPENED
            audit.record(opened, request=request, user=request.user, subject=str(resume.pk))
        response = FileResponse(file, as_attachment=True, filename=resume.file_name, content_type="application/pdf")
        # Even a file that fools the upload check must not run in our origin.
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "private, no-store"
        return response
