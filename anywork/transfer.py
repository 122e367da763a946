"""Import and export of rows as CSV in the admin site."""

import base64
import csv
import io
import re
from typing import Any, ClassVar

import tablib
from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from import_export import resources
from import_export.admin import ExportMixin, ImportMixin
from import_export.formats import base_formats
from import_export.forms import ConfirmImportForm, ImportForm
from import_export.tmp_storages import BaseStorage

from anywork.admin import AuditedAdmin
from anywork.api.constraints import find_in_any_case

# Below DATA_UPLOAD_MAX_MEMORY_SIZE when the page sends it back in base64.
MAX_BYTES = 512 * 1024
# These take some seconds; gunicorn ends a request after 30.
MAX_ROWS = 1_000
MAX_COLUMNS = 100
MAX_EXPORTED = 10_000

# What spreadsheet programs take for the beginning of a formula, after any quotes of ours: so that importing gives back
# what was exported.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001 - these letters, too
_signer = signing.Signer(salt="anywork.transfer")


class CSV(base_formats.CSV):
    """CSV in UTF-8; a quote before a formula makes it a text, and is removed again on import.

    Not by the library's own setting, which deletes a leading "=" and leaves the other formulas.
    """

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> tablib.Dataset:
        """Return the rows.

        Raises:
            ValidationError: the file is not valid, for the reason that it tells.
        """
        try:
            text = in_stream.decode("utf-8-sig")
            rows = [[_restore(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValidationError("This is not a CSV file in UTF-8, with commas between the columns.") from error
        # Spreadsheet programs write empty rows at the end.
        while rows and not any(rows[-1]):
            rows.pop()
        headers, *rows = rows or [[]]
        if len(headers) > MAX_COLUMNS:
            # Filling up short rows would take gigabytes.
            raise ValidationError(f"The first row has {len(headers):,} columns; at most {MAX_COLUMNS} are possible.")
        if len(rows) > MAX_ROWS:
            raise ValidationError(f"The file has {len(rows):,} rows; at most {MAX_ROWS:,} are imported at once.")
        for number, row in enumerate(rows, 2):
            if len(row) > len(headers):
                raise ValidationError(f"Row {number} has {len(row)} columns, but the first row only {len(headers)}.")
            row.extend([""] * (len(headers) - len(row)))
        return tablib.Dataset(*rows, headers=[header.strip().lower() for header in headers])

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> Any:
        dataset.add_formatter(None, defuse)
        return super().export_data(dataset, **kwargs)


def defuse(cell: Any) -> Any:
    """Return a text that spreadsheet programs take for a formula with a quote before it, which makes it a text."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def _restore(cell: str) -> str:
    return cell.removeprefix("'") if _FORMULA.match(cell) else cell


class Diff(resources.Diff):
    """The former and the new value of each cell.

    The library's own diff takes up to a second for each, and has styles that the Content-Security-Policy forbids.
    """

    def as_html(self) -> list[str]:
        values = zip(self.left, self.right, strict=True)
        return [
            new if self.new or old == new else format_html("<del>{}</del> <ins>{}</ins>", old, new)
            for old, new in values
        ]


class FormResource(resources.ModelResource):
    """Rows that are imported by the rules of their form in the admin site.

    The `unique_fields` of the form, in any case, tell which row exists already: it is updated.
    """

    form_class: Any

    class Meta:
        skip_unchanged = True

    def __init__(self, form_class: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.form_class = form_class
        # The number in the file of each row, by primary key.
        self.numbers: dict[Any, int] = {}

    @classmethod
    def get_diff_class(cls) -> type[Diff]:
        return Diff

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        headers, columns = dataset.headers or [], [field.column_name for field in self.get_import_fields()]
        if len(set(headers)) < len(headers) or not set(self.form_class.unique_fields) <= set(headers) <= set(columns):
            dataset.wipe()  # The library would go on with its rows.
            raise ValidationError(
                f"The first row must name the columns: {', '.join(columns)}. It is: {', '.join(headers) or 'empty'}."
            )

    def get_instance(self, instance_loader: Any, row: dict[str, str]) -> Any:
        fields = self.form_class.base_fields
        try:
            names = {name: fields[name].clean(row[name]) for name in self.form_class.unique_fields}
        except ValidationError:
            return None  # The form will say why.
        return find_in_any_case(self._meta.model.objects.all(), **names)

    def after_init_instance(self, instance: models.Model, new: bool, row: Any, **kwargs: Any) -> None:  # noqa: FBT001
        # In a spreadsheet, the first row is that of the names of the columns.
        number = kwargs["row_number"] + 1
        if (former := self.numbers.setdefault(instance.pk, number)) != number:
            raise ValidationError({self.form_class.unique_fields[0]: f"The same as in row {former}."})

    def import_instance(self, instance: models.Model, row: dict[str, str], **kwargs: Any) -> None:
        form = self.form_class({**model_to_dict(instance), **row}, instance=instance)
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> Any:
        result = super().import_row(row, instance_loader, **kwargs)
        for problem in result.errors:
            if not isinstance(problem.error, IntegrityError):
                raise problem.error
            # After the check of the form, another person added the same.
            result.errors, result.validation_error = [], ValidationError("Another person has just added this row.")
        return result


class PageStorage(BaseStorage):
    """Keeps the uploaded file, signed, in the page that asks for confirmation.

    So the confirmation may reach any process on any machine, no other person reaches the file, and it is not left over.
    """

    def save(self, data: bytes) -> None:
        self.name = _signer.sign(base64.urlsafe_b64encode(data).decode())

    def read(self) -> bytes:
        return base64.urlsafe_b64decode(_signer.unsign(self.name))

    def remove(self) -> None:
        """Do nothing: it goes with the page."""


class UploadForm(ImportForm):
    import_file = forms.FileField(
        label="File",
        help_text=f"CSV in UTF-8, at most {MAX_BYTES // 1024} KiB and {MAX_ROWS:,} rows. "
        "The first row names the columns. You will see all changes before they are made.",
    )

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > MAX_BYTES:
            raise ValidationError(f"The file is too large: at most {MAX_BYTES // 1024} KiB are imported at once.")
        return file


class ConfirmForm(ConfirmImportForm):
    def clean_import_file_name(self) -> str:
        name: str = self.cleaned_data["import_file_name"]
        try:
            _signer.unsign(name)
        except signing.BadSignature as error:
            raise ValidationError("This is not the file of the preview.") from error
        return name

    def clean(self) -> dict[str, Any]:
        # There is only one of each.
        return {**self.cleaned_data, "format": "0", "resource": "0"}


class ExportAdmin(ExportMixin, AuditedAdmin):
    """Exports the rows of the list, with its filters and search, for members of the staff that may see it."""

    formats: ClassVar[list[type[CSV]]] = [CSV]
    # With a byte order mark, without which Excel does not recognize UTF-8.
    to_encoding = "utf-8-sig"

    def has_export_permission(self, request: HttpRequest) -> bool:
        return super().has_export_permission(request) and self.has_view_permission(request)

    def most_found(self, request: HttpRequest) -> int:
        # More than a list shows: an export has all rows, or says that they are too many.
        return MAX_EXPORTED + 1 if request.path.endswith("/export/") else super().most_found(request)

    def export_action(self, request: HttpRequest) -> HttpResponse:
        if not self.has_export_permission(request):
            raise PermissionDenied
        changelist = reverse("{}:{}_{}_changelist".format(self.admin_site.name, *self.get_model_info()))
        try:
            rows = self.get_export_queryset(request)
        except IncorrectLookupParameters:
            return redirect(f"{changelist}?e=1")
        if rows[MAX_EXPORTED:].exists():
            problem = f"More than {MAX_EXPORTED:,} rows are not exported at once: filter the list."
            self.message_user(request, problem, messages.ERROR)
            return redirect(f"{changelist}?{request.GET.urlencode()}")
        return self._do_file_export(CSV(), request, rows)


class ImportAdmin(ImportMixin, ExportAdmin):
    """Imports and exports rows; an import is one transaction, with its records."""

    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    import_template_name = "anywork/import.html"
    import_form_class = UploadForm
    confirm_form_class = ConfirmForm
    tmp_storage_class = PageStorage

    def has_import_permission(self, request: HttpRequest) -> bool:
        is_editor = self.has_add_permission(request) and self.has_change_permission(request)
        return is_editor and super().has_import_permission(request)

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"form_class": self.get_form(request)}

    def add_data_read_fail_error_to_form(self, form: forms.Form, e: Exception) -> None:
        if not isinstance(e, ValidationError):
            raise e
        form.add_error("import_file", e)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            return super().process_import(request, **kwargs)

    def process_dataset(self, dataset: tablib.Dataset, form: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["rollback_on_validation_errors"] = True
        return super().process_dataset(dataset, form, request, **kwargs)

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        if not (result.has_errors() or result.has_validation_errors()):
            return super().process_result(result, request)
        problem = "Nothing was imported: the rows have changed since the preview. Upload the file again."
        self.message_user(request, problem, messages.ERROR)
        return redirect("{}:{}_{}_import".format(self.admin_site.name, *self.get_model_info()))

    def generate_log_entries(self, result: Any, request: HttpRequest) -> None:
        user: Any = request.user
        added = [row.instance for row in result if row.is_new()]
        changed = [row.instance for row in result if row.is_update()]
        LogEntry.objects.log_actions(user.pk, added, ADDITION, "Imported.")
        LogEntry.objects.log_actions(user.pk, changed, CHANGE, "Changed by an import.")
        for row in (*added, *changed):
            self._record(request, row)
