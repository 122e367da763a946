from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from anywork.admin import DeletedByServiceAdmin
from anywork.figures import Figure
from resumes.models import Resume, ResumeAccess
from resumes.services import remove_resume
from resumes.signed_links import SignedLinks


def _bytes(resumes: QuerySet[Resume]) -> int:
    return resumes.aggregate(bytes=Sum("size"))["bytes"] or 0


class ResumeAccessInline(admin.TabularInline):
    """Records of access, read-only like the resume itself."""

    model = ResumeAccess
    fields = ("opened_at", "actor", "by_link")
    verbose_name_plural = "opened by others"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ResumeAccess]:
        return super().get_queryset(request).select_related("actor")


@admin.register(Resume)
class ResumeAdmin(DeletedByServiceAdmin):
    """Resumes, which are only added by upload, where the file is checked, and never changed."""

    list_display = ("file_name", "job_seeker", "uploaded_at", "removed_at", "open_link")
    list_filter = (("removed_at", admin.EmptyFieldListFilter), "uploaded_at")
    list_select_related = ("job_seeker__user",)
    search_fields = (
        "job_seeker__user__email",
        "job_seeker__first_name",
        "job_seeker__last_name",
        "^resume_id",
    )
    ordering = ("-uploaded_at", "-pk")
    fields = ("job_seeker", "file_name", "open_link", "checksum", "uploaded_at", "removed_at", "resume_id")
    inlines = (ResumeAccessInline,)
    user_lookups = ("job_seeker",)
    figures = (
        Figure(
            name="Storage of resumes", rows=Resume.objects.all, measure=_bytes, in_words=filesizeformat, is_slow=True
        ),
    )
    instead = "hidden from its owner"
    reason = "it was submitted with an application"

    def heading(self, obj: Resume) -> str:
        return f"{obj.file_name}, {obj.job_seeker}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Resume | None = None) -> bool:
        return False

    def delete_by_service(self, obj: Resume) -> None:
        remove_resume(obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.open_file)
        return [path("<uuid:resume_id>/file/", view, name="resumes_resume_file"), *super().get_urls()]

    def open_file(self, request: HttpRequest, resume_id: UUID) -> HttpResponse:
        """Redirect to the file by a fresh signed link; one in the page could have expired."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect(SignedLinks(request).url(get_object_or_404(Resume, pk=resume_id).pk))

    @admin.display(description="file")
    def open_link(self, obj: Any) -> str:
        return format_html('<a href="{}">Open</a>', reverse("admin:resumes_resume_file", args=[obj.pk]))
