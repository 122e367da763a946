"""How resumes and their files read in the OpenAPI schema."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiRequest
from rest_framework.exceptions import PermissionDenied, ValidationError

from anywork.api.exceptions import AlreadyExists, Conflict
from anywork.api.schema import documented, operation
from resumes.models import Resume
from resumes.serializers import ResumeAccessSerializer, ResumeSerializer, ResumeUploadSerializer
from resumes.services import STORAGE_FULL

UPLOAD = {"job_seeker": "9a6a44cd-d90d-4418-856f-7b192d3bb3c5", "file_path": "resume.pdf"}
RESUME = {
    "resume_id": "1d5d5ddd-c18f-4442-b784-81ace316b13e",
    "file_path": (
        "http://127.0.0.1:8000/media/resumes/1d5d5ddd-c18f-4442-b784-81ace316b13e.pdf"
        "?signature=1vZ3bQ%3Ajm0VfRk2ZpP4cQ0yXyqkq9b2m7Qx3tHc8LrWf1sGd5E"
    ),
    "checksum": "9c1a7d15907fb2e3e920404ec081497cc4ab86f233822d721582cf4108fe70f4",
    "uploaded_at": "2030-03-05T22:56:15.360311Z",
    "job_seeker": "9a6a44cd-d90d-4418-856f-7b192d3bb3c5",
}
ACCESSES = [
    {
        "access_id": "0c7d1f6e-6c0b-4d57-9f0e-2f6b1f3f7a55",
        "opened_at": "2030-03-07T09:12:00Z",
        "opened_by": "Microsoft",
        "employer": "b7ff1ac5-a3e6-4707-9ee3-863ff6382abd",
        "by_link": True,
    },
    {
        "access_id": "5b1c6c8e-3f1f-4a44-8a53-9a7f0f0f4c11",
        "opened_at": "2030-03-06T14:03:00Z",
        "opened_by": "an administrator",
        "employer": None,
        "by_link": False,
    },
]

resumes_documented = documented(
    "Resumes",
    noun="resume",
    list=operation(
        "Job seekers find their own, employers those submitted to their jobs. Newest first. `file_path` opens for an "
        "hour without a token: fetch the list again for fresh links.",
        response=[RESUME],
    ),
    create=operation(
        "For job seekers, as multipart/form-data: one unencrypted PDF of at most 10 MiB in `file_path`. `job_seeker` "
        "may be left out; if given, it must be the caller. `checksum` is the SHA-256 of the bytes; the same bytes "
        "twice are a 409 that names the `existing` resume. A list holds 20 resumes and 100 MiB: beyond that, 409 "
        "`storage_full`. Deleted resumes that an application still holds do not count.",
        request={
            "multipart/form-data": OpenApiRequest(
                ResumeUploadSerializer,
                encoding={"file_path": {"contentType": "application/pdf"}},
                examples=[OpenApiExample("Request", value=UPLOAD, request_only=True)],
            )
        },
        responses={201: ResumeSerializer},
        response=RESUME,
        errors=(
            ValidationError({"file_path": ["This is not a PDF file."]}),
            AlreadyExists("You have uploaded this very file already.", Resume(pk=RESUME["resume_id"])),
            Conflict(STORAGE_FULL, "storage_full"),
        ),
        summary="Upload a resume",
    ),
    retrieve=operation("A resume that the caller may know of, with a fresh link.", response=RESUME),
    destroy=operation(
        "For its owner. Applications made with it keep what was submitted; the file goes when none does.",
    ),
    accesses=operation(
        responses=ResumeAccessSerializer(many=True),
        response=ACCESSES,
    ),
)

resume_file_documented = documented(
    "Resumes",
    get=operation(
        operation_id="resumes_download",
        parameters=[
            OpenApiParameter("resume_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The resume's id."),
            OpenApiParameter("signature", description="Part of the signed links; not needed with a token."),
        ],
        request=None,
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
        errors=(PermissionDenied("This link has expired. Open the page again for a new one.", "link_expired"),),
    ),
)
