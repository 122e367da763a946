from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from rest_framework.exceptions import APIException

from anywork.admin import RecordAdmin, confirmed
from anywork.figures import Figure, midnight, today
from applications.choices import UNDECIDED, Status
from applications.models import Application, Assessment, Note, StatusChange
from applications.services import change_status


def _long_ago() -> datetime:
    return midnight(today() - timedelta(days=14))


def _in_words(answer: Any) -> Any:
    if isinstance(answer, list):
        return ", ".join(answer)
    return {True: "yes", False: "no", None: "-"}[answer] if answer is None or isinstance(answer, bool) else answer


class StatusChangeInline(admin.TabularInline):
    """History of an application's status, read-only like the application itself."""

    model = StatusChange
    fields = ("at", "actor", "from_status", "to_status", "tell_at", "reason", "reason_shared")
    ordering = ("at", "pk")
    verbose_name_plural = "status history"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusChange]:
        return super().get_queryset(request).select_related("actor")


class NoteInline(admin.TabularInline):
    """What the employer noted, for administrators with the permission to view notes."""

    model = Note
    fields = readonly_fields = ("created_at", "text", "updated_at")
    verbose_name_plural = "notes of the employer"


class AssessmentInline(admin.TabularInline):
    model = Assessment
    fields = ("rating", "tags")
    verbose_name_plural = "assessment by the employer"


@admin.register(Application)
class ApplicationAdmin(RecordAdmin):
    list_display = ("job_seeker", "job", "company", "status", "applied_at")
    list_filter = ("status", "applied_at")
    list_select_related = ("job_seeker__user", "job__employer__user")
    search_fields = (
        "job_seeker__user__email",
        "job_seeker__first_name",
        "job_seeker__last_name",
        "job__employer__company_name",
        "^application_id",
    )
    ordering = ("-applied_at", "-pk")
    fields = (
        "job_seeker",
        "job",
        "company",
        "status",
        "told_status",
        "tell_at",
        "applied_at",
        "noticed_at",
        "revoked_at",
        "cover_letter",
        "given_answers",
        "submitted_resume",
        "application_id",
    )
    inlines = (StatusChangeInline, AssessmentInline, NoteInline)
    actions = ("mark_reviewed", "accept", "reject")
    user_lookups = ("job_seeker", "job__employer")
    figures = (
        Figure(name="Applications", rows=Application.objects.all, day_field="applied_at"),
        Figure(
            name="Undecided for 14 days",
            rows=lambda: Application.objects.filter(status__in=UNDECIDED, applied_at__lt=_long_ago()),
            query=lambda: {"status__in": ",".join(UNDECIDED), "applied_at__lt": _long_ago()},
            is_slow=True,
        ),
    )

    def heading(self, obj: Application) -> str:
        return f"{obj.job_seeker or 'Deleted account'}: {obj.job}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Application], search_term: str) -> Any:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        # The list needs none of these, which may be long.
        return found.defer("answers", "cover_letter", "job__description", "job__search"), may_repeat

    @admin.display(ordering="job__employer__company_name")
    def company(self, obj: Application) -> str:
        return str(obj.job.employer or "-")

    @admin.display(description="answers")
    def given_answers(self, obj: Application) -> str:
        given = ((question, obj.answers.get(str(question.pk))) for question in obj.job.questions.all())
        rows = ((question, _in_words(answer)) for question, answer in given)
        return format_html_join("", "<p>{}<br>{}</p>", rows) or "-"

    @admin.display(description="resume")
    def submitted_resume(self, obj: Application) -> str:
        if obj.resume is None:
            return "-"
        url = reverse("admin:resumes_resume_change", args=[obj.resume_id])
        return format_html('<a href="{}">{}</a>', url, obj.resume.file_name)

    def acts_on(self, action: str, obj: Application) -> bool:
        return obj.is_shared

    @admin.action(description="Mark as reviewed", permissions=["act"])
    @confirmed("The applicants get a notification.")
    def mark_reviewed(self, request: HttpRequest, queryset: QuerySet[Application]) -> None:
        self._change_each(request, queryset, Status.REVIEWED)

    @admin.action(description="Accept", permissions=["act"])
    @confirmed("The applicants get a notification and an email.")
    def accept(self, request: HttpRequest, queryset: QuerySet[Application]) -> None:
        self._change_each(request, queryset, Status.ACCEPTED)

    @admin.action(description="Reject", permissions=["act"])
    @confirmed("The applicants get a notification and an email, after the hold that their employers have chosen.")
    def reject(self, request: HttpRequest, queryset: QuerySet[Application]) -> None:
        self._change_each(request, queryset, Status.REJECTED)

    def _change_each(self, request: HttpRequest, queryset: QuerySet[Application], status: Status) -> None:
        """Change the applications one by one and show which changes were refused, and why."""
        administrator: Any = request.user
        changed = unchanged = 0
        for application in queryset:
            if application.status == status:
                unchanged += 1
                continue
            try:
                change_status(application_id=application.pk, actor=administrator, status=status)
            except APIException as refusal:
                name = f"{application.job_seeker} for “{application.job}”"
                self.message_user(request, f"{name}: {refusal.detail}", messages.ERROR)
            else:
                self.log_change(request, application, f"Status: {status}")
                changed += 1
        if unchanged:
            self.message_user(request, f"{unchanged} already {status}.", messages.INFO)
        if changed:
            self.message_user(request, f"{changed} now {status}.", messages.SUCCESS)
