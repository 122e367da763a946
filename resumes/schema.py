"""OpenAPI documentation of resumes and their files."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiRequest

from anywork.api.schema import documented, operation
from resumes.models import Resume
from resumes.pdf import NOT_A_PDF
from resumes.serializers import ResumeAccessSerializer, ResumeSerializer, ResumeUploadSerializer
from resumes.services import StorageFull, already_uploaded, invalid_file
from resumes.signed_links import LinkExpired

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
ACCESS = {
    "access_id": "0c7d1f6e-6c0b-4d57-9f0e-2f6b1f3f7a55",
    "opened_at": "2030-03-07T09:12:00Z",
    "opened_by": "Microsoft",
    "employer": "b7ff1ac5-a3e6-4707-9ee3-863ff6382abd",
    "by_link": True,
}
ACCESS_BY_ADMINISTRATOR = {
    **ACCESS,
    "access_id": "5b1c6c8e-3f1f-4a44-8a53-9a7f0f0f4c11",
    "opened_by": "an administrator",
    "employer": None,
    "by_link": False,
}

resumes_documented = documented(
    "Resumes",
    noun="resume",
    list=operation(
        "Job seekers see their own resumes, employers those submitted to their jobs, newest first. `file_path` opens "
        "for an hour without a token; fetch the list again for new links.",
        response=[RESUME],
    ),
    create=operation(
        "For job seekers, as multipart/form-data: one unencrypted PDF of at most 10 MiB in `file_path`. `job_seeker` "
        "is optional and must be the caller. `checksum` is the SHA-256 of the bytes; uploading the same bytes again "
        "is a 409 that names the `existing` resume. A job seeker can have 20 resumes and 100 MiB, beyond which it is "
        "a 409 `storage_full`. Deleted resumes do not count.",
        request={
            "multipart/form-data": OpenApiRequest(
                ResumeUploadSerializer,
                encoding={"file_path": {"contentType": "application/pdf"}},
                examples=[
                    OpenApiExample(
                        "Request",
                        value={"job_seeker": RESUME["job_seeker"], "file_path": "resume.pdf"},
                        request_only=True,
                    )
                ],
            )
        },
        responses={201: ResumeSerializer},
        response=RESUME,
        errors=(invalid_file(NOT_A_PDF), already_uploaded(Resume(pk=RESUME["resume_id"])), StorageFull()),
        summary="Upload a resume",
    ),
    retrieve=operation("With a new link to its file.", response=RESUME),
    destroy=operation("For the owner. Applications made with it keep it; otherwise the file is deleted, too."),
    accesses=operation(responses=ResumeAccessSerializer(many=True), response=[ACCESS, ACCESS_BY_ADMINISTRATOR]),
)

resume_file_documented = documented(
    "Resumes",
    get=operation(
        operation_id="resumes_download",
        parameters=[
            OpenApiParameter("resume_id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="Id of the resume."),
            OpenApiParameter("signature", description="Part of a signed link; not needed with a token."),
        ],
        request=None,
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
        errors=(LinkExpired(),),
    ),
)
