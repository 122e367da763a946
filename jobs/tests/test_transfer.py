"""Import and export in the admin site."""

import csv
import io
from unittest.mock import ANY

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models.signals import pre_save
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.tests.factories import EmployerFactory, UserFactory
from analytics.tests.factories import AnalyticsFactory
from anywork import transfer
from anywork.admin import changed_by_admin
from jobs.models import Category, Location, Renaming, Synonym
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory, SynonymFactory


def upload(client, text, model="category"):
    """Return the response with the preview."""
    content = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile("rows.csv", content, "text/csv")
    return client.post(reverse(f"admin:jobs_{model}_import"), {"import_file": file, "format": "0", "resource": "0"})


def confirm(client, preview, model="category", **changed):
    values = {**preview.context["confirm_form"].initial, **changed}
    return client.post(reverse(f"admin:jobs_{model}_process_import"), values, follow=True)


def errors(preview):
    """Return the errors by the number of the row in a spreadsheet."""
    return {row.number + 1: row.error_dict for row in preview.context["result"].invalid_rows}


def export(client, page, query=""):
    response = client.get(reverse(f"admin:{page}_export") + query)
    assert response["Content-Type"] == "text/csv"
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def staff(*permissions):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    assert user.user_permissions.count() == len(permissions)
    client = Client()
    client.force_login(user)
    return client


def test_admin_imports_categories_after_a_preview(admin_client, admin_user):
    design, cooking = CategoryFactory(name="Design", description="Old"), CategoryFactory(name="Cooking", description="")

    preview = upload(admin_client, "name,description\ndesign,New\nCooking,\nCafe\u0301\u200b  work,Coffee\n")
    page = preview.content.decode()

    assert set(Category.objects.values_list("name", "description")) == {("Design", "Old"), ("Cooking", "")}
    assert "<del>Design</del> <ins>design</ins>" in page
    assert "<del>Old</del> <ins>New</ins>" in page
    assert "<td>Caf\u00e9 work</td>" in page
    assert "style=" not in page

    done = confirm(admin_client, preview)

    assert "Import finished: 1 new, 1 updated, 0 deleted and 1 skipped categories." in done.content.decode()
    new = Category.objects.get(name="Caf\u00e9 work")
    assert set(Category.objects.values_list("pk", "name", "description", "created_by")) == {
        (design.pk, "design", "New", design.created_by_id),
        (cooking.pk, "Cooking", "", cooking.created_by_id),
        (new.pk, "Caf\u00e9 work", "Coffee", admin_user.pk),
    }
    assert set(LogEntry.objects.values_list("object_id", "action_flag", "change_message", "user")) == {
        (str(design.pk), 2, "Changed by an import.", admin_user.pk),
        (str(new.pk), 1, "Imported.", admin_user.pk),
    }
    assert set(AuditEvent.objects.filter(kind="changed_by_admin").values_list("subject", "user")) == {
        (f"category {design.pk}", admin_user.pk),
        (f"category {new.pk}", admin_user.pk),
    }


def test_admin_imports_locations_and_they_get_coordinates(admin_client):
    existing = LocationFactory(city="Kano", state="", country="Nigeria")

    confirm(
        admin_client,
        upload(admin_client, "City,State,Country\nLagos,,Nigeria\nKANO,,Nigeria\n", "location"),
        "location",
    )

    assert set(Location.objects.values_list("city", "state", "country")) == {
        ("Lagos", "", "Nigeria"),
        ("KANO", "", "Nigeria"),
    }
    assert Location.objects.get(city="KANO").pk == existing.pk
    assert Location.objects.get(city="Lagos").latitude == pytest.approx(6.5, abs=0.2)


def test_admin_imports_synonyms(admin_client):
    SynonymFactory(name="zzqa", meaning="zz quality")

    confirm(
        admin_client, upload(admin_client, "name,meaning\nZZQA,zz quality\nzzqb,zz quality\n", "synonym"), "synonym"
    )

    synonyms = Synonym.objects.filter(name__istartswith="zzq")
    assert set(synonyms.values_list("name", "meaning")) == {("ZZQA", "zz quality"), ("zzqb", "zz quality")}


def test_admin_sees_which_rows_are_wrong_and_why(admin_client):
    rows = [
        "name,description",
        "Fine,",
        "Buy at www.example.org,",
        ",x",
        f"{'n' * 101},",
        "FINE,",
        f"Long,{'d' * 2_001}",
        "e" + "\u0316\u0301" * 50 + ",",
        "\u200b,",
        "nul\x00,",
    ]

    preview = upload(admin_client, "\n".join(rows))

    assert errors(preview) == {
        3: {"name": ["A web address is not allowed here: leave out “://” and “www.”."]},
        4: {"name": ["This field is required."]},
        5: {"name": ["Ensure this value has at most 100 characters (it has 101)."]},
        6: {"name": ["The same as in row 2."]},
        7: {"description": ["Ensure this value has at most 2000 characters (it has 2001)."]},
        8: {"name": ["A letter may have at most 30 accents."]},
        9: {"name": ["This field is required."]},
        10: {"name": ["Null characters are not allowed."]},
    }
    page = preview.content.decode()
    assert "8 of 9 rows have errors" in page
    assert "The same as in row 2." in page
    assert "confirm_form" not in preview.context
    assert not Category.objects.exists()


def test_admin_leaves_a_column_out_and_its_values_stay(admin_client):
    CategoryFactory(name="Design", description="Kept")

    confirm(admin_client, upload(admin_client, "name\nDesign\nCooking\n"))

    assert set(Category.objects.values_list("name", "description")) == {("Design", "Kept"), ("Cooking", "")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The submitted file is empty."),
        ("title\nDesign\n", "The first row must name the columns: name, description. It is: title."),
        ("name,name\nDesign,Design\n", "The first row must name the columns: name, description. It is: name, name."),
        ("name;description\nDesign;x\n", "The first row must name the columns: name, description. It is: name;desc"),
        ("name\nDesign\nCooking,kitchen\n", "Row 3 has 2 columns, but the first row only 1."),
        ("name\nM\u00fcller\n".encode("latin-1"), "This is not a CSV file in UTF-8, with commas between the columns."),
        (b"PK\x03\x04\xff\xfe", "This is not a CSV file in UTF-8, with commas between the columns."),
        ('name\n"Design\n', "This is not a CSV file in UTF-8, with commas between the columns."),
        ("name\n" + "x\n" * (transfer.MAX_ROWS + 1), "The file has 1,001 rows; at most 1,000 are imported at once."),
        ("name" + "," * transfer.MAX_COLUMNS + "\nx", "The first row has 101 columns; at most 100 are possible."),
        ("name\n" + "x" * transfer.MAX_BYTES, "The file is too large: at most 512 KiB are imported at once."),
        ("name\n", "No valid data to import."),
    ],
    ids=[
        "empty",
        "unknown",
        "twice",
        "semicolons",
        "ragged",
        "latin",
        "zip",
        "quotes",
        "rows",
        "columns",
        "bytes",
        "headers",
    ],
)
def test_admin_uploads_what_is_no_file_of_categories_and_is_told(admin_client, text, message):
    preview = upload(admin_client, text)

    assert preview.status_code == 200
    assert message in preview.content.decode()
    assert "Traceback" not in preview.content.decode()
    assert "confirm_form" not in preview.context
    assert not Category.objects.exists()


def test_row_becomes_wrong_after_the_preview_and_nothing_is_imported(admin_client):
    # A name from before URLs were refused, which may stay.
    former = CategoryFactory(name="www.example.org")
    preview = upload(admin_client, "name,description\nCooking,\nwww.example.org,New\n")
    former.delete()

    done = confirm(admin_client, preview)

    assert "Nothing was imported: the rows have changed since the preview." in done.content.decode()
    assert not Category.objects.exists()
    assert not LogEntry.objects.exists()


def test_category_is_added_at_the_same_time_and_nothing_is_imported(admin_client):
    preview = upload(admin_client, "name\nCooking\nDesign\n")

    def add_first(instance, **kwargs):
        if instance.name == "Design":
            pre_save.disconnect(add_first, sender=Category)
            CategoryFactory(name="DESIGN")

    pre_save.connect(add_first, sender=Category)
    done = confirm(admin_client, preview)

    assert "Nothing was imported: the rows have changed since the preview." in done.content.decode()
    # In the same transaction here, and so rolled back, too.
    assert not Category.objects.exists()


def test_file_is_not_that_of_the_preview_and_is_refused(admin_client):
    preview = upload(admin_client, "name\nCooking\n")
    sent = preview.context["confirm_form"].initial["import_file_name"]

    forged = confirm(admin_client, preview, import_file_name=f"x{sent}")
    confirm(admin_client, preview, format="x", resource="7")

    assert "This is not the file of the preview." in forged.content.decode()
    assert list(Category.objects.values_list("name", flat=True)) == ["Cooking"]


def test_import_that_fails_midway_leaves_nothing(admin_client):
    preview = upload(admin_client, "name\nCooking\nDesign\n")

    def fail(**kwargs):
        raise ZeroDivisionError

    changed_by_admin.connect(fail, sender=Category)
    try:
        with pytest.raises(ZeroDivisionError):
            confirm(admin_client, preview)
    finally:
        changed_by_admin.disconnect(fail, sender=Category)

    assert not Category.objects.exists()
    assert not LogEntry.objects.exists()


def test_import_of_the_most_rows_takes_few_queries_for_each(admin_client):
    CategoryFactory.create_batch(50)
    text = "name\n" + "".join(f"work {number}\n" for number in range(transfer.MAX_ROWS))
    few = upload(admin_client, text[:800])
    with CaptureQueriesContext(connection) as queries:
        confirm(admin_client, few)

    confirm(admin_client, upload(admin_client, text))

    added = few.context["result"].total_rows
    assert len(queries) <= 12 * added
    assert Category.objects.filter(name__startswith="work ").count() >= transfer.MAX_ROWS


def test_import_renames_a_category_of_many_jobs(admin_client, django_capture_on_commit_callbacks):
    category = CategoryFactory(name="Design")
    JobFactory.create_batch(25, category=category)

    confirm(admin_client, upload(admin_client, "name\nDESIGN\n"))

    assert Renaming.objects.get().renamed == category.pk


def test_formulas_are_texts_in_the_export_and_come_back_unchanged(admin_client):
    names = {"=1+1", "+44", "-x", "@SUM(A1)", "'=quoted", "'plain", "\uff1dwide", "Fine = good"}
    for name in names:
        CategoryFactory(name=name, description="=HYPERLINK(1)")

    response = admin_client.get(reverse("admin:jobs_category_export"))
    rows = export(admin_client, "jobs_category")
    preview = upload(admin_client, response.content)

    assert {row["name"] for row in rows} == {
        *("'=1+1", "'+44", "'-x", "'@SUM(A1)", "''=quoted", "'plain", "'\uff1dwide", "Fine = good")
    }
    assert {row["description"] for row in rows} == {"'=HYPERLINK(1)"}
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert preview.context["result"].totals == {"new": 0, "update": 0, "delete": 0, "skip": 8, "error": 0, "invalid": 0}
    assert errors(preview) == {}


def test_export_follows_filters_and_search_with_constant_queries(admin_client):
    JobFactory(title="Pastry Chef", closed=True)
    chef = JobFactory(title="Pastry Chef", employer__company_name="Golden Crust", description="Secret sauce")
    with CaptureQueriesContext(connection) as few:
        rows = export(admin_client, "jobs_job", "?state=open&q=pastry")
    JobFactory.create_batch(5, title="Pastry Chef")

    with CaptureQueriesContext(connection) as more:
        assert len(export(admin_client, "jobs_job", "?state=open&q=pastry")) == 6

    assert rows == [
        {
            "job_id": str(chef.pk),
            "title": "Pastry Chef",
            "company": "Golden Crust",
            "city": chef.location.city,
            "state": chef.location.state,
            "country": chef.location.country,
            "category": chef.category.name,
            "job_type": chef.job_type,
            "workplace": "onsite",
            "salary_range": chef.salary_range,
            "posted_at": f"{chef.posted_at:%Y-%m-%dT%H:%M:%SZ}",
            "expires_at": f"{chef.expires_at:%Y-%m-%dT%H:%M:%SZ}",
            "is_open": ANY,
        }
    ]
    assert len(few) == len(more)


def test_counts_by_day_are_exported(admin_client):
    counted = AnalyticsFactory(views=7, applications=2, job__title="Chef", job__employer__company_name="Crust")

    assert export(admin_client, "analytics_analytics") == [
        {
            "date": str(counted.date),
            "job": str(counted.job_id),
            "title": "Chef",
            "company": "Crust",
            "views": "7",
            "applications": "2",
        }
    ]


def test_export_of_too_many_rows_is_refused_in_words(admin_client, monkeypatch):
    monkeypatch.setattr(transfer, "MAX_EXPORTED", 2)
    JobFactory.create_batch(3, title="Cook")

    page = admin_client.get(reverse("admin:jobs_job_export"), {"q": "cook"}, follow=True)

    assert "More than 2 rows are not exported at once: filter the list." in page.content.decode()
    assert page.redirect_chain == [(f"{reverse('admin:jobs_job_changelist')}?q=cook", 302)]


@pytest.mark.parametrize("words", ["cook", "crust@"])
def test_export_has_more_rows_than_the_list_shows(admin_client, monkeypatch, words):
    monkeypatch.setattr("anywork.admin.MAX_LISTED", 2)
    JobFactory.create_batch(3, title="Cook", employer=EmployerFactory(user__email="crust@example.org"))

    listed = admin_client.get(reverse("admin:jobs_job_changelist"), {"q": words})

    assert listed.context["cl"].result_count == 2
    assert len(export(admin_client, "jobs_job", f"?q={words}")) == 3


def test_export_by_a_filter_that_is_none_shows_the_list(admin_client):
    response = admin_client.get(reverse("admin:jobs_job_export"), {"posted_at__gte": "never"})

    assert response.url == f"{reverse('admin:jobs_job_changelist')}?e=1"


EDITOR = ("view_category", "add_category", "change_category")


@pytest.mark.parametrize(
    ("permissions", "can_import", "can_export"),
    [
        (("view_category",), False, False),
        (EDITOR, False, False),
        ((*EDITOR, "import_category"), True, False),
        (("view_category", "change_category", "import_category"), False, False),
        (("view_category", "export_category"), False, True),
        (("import_category", "export_category"), False, False),
    ],
)
def test_import_and_export_have_permissions_of_their_own(db, permissions, can_import, can_export):
    client = staff(*permissions)
    listed = client.get(reverse("admin:jobs_category_changelist")).content.decode()
    importing, exporting = (reverse(f"admin:jobs_category_{page}") for page in ("import", "export"))

    assert client.get(importing).status_code == (200 if can_import else 403)
    assert client.post(reverse("admin:jobs_category_process_import")).status_code == (200 if can_import else 403)
    assert client.get(exporting).status_code == (200 if can_export else 403)
    assert (importing in listed, exporting in listed) == (can_import, can_export)
