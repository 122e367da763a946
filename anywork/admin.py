"""Admin site, and base classes of the apps' admin pages."""

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

from anywork.api.fields import NAMES, NO_URL, TOO_MANY_MARKS, has_url
from anywork.api.text import clean_line, remove_invisible, too_many_marks
from anywork.figures import Figure

# Rows of a list that are counted and paged, and that a search finds by each field; filters and words narrow it.
MAX_LISTED = 1_000
# Rows of one action, each of which takes up to 30 ms on a busy machine; gunicorn ends a request after 30 seconds.
MAX_ACTED = 250
# Rows named on the page that confirms an action.
MAX_NAMED = 20
KEY_DIGITS = 32

# An administrator added, changed or deleted a row, in the transaction that does so. Arguments: user, subject.
changed_by_admin = Signal()

_SENT_AGAIN = ("action", "select_across", ACTION_CHECKBOX_NAME, "from_page")
# A primary key or its beginning.
_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f-]*)?", re.IGNORECASE)


def key_range(text: str) -> tuple[UUID, UUID] | None:
    """Return the first and the last key that begin with `text`; None if no key does."""
    digits = text.replace("-", "")
    if not _KEY.fullmatch(text) or len(digits) > KEY_DIGITS:
        return None
    return UUID(digits.ljust(KEY_DIGITS, "0")), UUID(digits.ljust(KEY_DIGITS, "f"))


def _condition(model: type[models.Model], search_field: str, word: str, most: int) -> Q | None:
    """Return the condition of one of a page's `search_fields`; None if no row can fulfil it."""
    name = search_field.removeprefix("^")
    if search_field.startswith("^") and isinstance(get_fields_from_path(model, name)[-1], models.UUIDField):
        # Comparing keys as text would read every row.
        keys = key_range(word)
        return Q(**{f"{name}__range": keys}) if keys else None
    if name.endswith("__exact"):
        # Addresses and keys are stored in lower case.
        return Q(**{name: word.lower()})
    relation, _, field = name.rpartition("__")
    found = {f"{field}__{'istartswith' if search_field.startswith('^') else 'icontains'}": word}
    if not relation:
        return Q(**found)
    # First the users, then their rows: in one step, PostgreSQL would look through the newest rows of all users.
    related: Any = get_fields_from_path(model, relation)[-1].related_model
    return Q(**{f"{relation}__in": related.objects.filter(**found).order_by().values("pk")[:most]})


def _is_key(model: type[models.Model], text: str) -> bool:
    """Return whether `text` may be a primary key; Django's own pages fail with what is none."""
    try:
        model._meta.pk.to_python(text)
    except ValidationError:
        return False
    return True


class KeySelect(AutocompleteSelect):
    """Choice by search, in which what is no key selects nothing."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        model = self.field.remote_field.model
        return super().optgroups(name, [key for key in value if _is_key(model, key)], attr)


class ShortPaginator(Paginator):
    """Paginator of the first MAX_LISTED rows: counting a million takes longer than showing a page."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        # In their order, whose index the page reads, too.
        return int(rows[:MAX_LISTED].count())


class IndexedChangeList(ChangeList):
    """List in the order of an index, also by a URL that asks for another."""

    def get_filters(self, request: HttpRequest) -> Any:
        # PostgreSQL refuses this letter.
        if any("\0" in value for values in self.get_filters_params().values() for value in values):
            raise IncorrectLookupParameters
        return super().get_filters(request)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)


class LineField(forms.CharField):
    """One line of text, in the form in which the API stores it."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if too_many_marks(remove_invisible(text)):
            raise ValidationError(TOO_MANY_MARKS)
        return clean_line(text)


class URLField(forms.URLField):
    """A URL without invisible letters."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(remove_invisible(value or ""))


class NamesForm(forms.ModelForm):
    """Refuses URLs in names that are set or changed, as the API does; keeps texts that are not changed."""

    def clean(self) -> dict[str, Any] | None:
        for name in self.changed_data:
            stored, sent = self.initial.get(name), self.cleaned_data.get(name)
            # Browsers send every line end as two characters.
            if isinstance(stored, str) and isinstance(sent, str) and stored.splitlines() == sent.splitlines():
                self.cleaned_data[name] = stored
        for name in NAMES.intersection(self.changed_data):
            if has_url(self.cleaned_data.get(name, "")):
                self.add_error(name, NO_URL)
        return super().clean()


class ConfirmationForm(forms.Form):
    """Confirmation of an action."""

    confirmed = forms.BooleanField(widget=forms.HiddenInput, initial=True)


class ReasonForm(ConfirmationForm):
    """Confirmation of an action with the reason for it."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500}))


def confirmed(consequences: str, *, reason_help: str = "") -> Callable[[Callable[..., None]], Any]:
    """Ask for a confirmation before an action, and if `reason_help` tells who reads it, for a reason.

    The action then gets `reason` as its last argument.
    """

    def decorate(action: Callable[..., None]) -> Any:
        @wraps(action)
        def ask_first(page: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
            form_class = ReasonForm if reason_help else ConfirmationForm
            form = form_class(request.POST if "confirmed" in request.POST else None)
            if form.is_valid():
                action(page, request, queryset, *([form.cleaned_data["reason"]] if reason_help else []))
                return None
            if reason_help:
                form.fields["reason"].help_text = reason_help
            return page.ask(request, queryset, form, consequences)

        return ask_first

    return decorate


class AuditedAdmin(admin.ModelAdmin):
    """Base of every admin page: changes are recorded in the audit trail; lists are counted up to MAX_LISTED."""

    # On the first page of the site.
    figures: tuple[Figure, ...] = ()
    # Lookups by which the page of a user links to the rows of that user.
    user_lookups: tuple[str, ...] = ()

    form: type[forms.ModelForm] = NamesForm
    formfield_overrides = {
        models.TextField: {"strip": False},
        models.URLField: {"form_class": URLField, "assume_scheme": "https"},
    }
    show_full_result_count = False
    # Counts by filter read every row.
    show_facets = admin.ShowFacets.NEVER
    paginator = ShortPaginator
    # Trigrams, by which the indexes find words, are of three letters.
    shortest_word = 3
    # A column without an index would be sorted by reading every row.
    sortable_by = ()

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        paths = (field.removeprefix("^").removesuffix("__exact") for field in self.search_fields)
        names = dict.fromkeys(str(get_fields_from_path(self.model, path)[-1].verbose_name) for path in paths)
        help_text = f"Letters of {', '.join(names)}; {self.shortest_word} or more."
        # The stubs take it for an attribute of the class alone.
        self.search_help_text = self.search_help_text or help_text  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if type(db_field) is models.CharField and not db_field.choices:
            # Other lines are verbatim, as in the API.
            is_name = db_field.name in {*NAMES, "phone_number"}
            kwargs |= {"form_class": LineField} if is_name else {"strip": False}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = KeySelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return nothing: no link has values, and Django's forms fail with a time, or with what is no key."""
        return {}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return IndexedChangeList

    def heading(self, obj: Any) -> str:
        """Return the heading of a page; `str` is kept in the log, and so has no names of users."""
        return str(obj)

    def acts_on(self, action: str, obj: Any) -> bool:
        """Return whether an action does something with `obj`, so that the page of `obj` offers it."""
        return True

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        if obj := kwargs.get("obj"):
            context["subtitle"] = self.heading(obj)
            context["object_actions"] = [
                (name, description)
                for name, description in self.get_action_choices(request, default_choices=[])
                if name != "delete_selected" and self.acts_on(name, obj)
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in self.user_lookups or super().lookup_allowed(lookup, value, request)

    def most_found(self, request: HttpRequest) -> int:
        """Return how many rows a search finds by each field."""
        return MAX_LISTED

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Look up the longest word by the index of each field, and the other words among these rows.

        A condition on several tables, as Django makes it, reads every row.
        """
        words = search_term.split()
        lead = max(words, key=len, default="")
        if not lead or not self.search_fields:
            return queryset, False
        if len(lead) < self.shortest_word or "\0" in search_term:
            return queryset.none(), False
        most, fields = self.most_found(request), self.get_search_fields(request)
        conditions = filter(None, (_condition(self.model, field, lead, most) for field in fields))
        found = [queryset.filter(condition).values_list("pk", flat=True)[:most] for condition in conditions]
        words.remove(lead)
        # Read here, since the list and its count would look them up once each.
        queryset = queryset.filter(pk__in=list(queryset.none().union(*found, all=True)))
        return super().get_search_results(request, queryset, " ".join(words))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self._record(request, obj)
        return super().log_deletions(request, queryset)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Run an action on up to MAX_ACTED rows, and write its records, in one transaction."""
        if not all(_is_key(self.model, key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            self.message_user(request, "A selected row does not exist.", messages.ERROR)
            return None
        # Django takes every other value for a yes.
        if request.POST.get("select_across", "0") != "0" and queryset[: MAX_ACTED + 1].count() > MAX_ACTED:
            text = f"Select at most {MAX_ACTED:,} rows at once: filter or search, since the list shows no more."
            self.message_user(request, text, messages.ERROR)
            return redirect(request.get_full_path())
        with transaction.atomic():
            response = super().response_action(request, queryset, *args, **kwargs)
        key = request.POST.get(ACTION_CHECKBOX_NAME, "")
        # Sent from the page of one row, which may be gone.
        is_of_page = "from_page" in request.POST and self.get_object(request, key)
        if isinstance(response, HttpResponseRedirect) and is_of_page:
            return redirect(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change", key)
        return response

    def ask(
        self, request: HttpRequest, queryset: QuerySet[Any], form: forms.Form, consequences: str
    ) -> TemplateResponse:
        """Return the page that confirms an action."""
        number = queryset.count()
        [description] = [text for name, text in self.get_action_choices(request) if name == request.POST["action"]]
        names = [self.heading(obj) for obj in queryset[:MAX_NAMED]]
        context = {
            **self.admin_site.each_context(request),
            "title": f"{description}: are you sure?",
            "opts": self.opts,
            "media": self.media + form.media,
            "form": form,
            "consequences": consequences,
            "names": names,
            "unnamed": number - len(names),
            "number": number,
            # Sent again with the confirmation.
            "fields": [(name, value) for name in _SENT_AGAIN for value in request.POST.getlist(name)],
        }
        return TemplateResponse(request, "admin/confirm_action.html", context)

    def _record(self, request: HttpRequest, obj: Any) -> None:
        changed_by_admin.send(sender=type(obj), user=request.user, subject=f"{self.opts.verbose_name} {obj.pk}")


class FixedRowsAdmin(AuditedAdmin):
    """Rows that are created and deleted with their parent, not by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RecordAdmin(FixedRowsAdmin):
    """Read-only records.

    Actions declared with `permissions=["act"]` require the model's change permission.
    """

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)


class DeletedByServiceAdmin(AuditedAdmin):
    """Rows that a service deletes, or changes instead while other rows depend on them."""

    # State of a row that is not deleted, such as "closed".
    instead: str
    # Such as "it has applications".
    reason: str
    actions: tuple[str, ...] = ("delete_selected",)

    def delete_by_service(self, obj: Any) -> None:
        """Delete `obj`, or do what `instead` says."""
        raise NotImplementedError

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], list]:
        """Return the rows for the confirmation page; the service handles dependent rows."""
        listed = [f"{obj} (if {self.reason}, it will be {self.instead} instead)" for obj in objs]
        return listed, {str(self.opts.verbose_name_plural): len(listed)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_by_service(obj)
        if self._is_kept(obj.pk):
            sentence = f"Not deleted but {self.instead}, because {self.reason}."
            self.log_change(request, obj, sentence)
            self.message_user(request, f"“{obj}”: {sentence}", messages.WARNING)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        if self._is_kept(obj_id):
            return redirect(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change", obj_id)
        return super().response_delete(request, obj_display, obj_id)

    @admin.action(description="Delete selected %(verbose_name_plural)s", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> TemplateResponse | None:
        """Delete selected rows, like Django's action, and report how many were deleted."""
        if "post" not in request.POST:
            return delete_selected(self, request, queryset)
        rows = list(queryset)
        self.log_deletions(request, queryset)
        for row in rows:
            self.delete_model(request, row)
        deleted = len(rows) - self.model.objects.filter(pk__in=[row.pk for row in rows]).count()
        self.message_user(request, f"{deleted} of {len(rows)} deleted.", messages.SUCCESS)
        return None

    def _is_kept(self, pk: Any) -> bool:
        return self.model.objects.filter(pk=pk).exists()


@admin.register(LogEntry)
class LogEntryAdmin(RecordAdmin):
    """Django's log of changes in the admin site."""

    list_display = ("action_time", "user", "action", "content_type", "object_repr")
    list_display_links = ("action_time",)
    list_filter = ("action_time",)
    list_select_related = ("user", "content_type")
    search_fields = ("user__email", "object_id__exact")
    # By time, too: Django has no index of `action_time`.
    ordering = ("-pk",)
    fields = ("action_time", "user", "action", "content_type", "object_id", "object_repr", "change_message")

    @admin.display(description="action", ordering="action_flag")
    def action(self, obj: LogEntry) -> str:
        return obj.get_action_flag_display()
