"""First page of the admin site: is all well today?"""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import AuditEventFactory, UserFactory
from anywork.figures import DAYS
from anywork.models import DailyFigure
from anywork.tasks import record_figures
from applications.models import Application
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from notifications.tests.factories import OutgoingEmailFactory
from resumes.models import Resume
from resumes.tests.factories import ResumeFactory

NAMES = {
    *("New users", "Failed logins", "Open jobs", "Applications", "Undecided for 14 days"),
    *("Storage of resumes", "Emails due", "Oldest due", "Emails given up"),
}
# Of them, those that count rows of a day.
WITH_PAST = {"New users", "Failed logins", "Applications"}


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def index(client):
    return client.get(reverse("admin:index"))


def cards(client):
    return {card.name: card for card in index(client).context["cards"]}


def values(client):
    return {name: card.words for name, card in cards(client).items()}


@pytest.fixture
def busy_site(admin_user):
    """Rows behind each figure, and others that do not count."""
    User.objects.update(created_at=days_ago(40))
    AuditEventFactory(kind="sign_in_failed")
    AuditEventFactory(kind="sign_in")
    old, young = ApplicationFactory.create_batch(2)
    decided = ApplicationFactory(status="rejected")
    Application.objects.filter(pk__in=[old.pk, decided.pk]).update(applied_at=days_ago(15))
    JobFactory(is_active=False)
    Resume.objects.update(size=None)
    Resume.objects.filter(pk=young.resume_id).update(size=1_500_000)
    OutgoingEmailFactory(state="dead")
    OutgoingEmailFactory(state="sent")
    OutgoingEmailFactory(state="retry", next_attempt_at=timezone.now() - timedelta(minutes=1))
    OutgoingEmailFactory(state="retry", next_attempt_at=timezone.now() + timedelta(minutes=1))
    User.objects.exclude(pk=admin_user.pk).update(created_at=timezone.now())


def test_figures_are_those_of_the_rows(admin_client, busy_site):
    shown = values(admin_client)

    assert set(shown) == NAMES
    assert shown["New users"] == f"{User.objects.count() - 1}"
    assert shown["Failed logins"] == "1"
    assert shown["Open jobs"] == "3"
    assert shown["Applications"] == "1"
    assert shown["Undecided for 14 days"] == "1"
    assert shown["Storage of resumes"] == "1.4\xa0MB"
    assert shown["Emails due"] == "1"
    assert shown["Oldest due"].startswith("0:01:0")
    assert shown["Emails given up"] == "1"


def test_every_figure_links_to_its_rows(admin_client, busy_site):
    for name, card in cards(admin_client).items():
        listed = admin_client.get(card.url).context["cl"].result_count
        expected = {"Oldest due": 1, "Storage of resumes": Resume.objects.count()}.get(name)
        assert listed == (expected or int(card.words)), name


@pytest.mark.parametrize("name", ["Failed logins", "Emails given up", "Open jobs"])
def test_filter_of_a_linked_list_is_selected(admin_client, busy_site, name):
    changelist = admin_client.get(cards(admin_client)[name].url).context["cl"]
    choices = list(changelist.filter_specs[0].choices(changelist))

    assert not choices[0]["selected"]
    assert sum(bool(choice["selected"]) for choice in choices) == 1


def test_page_says_what_needs_attention(admin_client, admin_user):
    assert "All is well" in index(admin_client).content.decode()

    OutgoingEmailFactory(state="dead")
    OutgoingEmailFactory(state="queued", next_attempt_at=timezone.now() - timedelta(minutes=6))

    assert {name for name, card in cards(admin_client).items() if card.is_worry} == {"Emails given up", "Oldest due"}
    page = index(admin_client).content.decode()
    assert "All is well" not in page
    assert "Needs attention:" in page


def test_figures_of_the_past_are_recorded_once_and_forgotten_later(admin_client, busy_site):
    Application.objects.update(applied_at=days_ago(1))
    DailyFigure.objects.create(name="Applications", day=days_ago(DAYS).date(), value=7)
    record_figures()
    Application.objects.all()[0].delete()
    Application.objects.filter(pk=Application.objects.all()[0].pk).update(applied_at=days_ago(2))
    record_figures()

    rows = DailyFigure.objects.filter(name="Applications")
    assert rows.count() == DAYS
    assert rows.get(day=days_ago(1).date()).value == 1
    # Recorded when there was none.
    assert rows.get(day=days_ago(2).date()).value == 0
    assert set(DailyFigure.objects.filter(day=timezone.now().date()).values_list("name", flat=True)) == NAMES
    assert set(DailyFigure.objects.filter(day=days_ago(3).date()).values_list("name", flat=True)) == WITH_PAST
    assert cards(admin_client)["Applications"].yesterday == "1"


def test_slow_figures_are_those_of_the_last_record(admin_client, busy_site):
    record_figures()
    JobFactory()
    OutgoingEmailFactory(state="dead")

    with CaptureQueriesContext(connection) as queries:
        shown = values(admin_client)

    assert (shown["Open jobs"], shown["Emails given up"]) == ("3", "2")
    assert not any("SUM" in query["sql"] for query in queries)
    assert len(queries) <= 14
    assert cards(admin_client)["Open jobs"].recorded_at == DailyFigure.objects.get(name="Open jobs").recorded_at


def test_slow_figures_after_midnight_are_those_of_yesterday(admin_client, busy_site):
    record_figures()
    DailyFigure.objects.exclude(name__in=WITH_PAST).update(day=days_ago(1).date(), recorded_at=days_ago(1))
    JobFactory()

    with CaptureQueriesContext(connection) as queries:
        card = cards(admin_client)["Open jobs"]

    assert card.words == card.yesterday == "3"
    assert card.recorded_at == DailyFigure.objects.get(name="Open jobs").recorded_at
    assert not any("SUM" in query["sql"] for query in queries)


def test_chart_has_a_bar_and_a_row_for_each_day(admin_client, busy_site):
    day = days_ago(4).date()
    DailyFigure.objects.create(name="Applications", day=day, value=4)
    bars = {bar.day: bar for bar in cards(admin_client)["Applications"].bars}
    page = index(admin_client).content.decode()

    assert len(bars) == DAYS
    assert (bars[day].y, bars[day].height) == (0, 60)
    assert bars[timezone.now().date()].height == 15
    assert f"<title>{day:%-d %b %Y}: 4</title>" in page
    assert f"<tr><td>{day:%-d %b %Y}</td><td>4</td></tr>" in page
    assert "style=" not in page


@pytest.mark.parametrize(
    ("permission", "names"),
    [
        ("view_job", {"Open jobs"}),
        ("view_outgoingemail", {"Emails due", "Oldest due", "Emails given up"}),
        (None, set()),
    ],
)
def test_staff_sees_the_figures_of_rows_that_it_may_view(db, permission, names):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename=permission))
    client = Client()
    client.force_login(user)
    ResumeFactory()

    with CaptureQueriesContext(connection) as queries:
        assert set(values(client)) == names
    assert not any("resumes_resume" in query["sql"] for query in queries)
