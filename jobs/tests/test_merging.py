"""Merging a category or location into another."""

from functools import partial
from threading import Event
from time import sleep

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import AdminFactory, EmployerFactory
from anywork.testing.concurrency import at_once
from jobs import batches
from jobs.batches import merge, reindex_renamed_jobs
from jobs.models import Category, Job, Location, Renaming, Suggestion, Synonym
from jobs.searching.versions import current_version
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory, SynonymFactory

URL = "/api/jobs/"


@pytest.fixture
def few(monkeypatch):
    """Of a merge, only two jobs follow at once."""
    monkeypatch.setattr(batches, "REINDEXED_AT_ONCE", 2)


@pytest.fixture
def welding(db):
    return CategoryFactory(name="Welding")


@pytest.fixture
def joining(db):
    """Return a category with three jobs."""
    category = CategoryFactory(name="Zzjoining")
    JobFactory.create_batch(3, category=category)
    return category


def found(anonymous, **parameters):
    response = anonymous.get(URL, parameters)
    return 0 if "X-Did-You-Mean" in response.headers else response.json()["count"]


class TestMerge:
    def test_jobs_follow_with_their_words_and_the_row_is_gone(self, anonymous, joining, welding):
        JobFactory(category=welding)
        before = current_version()

        assert merge([joining], welding) == 1

        assert set(Job.objects.values_list("category", flat=True)) == {welding.pk}
        assert found(anonymous, search="welding") == found(anonymous, category="Welding") == 4
        assert anonymous.get(f"/api/categories/{joining.pk}/").status_code == 404
        assert current_version().everything != before.everything
        assert current_version().names != before.names
        assert not Renaming.objects.exists()

    def test_former_name_finds_all_jobs_of_the_other(self, anonymous, joining, welding):
        JobFactory(category=welding)
        assert (found(anonymous, search="zzjoining"), found(anonymous, category="zzjoining")) == (3, 3)

        merge([joining], welding)

        assert (found(anonymous, search="zzjoining"), found(anonymous, category="ZZJOINING")) == (4, 4)
        assert Synonym.objects.get(name="Zzjoining").meaning == "Welding"

    def test_former_names_of_a_row_that_was_merged_before_find_them_too(self, anonymous, joining, welding):
        merge([joining], welding)

        merge([welding], CategoryFactory(name="Metalwork"))

        assert found(anonymous, search="zzjoining") == found(anonymous, category="zzjoining") == 3
        assert found(anonymous, search="welding") == 3

    @pytest.mark.parametrize(
        ("former", "name"),
        [
            ("Zzjoining", "Zzjoíning"),
            ("Zzjoining", "zzjoining\u0301"),
            ("Kadıköy", "Kadiköy"),
            ("Kadiköy", "Kadıköy"),
            ("Zzstraße", "Zzstrasse"),
            ("Zzος", "Zzοσ"),
        ],
    )
    def test_name_that_differs_in_case_and_accents_is_no_synonym(self, db, former, name):
        before = Synonym.objects.count()

        assert merge([CategoryFactory(name=former)], CategoryFactory(name=name)) == 1

        assert Synonym.objects.count() == before

    def test_synonym_that_is_known_stays_one(self, joining, welding):
        SynonymFactory(name="welding", meaning="ZZJOINING")

        merge([joining], welding)

        assert Synonym.objects.filter(name__iexact="welding").count() == 1
        assert not Synonym.objects.filter(name__iexact="zzjoining").exists()

    def test_name_that_another_row_has_is_no_synonym(self, anonymous, db):
        old, new = (LocationFactory(city=city, state="Texas", country="USA") for city in ("Zzparis", "Zzdallas"))
        JobFactory(location=new)
        LocationFactory(city="ZZPÁRIS", state="", country="France")

        merge([old], new)

        assert found(anonymous, search="zzparis") == 0
        assert not Synonym.objects.filter(meaning="Zzdallas").exists()

    def test_name_that_only_rows_have_that_are_merged_too_is_a_synonym(self, few, db):
        olds = [LocationFactory(city="Zzparis", state=state, country="USA") for state in ("Texas", "Tex", "TX")]
        JobFactory.create_batch(3, location=olds[0])
        new = LocationFactory(city="Zzdallas", state="Texas", country="USA")

        assert merge(olds[:2], new) == 1
        merge(olds[2:], new)

        assert Synonym.objects.get(meaning="Zzdallas").name == "Zzparis"

    def test_synonym_of_the_former_name_does_not_follow(self, joining, welding):
        SynonymFactory(name="zzweld", meaning="Zzjoining")

        merge([joining], welding)

        assert list(Synonym.objects.filter(meaning="Welding").values_list("name", flat=True)) == ["Zzjoining"]

    def test_name_that_returns_after_a_merge_is_no_synonym_of_itself(self, db):
        other = CategoryFactory(name="Zzb")
        merge([CategoryFactory(name="Zza")], other)

        merge([other], CategoryFactory(name="ZZA"))

        assert [str(synonym) for synonym in Synonym.objects.filter(name__istartswith="zz")] == ["Zza = Zzb"]

    def test_number_of_queries_is_the_same_for_one_and_many(self, db):
        """Of locations with jobs, which take the most."""
        new = LocationFactory()
        counts = []
        for number in (1, 5):
            olds = LocationFactory.create_batch(number, country=new.country)
            for old in olds:
                JobFactory(location=old, salary_range="$50,000")
            with CaptureQueriesContext(connection) as queries:
                assert merge(olds, new, to_other_country=True) == number
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 25

    def test_jobs_follow_in_batches_and_then_the_row_is_deleted(self, anonymous, few, joining, welding):
        assert merge([joining], welding) == 0
        assert (found(anonymous, category="Zzjoining"), found(anonymous, category="Welding")) == (1, 2)
        assert Renaming.objects.get().into == welding.pk
        JobFactory(category=joining)

        reindex_renamed_jobs(seconds=0, batch_size=1)
        assert (found(anonymous, category="Zzjoining"), found(anonymous, category="Welding")) == (1, 3)
        reindex_renamed_jobs(seconds=60, batch_size=1)

        assert found(anonymous, search="welding") == 4
        assert list(Category.objects.all()) == [welding]
        assert not Renaming.objects.exists()

    def test_merging_again_goes_on(self, few, joining, welding):
        merge([joining], welding)

        assert merge([joining], welding) == 1

        assert Job.objects.filter(category=welding).count() == 3
        assert Synonym.objects.filter(name="Zzjoining").count() == 1

    def test_many_rows_share_what_is_moved_at_once(self, few, joining, welding):
        others = CategoryFactory.create_batch(2)

        assert merge([*others, joining], welding) == 2

        assert Job.objects.filter(category=welding).count() == 2
        assert set(Category.objects.all()) == {joining, welding}

    def test_row_that_others_are_being_merged_into_takes_them_along(self, few, joining, welding):
        merge([joining], welding)
        metalwork = CategoryFactory(name="Metalwork")

        merge([welding], metalwork)
        reindex_renamed_jobs(seconds=60)

        assert Job.objects.filter(category=metalwork).count() == 3
        assert list(Category.objects.all()) == [metalwork]

    def test_other_row_is_deleted_before_any_job_follows_and_the_row_stays(self, monkeypatch, joining, welding):
        monkeypatch.setattr(batches, "REINDEXED_AT_ONCE", 0)
        merge([joining], welding)
        welding.delete()

        reindex_renamed_jobs(seconds=60)

        assert Job.objects.filter(category=joining).count() == 3
        assert not Renaming.objects.exists()

    def test_row_cannot_be_merged_into_itself_nor_into_what_is_being_merged(self, few, joining, welding):
        metalwork = CategoryFactory(name="Metalwork")
        with pytest.raises(ValidationError, match="into itself"):
            merge([joining, welding], welding)
        merge([joining], welding)

        with pytest.raises(ValidationError, match="is being merged into another itself"):
            merge([metalwork], joining)
        with pytest.raises(ValidationError, match="is being merged into another already"):
            merge([joining], metalwork)
        Category.objects.filter(pk=metalwork.pk).delete()
        with pytest.raises(ValidationError, match="deleted at the same moment"):
            merge([welding], metalwork)
        assert Renaming.objects.get().into == welding.pk

    def test_words_and_place_of_the_row_are_suggested_no_more(self, db):
        old, new = LocationFactory(city="Zzold"), LocationFactory(city="Zznew")
        JobFactory(location=old)

        merge([old], new)

        assert not Suggestion.objects.filter(folded__contains="zzold").exists()
        assert Suggestion.objects.filter(folded__contains="zznew").count() == 2

    def test_former_city_finds_jobs_by_every_filter(self, anonymous, db):
        old, new = (LocationFactory(city=city, state="", country="Nigeria") for city in ("Zzold", "Zznew"))
        JobFactory(location=old)
        JobFactory(location=LocationFactory(city="Zznew", state="", country="Kenya"))

        merge([old], new)

        assert found(anonymous, search="zzold") == 2
        assert found(anonymous, search="zzold nigeria") == 1
        assert found(anonymous, city="zzold") == found(anonymous, location="Zzold") == 2
        assert found(anonymous, location="Zzold, Nigeria") == 1

    def test_other_country_must_be_confirmed_and_brings_its_currency(self, db):
        old, new = (LocationFactory(city="London", state="", country=name) for name in ("Canada", "England"))
        job = JobFactory(location=old, salary_range="$50,000")
        assert job.salary_currency == "CAD"
        with pytest.raises(ValidationError, match="in another country") as caught:
            merge([old], new)
        assert caught.value.code == "other_country"

        merge([old], new, to_other_country=True)

        job.refresh_from_db()
        assert (job.location, job.salary_currency) == (new, "USD")
        assert not Synonym.objects.filter(name="London").exists()

    def test_two_names_of_a_country_are_one(self, db):
        old, new = (LocationFactory(city="London", state=name, country=name) for name in ("England", "UK"))

        assert merge([old], new) == 1

    def test_place_without_a_city_is_no_synonym(self, db):
        merge([LocationFactory(city="")], LocationFactory(city="Zznew"))

        assert not Synonym.objects.filter(meaning="Zznew").exists()


@pytest.mark.django_db(transaction=True)
def test_employer_posts_into_a_row_while_it_is_merged(client_for):
    """The job either follows, or its employer is told to try again; no job is lost, and no request fails."""
    statuses = set()
    for _ in range(5):
        old, new = CategoryFactory(), CategoryFactory()
        job = JobFactory(category=old)
        client = client_for(job.employer.user)
        body = {
            "title": "Cook",
            "description": "Cooks.",
            "location": str(job.location_id),
            "category": str(old.pk),
            "job_type": "full-time",
            "expires_at": "2090-12-12",
        }

        response, _ = at_once(partial(client.post, URL, body), partial(merge, [old], new))
        reindex_renamed_jobs(seconds=60)

        statuses.add(response.status_code)
        assert not Category.objects.filter(pk=old.pk).exists()
        assert Job.objects.filter(category=new).count() == 1 + (response.status_code == 201)
        assert client.post(URL, body).status_code == 400
    assert statuses <= {201, 400, 409}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["task", "merge"])
def test_row_is_renamed_while_it_is_merged(caplog, few, other):
    """What changes a row locks it, and then its renaming; another merge waits for the row, the task skips it."""
    old, new = CategoryFactory(), CategoryFactory(name="Welding")
    JobFactory.create_batch(3, category=old)
    merge([old], new)
    is_locked, is_changed = Event(), Event()

    def rename():
        with transaction.atomic():
            Category.objects.select_for_update(no_key=True).get(pk=old.pk)
            is_locked.set()
            while not (is_changed.is_set() or is_waited_for()):
                is_changed.wait(timeout=0.01)
            Renaming.objects.update_or_create({"reached": None}, relation="category", renamed=old.pk)

    def change():
        is_locked.wait(timeout=30)
        reindex_renamed_jobs(seconds=60) if other == "task" else merge([old], new)
        is_changed.set()

    at_once(rename, change)

    assert not caplog.records
    assert Job.objects.filter(category=new).count() == 3 - (other == "task")
    reindex_renamed_jobs(seconds=60)
    assert list(Category.objects.all()) == [new]
    assert Job.objects.filter(category=new).count() == 3


def is_waited_for():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_second_merge_takes_along_what_the_first_is_still_merging(caplog, few):
    first, second, third = CategoryFactory(), CategoryFactory(), CategoryFactory()
    JobFactory.create_batch(3, category=first)
    is_merged, is_done = Event(), Event()

    def merge_first():
        with transaction.atomic():
            merge([first], second)
            is_merged.set()
            while not is_waited_for():
                sleep(0.01)

    def merge_second():
        is_merged.wait(timeout=30)
        try:
            merge([second], third)
        finally:
            is_done.set()

    def work():
        while not is_done.is_set():
            reindex_renamed_jobs(seconds=0, batch_size=1)

    at_once(merge_first, merge_second, work)
    reindex_renamed_jobs(seconds=60)

    assert not caplog.records
    assert list(Category.objects.all()) == [third]
    assert Job.objects.filter(category=third).count() == 3


@pytest.mark.django_db(transaction=True)
def test_task_leaves_a_row_to_which_a_job_is_being_posted(few):
    # Of other words than the posted job: two transactions that add one suggestion wait for each other.
    old, new = CategoryFactory(name="Old"), CategoryFactory(name="New")
    JobFactory.create_batch(2, category=old)
    values = {"employer": EmployerFactory(), "location": LocationFactory()}
    is_posted, is_merged = Event(), Event()

    def post():
        with transaction.atomic():
            JobFactory(category=old, **values)
            connection.check_constraints()  # as a commit does
            is_posted.set()
            is_merged.wait(timeout=30)

    def merge_meanwhile():
        is_posted.wait(timeout=30)
        gone = merge([old], new)
        reindex_renamed_jobs(seconds=60)
        is_merged.set()
        return gone

    assert at_once(post, merge_meanwhile) == [None, 0]
    assert Job.objects.filter(category=old).count() == 1
    reindex_renamed_jobs(seconds=60)
    assert list(Category.objects.all()) == [new]


class TestAdminAction:
    LISTS = {
        "category": reverse("admin:jobs_category_changelist"),
        "location": reverse("admin:jobs_location_changelist"),
    }

    def post(self, client, *losers, winner=None, **values):
        [relation] = {loser._meta.model_name for loser in losers}
        body = {"action": "merge_into", "_selected_action": [str(loser.pk) for loser in losers], **values}
        chosen = {"confirmed": "on", "winner": str(winner.pk)} if winner else {}
        return client.post(reverse(f"admin:jobs_{relation}_changelist"), {**body, **chosen}, follow=True)

    def test_admin_chooses_the_other_and_merges(self, admin_client, joining, welding):
        page = self.post(admin_client, joining)
        assert page.context["title"] == "Merge into another: are you sure?"
        assert "Searches for their names find the other name" in page.content.decode()
        assert "cannot be undone" in page.content.decode()
        assert "Also into another country" not in page.content.decode()
        assert Category.objects.count() == 2

        page = self.post(admin_client, joining, winner=welding)

        assert "1 of 1 merged into “Welding”." in page.content.decode()
        assert "in the background" not in page.content.decode()
        assert list(Category.objects.all()) == [welding]
        assert set(LogEntry.objects.values_list("object_id", "change_message")) == {
            (str(joining.pk), f"Merged into “Welding” ({welding.pk})."),
            (str(welding.pk), f"“Zzjoining” ({joining.pk}) was merged into it."),
        }

    def test_admin_merges_many_jobs_and_is_told_that_they_follow(self, admin_client, few, joining, welding):
        page = self.post(admin_client, joining, winner=welding).content.decode()

        assert "0 of 1 merged" in page
        assert "in the background" in page
        listed = admin_client.get(reverse("admin:jobs_renaming_changelist")).content.decode()
        assert reverse("admin:jobs_category_change", args=[welding.pk]) in listed

    def test_admin_merges_a_row_into_itself_and_chooses_again(self, admin_client, joining, welding):
        page = self.post(admin_client, joining, welding, winner=welding)

        assert page.context["form"].errors == {"winner": ["“Welding” cannot be merged into itself. Choose another."]}
        assert set(Category.objects.all()) == {joining, welding}
        assert not LogEntry.objects.exists()

    @pytest.mark.parametrize("key", ["", "x", "6fa459ea-ee8a-3ca4-894e-db77e160355e"])
    def test_admin_chooses_none(self, admin_client, joining, key):
        body = {"action": "merge_into", "_selected_action": [str(joining.pk)], "confirmed": "on", "winner": key}

        page = admin_client.post(reverse("admin:jobs_category_changelist"), body)

        assert list(page.context["form"].errors) == ["winner"]
        assert list(Category.objects.all()) == [joining]

    def test_admin_merges_a_place_into_another_country_after_a_warning(self, admin_client):
        old, new = (LocationFactory(city="Springfield", state="", country=name) for name in ("USA", "Canada"))

        page = self.post(admin_client, old, winner=new)
        assert page.context["form"].errors == {
            "to_other_country": ["“Springfield, USA” is in another country than “Springfield, Canada”."]
        }
        self.post(admin_client, old, winner=new, to_other_country="on")

        assert list(Location.objects.all()) == [new]

    def test_admin_merges_from_the_page_of_a_row_and_sees_the_list(self, admin_client, joining, welding):
        form = admin_client.get(reverse("admin:jobs_category_change", args=[joining.pk])).content.decode()
        assert "Merge into another" in form

        page = self.post(admin_client, joining, winner=welding, from_page="1")

        assert page.redirect_chain == [(reverse("admin:jobs_category_changelist"), 302)]
        assert "1 of 1 merged" in page.content.decode()

    def test_staff_without_the_permission_to_delete_is_not_offered_it(self, client, joining, welding):
        staff = AdminFactory(is_superuser=False)
        client.force_login(staff)

        assert self.post(client, joining, winner=welding).status_code == 403
        assert Category.objects.count() == 2
