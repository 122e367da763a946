"""What holds for the admin pages of every model; each app tests what is particular to its own."""

import re
from typing import Any

import httpx
import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import (
    AccountFailures,
    AuditEvent,
    BlockedEmployer,
    EmailChange,
    Employer,
    JobSeeker,
    MutedEmployer,
    RecoveryCode,
    RefreshTokenUse,
    Session,
    SignInFailures,
    Skill,
    TermsAcceptance,
    User,
)
from accounts.tests.factories import AuditEventFactory, EmployerFactory, JobSeekerFactory, SkillFactory, UserFactory
from accounts.tokens import open_session
from analytics.models import Analytics
from analytics.tests.factories import AnalyticsFactory
from anywork.admin import MAX_NAMED
from applications.models import (
    Application,
    ApplicationEvent,
    Assessment,
    JobClosing,
    Note,
    Posting,
    Question,
    StatusChange,
)
from applications.tests.factories import ApplicationFactory
from jobs.models import (
    Category,
    ChangeCounter,
    CurrencyRate,
    Job,
    JobChange,
    JobSkill,
    Location,
    Renaming,
    SalaryRecalculation,
    Suggestion,
    Synonym,
)
from jobs.saving.models import SavedJob, SavedSearch, SearchRun
from jobs.tests.factories import (
    CategoryFactory,
    CurrencyRateFactory,
    JobFactory,
    LocationFactory,
    SavedSearchFactory,
    SynonymFactory,
)
from notifications.models import Notification, NotificationPreference, OutgoingEmail, ToldJob
from notifications.tests.factories import NotificationFactory, NotificationPreferenceFactory, OutgoingEmailFactory
from resumes.models import Resume, ResumeAccess, SweepPause
from resumes.tests.factories import ResumeFactory

APPS = ("accounts", "analytics", "applications", "jobs", "notifications", "resumes")

# The first twelve belong to an application, a job or a job seeker; the next says nothing that its session does not; the
# next three are hashes; the last two are kept by triggers for programs alone.
WITHOUT_PAGE = {
    StatusChange,
    ApplicationEvent,
    Posting,
    Question,
    Note,
    Assessment,
    JobClosing,
    JobChange,
    SavedJob,
    SearchRun,
    # Shown by /readyz, ended by a command.
    SweepPause,
    ToldJob,
    JobSkill,
    RefreshTokenUse,
    RecoveryCode,
    SignInFailures,
    AccountFailures,
    EmailChange,
    ResumeAccess,
    ChangeCounter,
    SalaryRecalculation,
    Suggestion,
}

# Profiles without a name, which are called by the address of their user: one query more each, if it is not joined.
MAKE_ROW: dict[Any, Any] = {
    Analytics: AnalyticsFactory,
    Application: lambda: ApplicationFactory(job_seeker__first_name="", job_seeker__last_name=""),
    AuditEvent: AuditEventFactory,
    BlockedEmployer: lambda: BlockedEmployer.objects.create(job_seeker=JobSeekerFactory(), employer=EmployerFactory()),
    Category: CategoryFactory,
    CurrencyRate: CurrencyRateFactory,
    Employer: lambda: EmployerFactory(company_name=""),
    Job: lambda: JobFactory(employer__company_name=""),
    JobSeeker: lambda: JobSeekerFactory(first_name="", last_name=""),
    Location: LocationFactory,
    MutedEmployer: lambda: MutedEmployer.objects.create(job_seeker=JobSeekerFactory(), employer=EmployerFactory()),
    Notification: NotificationFactory,
    NotificationPreference: NotificationPreferenceFactory,
    OutgoingEmail: OutgoingEmailFactory,
    TermsAcceptance: lambda: TermsAcceptance.objects.create(user=UserFactory(), version="2030-01"),
    Renaming: lambda: Renaming.objects.create(relation="employer", renamed=EmployerFactory().pk),
    Resume: ResumeFactory,
    SavedSearch: SavedSearchFactory,
    Session: lambda: open_session(UserFactory()),
    Skill: SkillFactory,
    Synonym: SynonymFactory,
    User: UserFactory,
}
MADE_BY_HAND = {Category, CurrencyRate, Job, Location, Notification, Synonym, User}
DELETED_BY_HAND = {Category, CurrencyRate, Job, Location, Notification, Resume, Skill, Synonym, User}
# Of what happened: changing it would lie.
RECORDS = {
    Analytics,
    Application,
    AuditEvent,
    BlockedEmployer,
    MutedEmployer,
    NotificationPreference,
    OutgoingEmail,
    Renaming,
    Resume,
    SavedSearch,
    Session,
    Skill,
    TermsAcceptance,
}
# What one chooses by searching, and where.
CHOSEN = {
    Category: (Job, "category"),
    Employer: (Job, "employer"),
    Location: (Job, "location"),
    User: (Notification, "user"),
}

MOST_QUERIES = 10

every_model = pytest.mark.parametrize("model", MAKE_ROW, ids=lambda model: model.__name__)


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def queries_of(client, address):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(queries)


def make_rows(model, number):
    for _ in range(number):
        MAKE_ROW[model]()


def assert_constant_queries(client, model, address):
    make_rows(model, 2)
    few = queries_of(client, address)
    make_rows(model, 10)
    assert queries_of(client, address) == few <= MOST_QUERIES


def test_every_model_has_a_page():
    models = {model for app in APPS for model in apps.get_app_config(app).get_models()}
    assert set(MAKE_ROW) == models - WITHOUT_PAGE
    assert set(MAKE_ROW) <= set(admin.site._registry)


def test_admin_sees_whose_site_it_is(admin_client):
    page = admin_client.get(reverse("admin:index")).content.decode()
    assert "<title>Administration | AnyWork</title>" in page
    assert '<a href="http://localhost:3000">View site</a>' in page


@every_model
def test_admin_list_has_constant_queries(admin_client, model):
    assert_constant_queries(admin_client, model, url(model, "changelist"))
    assert admin_client.get(url(model, "changelist")).context["cl"].result_count >= 12


@every_model
def test_admin_searches_with_constant_queries(admin_client, model):
    assert_constant_queries(admin_client, model, f"{url(model, 'changelist')}?q=o")


@every_model
def test_admin_filters_without_a_query_for_each_choice(admin_client, model):
    few = queries_of(admin_client, url(model, "changelist"))
    make_rows(model, 3)

    changelist = admin_client.get(url(model, "changelist")).context["cl"]

    assert changelist.date_hierarchy is None
    assert "Show counts" not in admin_client.get(url(model, "changelist")).content.decode()
    for spec in changelist.filter_specs:
        assert len(list(spec.choices(changelist))) < 30
        for choice in spec.choices(changelist):
            assert queries_of(admin_client, url(model, "changelist") + choice["query_string"]) <= few


@every_model
def test_admin_sorts_by_no_column_without_an_index(admin_client, model):
    make_rows(model, 3)
    listed = admin_client.get(url(model, "changelist")).context["cl"]

    for column in range(len(listed.list_display)):
        sorted_list = admin_client.get(url(model, "changelist"), {"o": f"-{column}"}).context["cl"]
        assert list(sorted_list.result_list) == list(listed.result_list)


@every_model
@pytest.mark.parametrize("words", ["12345678-aaaa-bbbb-cccc-1234567890ab", 'not, a key ] %_ \\ "open', "\x00"])
def test_admin_may_search_for_anything(admin_client, model, words):
    make_rows(model, 1)
    assert admin_client.get(url(model, "changelist"), {"q": words}).status_code == 200


@every_model
def test_admin_filters_by_a_value_that_the_database_refuses(admin_client, model):
    address = url(model, "changelist")
    for spec in admin_client.get(address).context["cl"].filter_specs:
        for name in spec.expected_parameters():
            response = admin_client.get(address, {name: ["a\0b", ""]})
            assert (response.status_code, response.get("Location")) == (302, f"{address}?e=1")


@every_model
def test_admin_finds_a_row_by_its_words_alone(admin_client, model):
    make_rows(model, 2)
    response = admin_client.get(url(model, "changelist"), {"q": "no row holds these words"})
    assert response.context["cl"].result_count == 0


@every_model
def test_admin_filters(admin_client, model):
    make_rows(model, 3)
    changelist = admin_client.get(url(model, "changelist")).context["cl"]
    for spec in changelist.filter_specs:
        for choice in spec.choices(changelist):
            assert admin_client.get(url(model, "changelist") + choice["query_string"]).status_code == 200


@every_model
def test_admin_opens_a_row_with_constant_queries(admin_client, model):
    make_rows(model, 1)
    address = url(model, "change", model._default_manager.order_by("pk").first().pk)
    admin_client.get(address)  # The first one also asks for the content type, which is kept in memory.
    few = queries_of(admin_client, address)
    make_rows(model, 5)
    assert queries_of(admin_client, address) == few <= MOST_QUERIES


@every_model
def test_admin_adds_by_hand_only_what_people_make(admin_client, model):
    response = admin_client.get(url(model, "add"))
    assert response.status_code == (200 if model in MADE_BY_HAND else 403)


@every_model
def test_admin_deletes_by_hand_only_what_nobody_needs_again(admin_client, model):
    make_rows(model, 1)
    response = admin_client.get(url(model, "delete", model._default_manager.first().pk))
    assert response.status_code == (200 if model in DELETED_BY_HAND else 403)


@pytest.mark.parametrize("model", sorted(RECORDS, key=str), ids=lambda model: model.__name__)
def test_admin_changes_no_record(admin_client, model):
    make_rows(model, 1)
    assert admin_client.post(url(model, "change", model._default_manager.first().pk)).status_code == 403


@pytest.mark.parametrize("model", CHOSEN, ids=lambda model: model.__name__)
def test_admin_chooses_by_search_with_constant_queries(admin_client, model):
    source, field = CHOSEN[model]
    query = f"app_label={source._meta.app_label}&model_name={source._meta.model_name}&field_name={field}&term="
    assert_constant_queries(admin_client, model, f"{reverse('admin:autocomplete')}?{query}")
    assert admin_client.get(f"{reverse('admin:autocomplete')}?{query}a%00b").json()["results"] == []


@pytest.mark.parametrize("model", CHOSEN, ids=lambda model: model.__name__)
def test_admin_chooses_what_is_no_key(admin_client, model):
    source, field = CHOSEN[model]

    response = admin_client.post(url(source, "add"), {field: "x"})

    assert "valid" in str(response.context["adminform"].form.errors[field])
    assert admin_client.get(url(source, "add"), {field: "x", "expires_at": "x"}).status_code == 200


@every_model
def test_employer_is_sent_to_the_login(client, db, model):
    client.force_login(EmployerFactory().user)
    response = client.get(url(model, "changelist"))
    assert response.status_code == 302
    assert response.url.startswith(reverse("admin:login"))


def test_browser_finds_the_icon_of_the_admin_site(live_server: Any) -> None:
    page = httpx.get(live_server.url + reverse("admin:login")).text

    [icon] = re.findall('<link rel="icon" href="([^"]+)">', page)
    response = httpx.get(live_server.url + icon)

    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/svg+xml")


def test_list_is_not_counted_to_its_end(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anywork.admin.MAX_LISTED", 150)
    User.objects.bulk_create(User(email=f"{number}@example.org") for number in range(170))

    with CaptureQueriesContext(connection) as captured:
        page = admin_client.get(reverse("admin:accounts_user_changelist"))

    assert page.context["cl"].result_count == 150
    assert [query["sql"] for query in captured if "COUNT(*)" in query["sql"] and "LIMIT 150" not in query["sql"]] == []


def test_admin_finds_a_person_by_words_of_several_columns(admin_client):
    person = ada()
    JobSeekerFactory(first_name="Ada", last_name="Byron", user__email="ab@example.org")
    address = url(JobSeeker, "changelist")

    def found(words):
        return list(admin_client.get(address, {"q": words}).context["cl"].result_list)

    assert found("lovelace ada") == found("lace ada@") == found(str(person.pk)) == found(str(person.pk)[:9]) == [person]
    assert len(found("ada")) == 2
    assert found("ad") == []
    assert "Letters of email, first name, last name, user id; 3 or more." in admin_client.get(address).content.decode()


def test_search_is_among_the_filtered_rows_and_newest_first(admin_client, monkeypatch):
    monkeypatch.setattr("anywork.admin.MAX_LISTED", 2)
    user = UserFactory(email="ada@example.org")
    blocked, *others = [
        AuditEventFactory(user=user, kind=kind) for kind in ("blocked", "sign_in", "sign_in", "sign_in")
    ]
    address = url(AuditEvent, "changelist")

    listed = admin_client.get(address, {"q": "ada@", "kind__exact": "blocked"}).context["cl"].result_list
    newest = admin_client.get(address, {"q": "ada@"}).context["cl"].result_list

    assert list(listed) == [blocked]
    assert list(newest) == others[:0:-1]


def ada():
    return JobSeekerFactory(first_name="Ada", last_name="Lovelace", user__email="ada@example.org")


@pytest.mark.parametrize(
    ("make", "heading"),
    [
        (
            lambda: Session.objects.create(user=ada().user, device="Firefox on Linux"),
            "Firefox on Linux, ada@example.org",
        ),
        (lambda: ApplicationFactory(job__title="Cook", job_seeker=ada()), "Ada Lovelace: Cook"),
        (lambda: ResumeFactory(file_name="cv.pdf", job_seeker=ada()), "cv.pdf, Ada Lovelace"),
        (lambda: NotificationFactory(user=ada().user), "To ada@example.org"),
        (lambda: OutgoingEmailFactory(subject="Good news", to="ada@example.org"), "Good news, to ada@example.org"),
    ],
    ids=["session", "application", "resume", "notification", "email"],
)
def test_page_of_a_row_is_headed_by_names_and_says_utc(admin_client, make, heading):
    row = make()
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])

    page = admin_client.get(url).content.decode()

    assert f"<h2>{heading}</h2>" in page
    assert re.search(r"\d{1,2} [A-Z][a-z]{2} 20\d\d, \d\d:\d\d UTC", page)
    # Neither in the path to the page.
    assert str(row.pk) not in page[page.index('<div class="breadcrumbs">') :].partition("</div>")[0]


class TestConfirmedActions:
    """Actions of lists and pages, by that which closes jobs."""

    URL = "/admin/jobs/job/"

    @staticmethod
    def act(client, *jobs, **values):
        chosen = {"action": "take_down", "_selected_action": [job.pk for job in jobs], **values}
        return client.post(TestConfirmedActions.URL, chosen)

    def test_tell_the_consequences_and_change_nothing(self, admin_client):
        jobs = [JobFactory(title=f"Plumber <{number}>") for number in range(3)]

        page = self.act(admin_client, *jobs).content.decode()

        assert "The owner gets a notification and an email with your reason" in page
        assert "<h2>3 jobs</h2>" in page
        assert all(f"<li>Plumber &lt;{number}&gt;</li>" in page for number in range(3))
        assert Job.objects.filter(is_active=True).count() == 3

    def test_need_the_reason_that_they_ask_for(self, admin_client):
        job = JobFactory()

        page = self.act(admin_client, job, confirmed="on", reason=" ").content.decode()

        assert "This field is required." in page
        assert Job.objects.get().is_active

    def test_name_the_first_rows_of_many(self, admin_client):
        jobs = JobFactory.create_batch(MAX_NAMED + 2)

        page = self.act(admin_client, *jobs).content.decode()

        assert page.count(f"<li>{jobs[0].title[:4]}") <= MAX_NAMED
        assert "<li>and 2 more</li>" in page

    def test_are_done_with_what_the_page_sends(self, admin_client):
        """The fields of the confirmation select the same rows, also those of other pages of the list."""
        JobFactory.create_batch(3)
        response = self.act(admin_client, Job.objects.first(), select_across="1")
        fields = {**dict(response.context["fields"]), "confirmed": "True", "reason": "Fraud"}

        response = admin_client.post(self.URL, fields, follow=True)

        assert "3 closed." in response.content.decode()
        assert not Job.objects.filter(is_active=True).exists()

    @pytest.mark.parametrize("across", ["1", "true"])
    def test_take_a_bounded_number_of_rows(self, admin_client, monkeypatch, across):
        monkeypatch.setattr("anywork.admin.MAX_ACTED", 2)
        jobs = JobFactory.create_batch(3)

        response = self.act(admin_client, jobs[0], select_across=across, confirmed="on", reason="Fraud")

        assert "Select at most 2 rows at once" in admin_client.get(response.url).content.decode()
        assert Job.objects.filter(is_active=True).count() == 3

    @pytest.mark.parametrize("key", ["", "x", "\x00", "0", "//example.org"])
    def test_refuse_what_is_no_key(self, admin_client, key):
        JobFactory()
        chosen = {"action": "take_down", "_selected_action": key, "select_across": "1", "from_page": "on"}

        response = admin_client.post(self.URL, {**chosen, "confirmed": "on", "reason": "Fraud"}, follow=True)

        assert "A selected row does not exist." in response.content.decode()
        assert Job.objects.get().is_active

    def test_are_offered_on_the_page_of_a_row_to_which_they_return(self, admin_client):
        job = JobFactory()
        page = reverse("admin:jobs_job_change", args=[job.pk])
        assert admin_client.get(page).context["object_actions"] == [("take_down", "Close")]

        response = self.act(admin_client, job, from_page="on", confirmed="on", reason="Fraud")

        assert response.url == page
        assert admin_client.get(page).context["object_actions"] == [("open_again", "Open again")]

    def test_are_not_offered_without_the_permission(self, client, db):
        user = UserFactory(is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename="view_job"))
        client.force_login(user)
        job = JobFactory()

        page = client.get(reverse("admin:jobs_job_change", args=[job.pk]))
        self.act(client, job, confirmed="on", reason="Fraud")

        assert page.context["object_actions"] == []
        assert Job.objects.get().is_active


@pytest.mark.parametrize("model", [Application, JobSeeker, OutgoingEmail, User])
def test_page_of_a_row_posts_its_actions(admin_client, model):
    MAKE_ROW[model]()
    row = model._default_manager.order_by("-pk").exclude(pk=admin_client.session["_auth_user_id"]).first()

    actions = admin_client.get(url(model, "change", row.pk)).context["object_actions"]

    assert bool(actions) == (model is not JobSeeker)
    for name, _ in actions:
        asked = admin_client.post(url(model, "changelist"), {"action": name, "_selected_action": [row.pk]})
        assert asked.status_code == 200, name
        assert asked.context["number"] == 1, name
