"""Admin pages of jobs, categories, locations and renamings."""

from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, ProtectedError, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from anywork.admin import AuditedAdmin, DeletedByServiceAdmin, NamesForm, RecordAdmin, confirmed, key_range
from anywork.api.constraints import find_in_any_case
from anywork.figures import Figure
from anywork.transfer import ExportAdmin, ImportAdmin
from jobs.models import Category, CurrencyRate, Job, Location, Renaming, RenamingRelation, Synonym
from jobs.querysets import UNEXPIRED, JobQuerySet
from jobs.resources import CategoryResource, CurrencyRateResource, JobResource, LocationResource, SynonymResource
from jobs.searching.listing import having_words
from jobs.searching.query import SearchQuery
from jobs.services import delete_or_close_job, open_jobs, take_down_job


class UseFilter(admin.SimpleListFilter):
    title = "use"
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("used", "Used by jobs"), ("unused", "Used by no job")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        is_used = Exists(Job.objects.filter(**{str(queryset.model._meta.model_name): OuterRef("pk")}))
        return queryset.filter(is_used if self.value() == "used" else ~is_used)


class VocabularyForm(NamesForm):
    """Names the existing row of a duplicate, instead of the constraint that it violates."""

    unique_fields: tuple[str, ...]

    def clean(self) -> dict[str, Any] | None:
        values = super().clean() or self.cleaned_data
        names = {field: values.get(field, "") for field in self.unique_fields}
        others: QuerySet[Any] = type(self.instance).objects.exclude(pk=self.instance.pk)
        is_valid = self.errors.keys().isdisjoint(self.unique_fields)
        if is_valid and (existing := find_in_any_case(others, **names)):
            options = existing._meta
            url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[existing.pk])
            problem = format_html('This {} exists already: <a href="{}">{}</a>.', options.verbose_name, url, existing)
            self.add_error(self.unique_fields[0], problem)
        return values


class CategoryForm(VocabularyForm):
    unique_fields = ("name",)


class LocationForm(VocabularyForm):
    unique_fields = ("city", "state", "country")


class VocabularyAdmin(ImportAdmin, DeletedByServiceAdmin):
    """Base of the pages of categories and locations."""

    instead = "kept"
    reason = "jobs use it"
    # A short table: "IT" is found, too.
    shortest_word = 1
    list_select_related = ("created_by",)
    readonly_fields = ("created_by",)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:  # noqa: FBT001
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def delete_by_service(self, obj: Any) -> None:
        with suppress(ProtectedError):
            obj.delete()


@admin.register(Category)
class CategoryAdmin(VocabularyAdmin):
    form = CategoryForm
    resource_classes = (CategoryResource,)
    list_display = ("name", "description", "created_by")
    list_filter = (UseFilter,)
    search_fields = ("name", "created_by__email__exact")


@admin.register(Location)
class LocationAdmin(VocabularyAdmin):
    form = LocationForm
    resource_classes = (LocationResource,)
    list_display = ("city", "state", "country", "created_by")
    list_filter = (UseFilter,)
    search_fields = ("city", "state", "country", "created_by__email__exact")


class CurrencyRateForm(VocabularyForm):
    unique_fields = ("currency",)

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


@admin.register(CurrencyRate)
class CurrencyRateAdmin(ImportAdmin, AuditedAdmin):
    """Rates by which salaries are compared; a task carries a change into the jobs."""

    form = CurrencyRateForm
    resource_classes = (CurrencyRateResource,)
    list_display = ("currency", "per_dollar", "date")
    list_editable = ("per_dollar", "date")
    search_fields = ("currency",)

    def get_readonly_fields(self, request: HttpRequest, obj: CurrencyRate | None = None) -> tuple[str, ...]:
        # Another currency is another row.
        return ("currency",) if obj else ()


@admin.register(Synonym)
class SynonymAdmin(ImportAdmin):
    resource_classes = (SynonymResource,)
    list_display = ("name", "meaning")
    search_fields = ("name", "meaning")


class JobStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("expired", "Expired"), ("closed", "Closed")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        match self.value():
            case "open":
                return queryset.open()
            case "expired":
                return queryset.filter(~UNEXPIRED, is_active=True)
            case "closed":
                return queryset.filter(is_active=False)
        return queryset


@admin.register(Job)
class JobAdmin(ExportAdmin, DeletedByServiceAdmin):
    resource_classes = (JobResource,)
    list_display = ("title", "employer", "location__city", "is_open", "posted_at")
    list_filter = (JobStateFilter, "posted_at", "job_type")
    list_select_related = ("employer__user", "location")
    search_fields = ("employer__user__email", "^job_id")
    search_help_text = "Words of the job, its company, category or place; the employer's email address; the job's id."
    ordering = ("-posted_at", "-pk")
    autocomplete_fields = ("employer", "location", "category")
    readonly_fields = ("job_id", "is_open", "posted_at", "closes_at", "is_active", "salary_paid")
    actions = ("take_down", "open_again", "delete_selected")
    user_lookups = ("employer",)
    figures = (Figure(name="Open jobs", rows=Job.objects.open, query=lambda: {"state": "open"}, is_slow=True),)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("title", "employer", "location", "category"),
                    *("job_type", "workplace", "salary_range", "description"),
                )
            },
        ),
        ("State", {"fields": ("expires_at",)}),
    )
    # Shown once the job exists.
    record = ("Record", {"fields": ("is_open", "is_active", "closes_at", "salary_paid", "posted_at", "job_id")})
    instead = "closed"
    reason = "it has applications"

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Search as the API does, by index, unless the term is an email address or a primary key."""
        query = SearchQuery(search_term)
        is_bounded = query.alternatives and not (query.excluded or query.is_unbounded)
        if not is_bounded or "@" in search_term or key_range(search_term):
            return super().get_search_results(request, queryset, search_term)
        # As many as the list shows: PostgreSQL would look through all jobs for the first page of a few hundred.
        found = queryset.filter(having_words(query, has_closed=True)).values("pk")[: self.most_found(request)]
        return queryset.filter(pk__in=found), False

    def get_fieldsets(self, request: HttpRequest, obj: Job | None = None) -> Any:
        return (*self.fieldsets, self.record) if obj else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Job | None = None) -> tuple[str, ...]:
        # Its applications were made to this employer.
        return (*self.readonly_fields, "employer") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Job, form: ModelForm, change: bool) -> None:  # noqa: FBT001
        if "salary_range" in form.changed_data:
            # The employer's numbers were of the former text.
            obj.salary_source = ""
        super().save_model(request, obj, form, change)

    def delete_by_service(self, obj: Job) -> None:
        delete_or_close_job(obj)

    def acts_on(self, action: str, obj: Job) -> bool:
        return obj.is_active == (action == "take_down")

    @admin.action(description="Close", permissions=["change"])
    @confirmed(
        "They are no longer found. Their applications stay. The owner gets a notification and an email with your "
        "reason, and may change the job and open it again.",
        reason_help="The owner of the job reads it.",
    )
    def take_down(self, request: HttpRequest, queryset: QuerySet[Job], reason: str) -> None:
        closed = [job for job in queryset if take_down_job(job=job, reason=reason)]
        # The log keeps no reason: it outlives the owner's account.
        self._tell(request, closed, "closed")

    @admin.action(description="Open again", permissions=["change"])
    @confirmed("They are found again, unless they have expired. Jobs of blocked and deleted accounts stay closed.")
    def open_again(self, request: HttpRequest, queryset: JobQuerySet) -> None:
        self._tell(request, open_jobs(queryset), "opened again")

    def _tell(self, request: HttpRequest, jobs: list[Job], outcome: str) -> None:
        for job in jobs:
            self.log_change(request, job, outcome.capitalize())
        self.message_user(request, f"{len(jobs)} {outcome}.", messages.SUCCESS)

    @admin.display(boolean=True, description="open")
    def is_open(self, obj: Job) -> bool:
        return obj.is_open

    @admin.display(description="salary", empty_value="Not known.")
    def salary_paid(self, obj: Job) -> str:
        """Return what is paid, and whether the employer states it or it is read in the text."""
        salary = obj.salary
        bounds = "-".join(f"{bound:,.2f}" for bound in dict.fromkeys((salary.minimum, salary.maximum)) if bound)
        known = (bounds, salary.currency, salary.period and f"a {salary.period}")
        return f"{' '.join(filter(None, known))} ({obj.salary_source})" if obj.salary_source else ""


@admin.register(Renaming)
class RenamingAdmin(RecordAdmin):
    """Renamings in progress: until they are done, a search finds jobs by the former name."""

    list_display = ("relation", "renamed_row", "reached")
    list_display_links = ("relation",)
    list_filter = ("relation",)
    search_fields = ("^renamed",)
    ordering = ("pk",)
    fields = ("relation", "renamed_row", "reached")

    @admin.display(description="renamed")
    def renamed_row(self, obj: Renaming) -> str:
        if obj.relation == RenamingRelation.ALL:
            return "all jobs"
        if obj.relation == RenamingRelation.ALL:
            return "all jobs"
        model: Any = Job._meta.get_field(obj.relation).related_model
        url = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_change", args=[obj.renamed])
        return format_html('<a href="{}">{}</a>', url, obj.renamed)
