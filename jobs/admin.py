"""Admin pages of jobs, categories, locations and renamings."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, ProtectedError, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join

from anywork.admin import (
    AuditedAdmin,
    ConfirmationForm,
    DeletedByServiceAdmin,
    KeySelect,
    LineField,
    NamesForm,
    RecordAdmin,
    confirmed,
    key_range,
)
from anywork.api.constraints import find_in_any_case
from anywork.figures import Figure
from anywork.transfer import ExportAdmin, ImportAdmin
from jobs.batches import OTHER_COUNTRY, merge
from jobs.life import finish_change
from jobs.models import (
    Category,
    CurrencyRate,
    Job,
    JobActor,
    JobSkill,
    Location,
    Renaming,
    RenamingRelation,
    Synonym,
)
from jobs.querysets import JobQuerySet, JobState
from jobs.resources import CategoryResource, CurrencyRateResource, JobResource, LocationResource, SynonymResource
from jobs.saving.models import SavedSearch
from jobs.searching.listing import having_words
from jobs.searching.query import SearchQuery
from jobs.services import delete_or_close_job, open_jobs, take_down_job
from jobs.skills import MAX_SKILLS, repetition


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


class SynonymForm(VocabularyForm):
    unique_fields = ("name", "meaning")


class MergeForm(ConfirmationForm):
    """Choice of the category or location that others are merged into."""

    to_other_country = forms.BooleanField(
        required=False, label="Also into another country", help_text="If one of the two has a wrong country."
    )

    def __init__(self, relation: str, *args: Any) -> None:
        super().__init__(*args)
        field: Any = Job._meta.get_field(relation)
        rows = field.related_model.objects.all()
        self.fields["winner"] = forms.ModelChoiceField(rows, label="Into", widget=KeySelect(field, admin.site))
        self.order_fields(["winner"])
        if relation != "location":
            del self.fields["to_other_country"]


class VocabularyAdmin(ImportAdmin, DeletedByServiceAdmin):
    """Base of the pages of categories and locations."""

    actions = ("merge_into", "delete_selected")
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

    @admin.action(description="Merge into another", permissions=["delete"])
    def merge_into(self, request: HttpRequest, queryset: QuerySet[Any]) -> TemplateResponse | None:
        form = MergeForm(str(self.opts.model_name), request.POST if "confirmed" in request.POST else None)
        losers = list(queryset)
        if form.is_valid():
            winner = form.cleaned_data["winner"]
            try:
                gone = merge(losers, winner, to_other_country=form.cleaned_data.get("to_other_country", False))
            except ValidationError as error:
                form.add_error("to_other_country" if error.code == OTHER_COUNTRY else "winner", error)
            else:
                self._tell_merged(request, losers, winner, gone)
                return None
        return self.ask(
            request,
            queryset,
            form,
            "Their jobs follow, and they are deleted: their ids are not found any more. Searches for their names find "
            "the other name, in descriptions, too, unless other rows have the same name. This cannot be undone.",
        )

    def _tell_merged(self, request: HttpRequest, losers: list[Any], winner: Any, gone: int) -> None:
        for loser in losers:
            self.log_change(request, loser, f"Merged into “{winner}” ({winner.pk}).")
            self.log_change(request, winner, f"“{loser}” ({loser.pk}) was merged into it.")
        self.message_user(request, f"{gone} of {len(losers)} merged into “{winner}”.", messages.SUCCESS)
        if gone < len(losers):
            text = "Jobs of the others follow in the background: see Renamings."
            self.message_user(request, text, messages.WARNING)


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
    form = SynonymForm
    resource_classes = (SynonymResource,)
    # Most abbreviations have two letters.
    shortest_word = 1
    list_display = ("name", "meaning")
    search_fields = ("name", "meaning")


def _change_in_words(changes: dict[str, Any]) -> str:
    return "; ".join(
        f"{field} {value if isinstance(value, str) else ' → '.join(str(one or '-') for one in value)}"
        for field, value in changes.items()
    )


class JobStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return JobState.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        return queryset.in_states([self.value()]) if self.value() in JobState.values else queryset


class JobSkillForm(NamesForm):
    name = LineField(max_length=100)


class JobSkillFormSet(forms.BaseInlineFormSet):
    """Names a skill that is given twice, instead of the constraint that it violates."""

    def clean(self) -> None:
        super().clean()
        kept = [form.cleaned_data.get("name") for form in self.forms if form not in self.deleted_forms]
        if problem := repetition(list(filter(None, kept))):
            raise ValidationError(problem)


class JobSkillInline(admin.TabularInline):
    """The skills of a job, for those who may change the job."""

    model = JobSkill
    form = JobSkillForm
    formset = JobSkillFormSet
    fields = ("name", "importance")
    max_num = MAX_SKILLS
    extra = 1

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_max=True, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("jobs.view_job"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("jobs.change_job"))

    has_add_permission = has_delete_permission = has_change_permission


@admin.register(Job)
class JobAdmin(ExportAdmin, DeletedByServiceAdmin):
    resource_classes = (JobResource,)
    list_display = ("title", "employer", "location__city", "state_now", "posted_at")
    list_filter = (JobStateFilter, "posted_at", "job_type")
    list_select_related = ("employer__user", "location")
    search_fields = ("employer__user__email", "^job_id")
    search_help_text = "Words of the job, its company, category or place; the employer's email address; the job's id."
    ordering = ("-posted_at", "-pk")
    autocomplete_fields = ("employer", "location", "category")
    readonly_fields = (
        *("state_now", "publish_at", "closed_reason", "is_active", "closes_at", "salary_paid", "posted_at", "job_id"),
        "changed",
    )
    inlines = (JobSkillInline,)
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
    record = ("Record", {"fields": readonly_fields})
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

    def save_model(self, request: HttpRequest, obj: Job, form: Any, change: bool) -> None:  # noqa: FBT001
        if "salary_range" in form.changed_data:
            # The employer's numbers were of the former text.
            obj.salary_source = ""
        # Locked until its skills are saved, too.
        form.before = Job.objects.select_for_update(no_key=True).get(pk=obj.pk).recorded() if change else None
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        super().save_related(request, form, formsets, change)
        # Read again, for the history.
        form.instance.__dict__.pop("skill_list", None)
        if form.before:
            finish_change(form.instance, form.before, actor=JobActor.ADMINISTRATOR)

    def delete_by_service(self, obj: Job) -> None:
        delete_or_close_job(obj, actor=JobActor.ADMINISTRATOR)

    def acts_on(self, action: str, obj: Job) -> bool:
        if action == "take_down":
            return obj.stored_state not in (JobState.DRAFT, JobState.CLOSED)
        return obj.stored_state in (JobState.PAUSED, JobState.CLOSED)

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
    @confirmed(
        "They are found again, unless they have expired. Drafts, and jobs of blocked and deleted accounts, stay as "
        "they are."
    )
    def open_again(self, request: HttpRequest, queryset: JobQuerySet) -> None:
        self._tell(request, open_jobs(queryset), "opened again")

    def _tell(self, request: HttpRequest, jobs: list[Job], outcome: str) -> None:
        for job in jobs:
            self.log_change(request, job, outcome.capitalize())
        self.message_user(request, f"{len(jobs)} {outcome}.", messages.SUCCESS)

    @admin.display(description="state")
    def state_now(self, obj: Job) -> str:
        return obj.state_now.label

    @admin.display(description="changes")
    def changed(self, obj: Job) -> str:
        """Return the history, newest first."""
        rows = (
            (date_format(change.at, "DATETIME_FORMAT"), change.actor, _change_in_words(change.changes))
            for change in obj.changes.all()
        )
        return format_html_join("", "<p>{}, by the {}: {}</p>", rows) or "-"

    @admin.display(description="salary")
    def salary_paid(self, obj: Job) -> str:
        """Return what is paid, and whether the employer states it or it is read in the text."""
        salary = obj.salary
        bounds = "-".join(f"{bound:,.2f}" for bound in dict.fromkeys((salary.minimum, salary.maximum)) if bound)
        known = (bounds, salary.currency, salary.period and f"a {salary.period}")
        return f"{' '.join(filter(None, known))} ({obj.salary_source})" if obj.salary_source else "Not known."


@admin.register(SavedSearch)
class SavedSearchAdmin(RecordAdmin):
    """Saved searches, to explain why a job seeker gets an email or not."""

    list_display = ("saved_search_id", "job_seeker", "frequency", "alert_at", "created_at")
    list_filter = ("frequency",)
    list_select_related = ("job_seeker__user",)
    search_fields = ("job_seeker__user__email", "^saved_search_id")
    ordering = ("-pk",)
    fields = ("job_seeker", "name", "query", "frequency", "created_at", "told_until", "alert_at")
    user_lookups = ("job_seeker",)


@admin.register(Renaming)
class RenamingAdmin(RecordAdmin):
    """Renamings and merges in progress: until they are done, a search finds jobs by the former name."""

    list_display = ("relation", "renamed_row", "into_row", "reached")
    list_display_links = ("relation",)
    list_filter = ("relation",)
    search_fields = ("^renamed",)
    ordering = ("pk",)
    fields = ("relation", "renamed_row", "into_row", "reached")

    @admin.display(description="renamed")
    def renamed_row(self, obj: Renaming) -> str:
        return "all jobs" if obj.relation == RenamingRelation.ALL else self._link(obj, obj.renamed)

    @admin.display(description="merged into", empty_value="-")
    def into_row(self, obj: Renaming) -> str:
        return self._link(obj, obj.into) if obj.into else ""

    @staticmethod
    def _link(obj: Renaming, key: UUID) -> str:
        model: Any = Job._meta.get_field(obj.relation).related_model
        url = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_change", args=[key])
        return format_html('<a href="{}">{}</a>', url, key)
