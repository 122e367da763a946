from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.services import block_account, unblock_account
from accounts.tests.factories import EmployerFactory
from analytics.tests.factories import AnalyticsFactory
from applications.tests.factories import ApplicationFactory
from jobs.models import Category, Job, Location
from jobs.tests.factories import NO_SKILLS, CategoryFactory, JobFactory, LocationFactory, SavedSearchFactory
from notifications.models import Notification, OutgoingEmail

LIST = "admin:jobs_job_changelist"


def form(job, **fields):
    names = ("title", "description", "salary_range", "job_type")
    keys = {name: getattr(job, f"{name}_id") for name in ("employer", "location", "category")}
    expiry = {"expires_at_0": "2090-12-12", "expires_at_1": "00:00:00"}
    return {**{name: getattr(job, name) for name in names}, **keys, **expiry, **NO_SKILLS, "is_active": "on", **fields}


def test_admin_posts_a_job_for_an_employer(admin_client):
    draft = JobFactory.build(employer=EmployerFactory(), location=LocationFactory(), category=CategoryFactory())
    assert admin_client.post(reverse("admin:jobs_job_add"), form(draft)).status_code == 302
    job = Job.objects.get()
    assert job.employer == draft.employer
    # Midnight means the end of the day.
    assert job.closes_at == datetime(2090, 12, 13, tzinfo=UTC)


def test_admin_edits_a_job_but_not_its_employer(admin_client):
    job = JobFactory()
    values = form(job, title="Plumber", employer=EmployerFactory().pk)
    assert admin_client.post(reverse("admin:jobs_job_change", args=[job.pk]), values).status_code == 302
    assert (Job.objects.get().title, Job.objects.get().employer) == ("Plumber", job.employer)


def test_admin_reads_the_history_of_a_job(admin_client, client_for):
    job = JobFactory(title="Cook")
    address = reverse("admin:jobs_job_change", args=[job.pk])
    assert "by the employer" not in admin_client.get(address).content.decode()
    values = {"title": "Chef", "description": "Cook <well>."}
    assert client_for(job.employer.user).patch(f"/api/jobs/{job.pk}/", values).status_code == 200

    page = admin_client.get(address).content.decode()

    assert "UTC, by the employer: title Cook → Chef; description changed</p>" in page


def test_admin_deletes_a_job(admin_client):
    job = AnalyticsFactory().job
    page = reverse("admin:jobs_job_delete", args=[job.pk])
    assert f"{job.title} (if it has applications" in admin_client.get(page).content.decode()
    page = admin_client.post(page, {"post": "yes"}, follow=True).content.decode()
    assert "was deleted successfully" in page
    assert not Job.objects.exists()


def test_admin_deletes_a_job_with_applications_and_it_is_closed(admin_client):
    job = ApplicationFactory().job
    response = admin_client.post(reverse("admin:jobs_job_delete", args=[job.pk]), {"post": "yes"}, follow=True)
    page = response.content.decode()
    assert "Not deleted but closed, because it has applications." in page
    assert "was deleted successfully" not in page
    assert Job.objects.get().is_active is False
    history = admin_client.get(reverse("admin:jobs_job_history", args=[job.pk])).content.decode()
    assert "Not deleted but closed, because it has applications." in history


def test_admin_deletes_some_jobs_and_closes_others(admin_client):
    doomed, kept, other = JobFactory(), ApplicationFactory().job, JobFactory()
    values = {"action": "delete_selected", "_selected_action": [doomed.pk, kept.pk]}
    confirmation = admin_client.post(reverse(LIST), values)
    assert Job.objects.count() == 3
    assert kept.title in confirmation.content.decode()
    page = admin_client.post(reverse(LIST), {**values, "post": "yes"}, follow=True).content.decode()
    assert "1 of 2 deleted." in page
    assert f"“{kept.title}”: Not deleted but closed" in page
    assert set(Job.objects.values_list("pk", "is_active")) == {(kept.pk, False), (other.pk, True)}


@pytest.mark.parametrize("state", ["open", "expired", "closed"])
def test_admin_filters_jobs_by_state(admin_client, state):
    jobs = {"open": JobFactory(), "expired": JobFactory(expired=True), "closed": JobFactory(closed=True)}
    response = admin_client.get(reverse(LIST), {"state": state})
    assert list(response.context["cl"].result_list) == [jobs[state]]


@pytest.mark.parametrize("name", ["Design", "DESIGN", " design\u200b"])
def test_admin_adds_an_existing_category_and_gets_a_link_to_it(admin_client, name):
    existing = CategoryFactory(name="Design")

    response = admin_client.post(reverse("admin:jobs_category_add"), {"name": name, "description": ""})

    url = reverse("admin:jobs_category_change", args=[existing.pk])
    [error] = response.context["adminform"].form.errors["name"]
    assert error == f'This category exists already: <a href="{url}">Design</a>.'
    assert f'<a href="{url}">Design</a>' in response.content.decode()
    assert "jobs_category_unique_name" not in response.content.decode()
    assert Category.objects.get() == existing


def test_admin_renames_a_location_to_an_existing_one_and_gets_a_link_to_it(admin_client):
    existing, other = LocationFactory(city="<Lagos>", state="", country="Nigeria"), LocationFactory()

    response = admin_client.post(
        reverse("admin:jobs_location_change", args=[other.pk]), {"city": "<lagos>", "state": "", "country": "nigeria"}
    )

    url = reverse("admin:jobs_location_change", args=[existing.pk])
    assert response.context["adminform"].form.errors == {
        "city": [f'This location exists already: <a href="{url}">&lt;Lagos&gt;, Nigeria</a>.']
    }


def test_admin_sends_a_location_with_an_error_and_is_told_of_that_alone(admin_client):
    LocationFactory(city="X", state="", country="Y")

    response = admin_client.post(reverse("admin:jobs_location_add"), {"city": "X", "state": "s" * 300, "country": "Y"})

    assert list(response.context["adminform"].form.errors) == ["state"]


def test_admin_saves_a_category_as_it_is(admin_client):
    category = CategoryFactory(name="Design")

    admin_client.post(reverse("admin:jobs_category_change", args=[category.pk]), {"name": "Design", "description": "x"})

    assert Category.objects.get().description == "x"


def test_admin_sends_names_as_people_do_and_they_are_stored_as_by_the_api(admin_client):
    job, existing = JobFactory(), CategoryFactory(name="Caf\u00e9")

    admin_client.post(reverse("admin:jobs_job_change", args=[job.pk]), form(job, title="Chief\u200b  Engineer \u202e"))
    response = admin_client.post(reverse("admin:jobs_category_add"), {"name": "Cafe\u0301\u200b", "description": ""})

    assert Job.objects.get().title == "Chief Engineer"
    assert response.status_code == 200
    assert Category.objects.filter(name__startswith="Caf").get() == existing


def test_admin_changes_a_title_and_verbatim_texts_stay(admin_client):
    job = JobFactory(salary_range=" 80  k -  Cafe\u0301 ", description="   lead\n\nend")

    admin_client.post(
        reverse("admin:jobs_job_change", args=[job.pk]), form(job, title="Chief", description="   lead\r\n\r\nend")
    )

    job.refresh_from_db()
    assert (job.title, job.salary_range, job.description) == ("Chief", " 80  k -  Cafe\u0301 ", "   lead\n\nend")


def test_admin_sends_a_name_of_accents_and_is_refused(admin_client):
    response = admin_client.post(
        reverse("admin:jobs_category_add"), {"name": "e" + "\u0316\u0301" * 60_000, "description": ""}
    )

    assert "A letter may have at most 30 accents." in response.context["adminform"].form.errors["name"]


def test_admin_sends_a_title_that_shows_nothing_and_is_refused(admin_client):
    job = JobFactory()

    response = admin_client.post(reverse("admin:jobs_job_change", args=[job.pk]), form(job, title="\u200b\u2800"))

    assert "title" in response.context["adminform"].form.errors
    assert Job.objects.get().title == job.title


def test_admin_cannot_delete_a_category_in_use(admin_client):
    job = JobFactory()
    url = reverse("admin:jobs_category_delete", args=[job.category_id])

    # Thousands of jobs may use it.
    assert job.title not in admin_client.get(url).content.decode()
    page = admin_client.post(url, {"post": "yes"}, follow=True).content.decode()

    assert f"“{job.category}”: Not deleted but kept, because jobs use it." in page
    assert Category.objects.get() == job.category


def test_admin_deletes_unused_categories_of_one_user(admin_client, employer):
    for name in ("Spam", "More spam", "Gardening"):
        assert employer.post("/api/categories/", {"name": name}).status_code == 201
    used = JobFactory(category=Category.objects.get(name="Gardening")).category
    other = CategoryFactory()
    changelist = reverse("admin:jobs_category_changelist")

    page = admin_client.get(changelist, {"q": employer.user.email})
    added = {row.name: row.pk for row in page.context["cl"].queryset}
    assert set(added) == {"Spam", "More spam", "Gardening"}
    values = {"action": "delete_selected", "_selected_action": list(added.values()), "post": "yes"}
    page = admin_client.post(changelist, values, follow=True).content.decode()

    assert "2 of 3 deleted." in page
    assert "“Gardening”: Not deleted but kept, because jobs use it." in page
    assert set(Category.objects.all()) == {used, other}
    assert [row.pk for row in admin_client.get(changelist, {"use": "unused"}).context["cl"].queryset] == [other.pk]
    assert [row.pk for row in admin_client.get(changelist, {"use": "used"}).context["cl"].queryset] == [used.pk]


def test_category_outlives_the_account_that_created_it(admin_client, employer):
    assert employer.post("/api/categories/", {"name": "Gardening"}).status_code == 201
    assert Category.objects.get().created_by == employer.user

    employer.user.delete()

    assert Category.objects.get().created_by is None


def test_admin_is_recorded_as_the_creator(admin_client, admin_user):
    form_data = {"city": "Kano", "state": "", "country": "Nigeria"}
    assert admin_client.post(reverse("admin:jobs_location_add"), form_data).status_code == 302

    assert Location.objects.get().created_by == admin_user


@pytest.mark.parametrize(
    ("search", "titles"),
    [("pastry chefs", {"Pastry Chef"}), ("golden", {"Pastry Chef", "Waiter"}), ("boss@", {"Waiter"})],
)
def test_admin_finds_jobs_in_every_state_by_index(admin_client, search, titles):
    JobFactory(title="Pastry Chef", employer__company_name="Golden Crust", closed=True)
    JobFactory(title="Waiter", employer__company_name="Golden Crust", employer__user__email="boss@example.org")
    JobFactory(title="Pilot")

    with CaptureQueriesContext(connection) as captured:
        page = admin_client.get(reverse("admin:jobs_job_changelist"), {"q": search})

    assert {job.title for job in page.context["cl"].result_list} == titles
    assert not any('"title"' in query["sql"].partition("WHERE")[2].partition("ORDER BY")[0] for query in captured)


def test_admin_finds_a_job_by_its_key(admin_client):
    job, _ = JobFactory.create_batch(2)

    with CaptureQueriesContext(connection) as captured:
        page = admin_client.get(reverse("admin:jobs_job_changelist"), {"q": str(job.pk)})

    assert list(page.context["cl"].result_list) == [job]
    assert not any('"job_id"::text' in query["sql"] for query in captured)


def take_down(client, *jobs, reason="The pay is\nnot that of the posting."):
    values = {"action": "take_down", "confirmed": "on", "reason": reason}
    return client.post(reverse(LIST), {**values, "_selected_action": [job.pk for job in jobs]}, follow=True)


def test_admin_closes_a_job_and_its_owner_reads_why(admin_client, anonymous):
    job = JobFactory(title="Plumber", employer__company_name="Umbrella")
    closed = JobFactory(closed=True)

    page = take_down(admin_client, job, closed).content.decode()

    assert "1 closed." in page
    assert anonymous.get(f"/api/jobs/{job.pk}/").status_code == 404
    [notification] = Notification.objects.all()
    assert notification.user == job.employer.user
    assert notification.message == "We closed your job “Plumber”: The pay is\nnot that of the posting."
    [email] = OutgoingEmail.objects.all()
    assert (email.to, email.subject) == (job.employer.user.email, "Your job Plumber was closed")
    assert "Hello Umbrella," in email.text
    assert "The pay is\nnot that of the posting." in email.text
    assert "The pay is<br>not that of the posting." in email.html
    history = admin_client.get(reverse("admin:jobs_job_history", args=[job.pk])).content.decode()
    assert "Closed" in history
    assert "The pay is" not in history


def test_owner_opens_a_closed_job_again(admin_client, client_for):
    job = JobFactory()
    take_down(admin_client, job)

    answer = client_for(job.employer.user).post(f"/api/jobs/{job.pk}/relist/", {"expires_at": "2999-12-31"})

    assert (answer.status_code, answer.json()["is_active"]) == (200, True)
    take_down(admin_client, job)
    assert OutgoingEmail.objects.count() == 2


def test_job_closed_during_a_block_stays_closed(admin_client):
    job = JobFactory()
    block_account(user=job.employer.user)
    take_down(admin_client, job)
    unblock_account(user=job.employer.user)

    assert not Job.objects.get().is_active


def test_admin_opens_jobs_again_that_it_closed_by_mistake(admin_client):
    job, expired = JobFactory(), JobFactory(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    take_down(admin_client, job, expired)
    values = {"action": "open_again", "confirmed": "on", "_selected_action": [job.pk, expired.pk]}

    page = admin_client.post(reverse(LIST), values, follow=True).content.decode()

    assert "2 opened again." in page
    assert list(Job.objects.open()) == [job]


@pytest.mark.parametrize("model", ["category", "location"])
def test_admin_finds_short_names(admin_client, model):
    wanted = CategoryFactory(name="IT") if model == "category" else LocationFactory(city="Å")
    CategoryFactory(name="Care"), LocationFactory(city="Oslo")
    words = {"category": "it", "location": "å"}[model]

    page = admin_client.get(reverse(f"admin:jobs_{model}_changelist"), {"q": words})

    assert list(page.context["cl"].result_list) == [wanted]


def test_admin_reads_what_explains_an_alert(admin_client):
    search = SavedSearchFactory(query="city=lagos")

    page = admin_client.get(reverse("admin:jobs_savedsearch_change", args=[search.pk])).content.decode()

    for shown in ("city=lagos", "Told until", "Alert at"):
        assert shown in page
