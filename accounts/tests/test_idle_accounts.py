"""Erasure of unused accounts: who is asked, who is erased, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AuditEvent, Session, User
from accounts.retention import erase_idle_accounts
from accounts.services import block_account, unblock_account
from accounts.tasks import erase_idle_accounts as task
from accounts.tasks import sweep_sign_ins
from accounts.tests.factories import (
    PASSWORD,
    AdminFactory,
    AuditEventFactory,
    EmployerFactory,
    JobSeekerFactory,
    UserFactory,
)
from accounts.tokens import open_session
from anywork.api.dates import months_before
from anywork.testing.concurrency import at_once
from anywork.tests.test_export import export, told
from applications.services import revoke_application
from applications.tests.factories import ApplicationFactory
from jobs.models import Job
from jobs.tests.factories import JobFactory
from notifications.models import OutgoingEmail

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
CREATED = datetime(2031, 3, 30, 12, tzinfo=UTC)
# Six months later.
IDLE = datetime(2031, 9, 30, 12, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch, settings):
    """Return a function that sets the time."""
    settings.RETENTION_MONTHS = 6

    def set_clock(now):
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)

    set_clock(IDLE)
    return set_clock


def aged(person, created_at=CREATED):
    user = getattr(person, "user", person)
    User.objects.filter(pk=user.pk).update(created_at=created_at, last_login=None)
    return user


def run():
    erase_idle_accounts(seconds=60)


def asked():
    return sorted(OutgoingEmail.objects.filter(kind="account_idle").values_list("to", flat=True))


def deliver(at):
    OutgoingEmail.objects.filter(kind="account_idle").update(state="sent", sent_at=at)


@pytest.mark.parametrize("person", [JobSeekerFactory, EmployerFactory, UserFactory])
def test_owner_is_asked_once_and_the_account_erased_30_days_later(clock, person):
    user = aged(person())
    clock(IDLE - SECOND)
    run()
    assert asked() == []

    clock(IDLE)
    run()
    run()

    mail = OutgoingEmail.objects.get()
    assert (mail.to, mail.subject) == (user.email, "Log in to keep your account")
    assert "Log in before 30 October 2031 to keep it." in mail.text
    assert "not used for 6 months" in mail.html
    assert user.email not in mail.text
    deliver(IDLE)
    clock(IDLE + 30 * DAY - SECOND)
    run()
    assert User.objects.filter(pk=user.pk).exists()

    clock(IDLE + 30 * DAY)
    run()
    assert not User.objects.exists()
    assert not OutgoingEmail.objects.exists()
    assert AuditEvent.objects.get(kind="account_erased").user is None


def test_without_the_setting_none_is_asked(clock, settings):
    settings.RETENTION_MONTHS = 0
    aged(JobSeekerFactory(), datetime(2001, 1, 1, tzinfo=UTC))

    task()

    assert asked() == []
    assert User.objects.count() == 1


def test_owner_is_asked_again_after_a_time_without_the_setting(clock, settings):
    aged(JobSeekerFactory())
    run()
    deliver(IDLE)
    settings.RETENTION_MONTHS = 0
    run()
    settings.RETENTION_MONTHS = 6
    clock(IDLE + 400 * DAY)

    run()

    assert (len(asked()), User.objects.count()) == (2, 1)


def used_session(user, at):
    Session.objects.create(user=user, last_used_at=at)


def swept_session(user, at):
    Session.objects.create(user=user, last_used_at=at)
    Session.objects.create(user=user, last_used_at=at - DAY)
    sweep_sign_ins()
    assert not Session.objects.exists()


def admin_login(user, at):
    User.objects.filter(pk=user.pk).update(last_login=at)


def audited_login(user, at):
    event = AuditEventFactory(user=user, kind="sign_in", subject="google")
    AuditEvent.objects.filter(pk=event.pk).update(at=at)


@pytest.mark.parametrize("use", [used_session, swept_session, admin_login, audited_login])
@pytest.mark.parametrize(("after", "number"), [(SECOND, 0), (timedelta(), 1)])
def test_only_a_use_within_the_months_keeps_an_account(clock, use, after, number):
    user = aged(JobSeekerFactory(), datetime(2031, 1, 1, tzinfo=UTC))
    clock(datetime(2031, 9, 15, 12, tzinfo=UTC))
    use(user, datetime(2031, 3, 15, 12, tzinfo=UTC) + after)

    run()

    assert len(asked()) == number


def test_later_of_the_swept_uses_stays(clock):
    user = aged(JobSeekerFactory())
    User.objects.update(last_seen_at=CREATED + 3 * DAY)

    swept_session(user, CREATED + 2 * DAY)
    assert User.objects.get().last_seen_at == CREATED + 3 * DAY
    swept_session(user, CREATED + 4 * DAY)
    assert User.objects.get().last_seen_at == CREATED + 4 * DAY


@pytest.mark.parametrize("grant", ["is_staff", "is_superuser"])
def test_administrators_are_never_asked(clock, grant):
    aged(AdminFactory(is_staff=grant == "is_staff", is_superuser=grant == "is_superuser"))

    run()

    assert asked() == []


def test_one_who_becomes_an_administrator_is_not_erased(clock):
    user = aged(JobSeekerFactory())
    run()
    deliver(IDLE)
    User.objects.update(is_staff=True)
    clock(IDLE + 40 * DAY)

    run()

    assert User.objects.filter(pk=user.pk).exists()


def test_login_keeps_the_account_and_it_is_asked_for_again_when_it_is_unused(clock):
    user = aged(UserFactory(role="job_seeker"))
    run()
    deliver(IDLE)
    clock(IDLE + 29 * DAY)

    used_session(user, IDLE + 29 * DAY)
    clock(IDLE + 31 * DAY)
    run()

    assert User.objects.get().asked_at is None
    clock(IDLE + 400 * DAY)
    sweep_sign_ins()
    run()
    assert len(asked()) == 2
    run()
    assert User.objects.filter(pk=user.pk).exists()


def test_blocked_user_is_neither_asked_nor_erased_until_a_month_after_a_new_question(clock):
    user = aged(JobSeekerFactory())
    block_account(user=user)
    run()
    assert asked() == []
    unblock_account(user=user)
    run()
    deliver(IDLE)
    block_account(user=user)
    clock(IDLE + 40 * DAY)
    run()
    assert User.objects.get().asked_at is None

    unblock_account(user=user)
    run()

    assert len(asked()) == 2
    assert User.objects.filter(pk=user.pk).exists()


@pytest.mark.parametrize(
    ("job", "number"), [({}, 0), ({"draft": True}, 1), ({"closed": True}, 1), ({"is_active": False}, 1)], ids=str
)
def test_open_job_keeps_the_account_of_its_employer(clock, job, number):
    employer = EmployerFactory()
    JobFactory(employer=employer, **job)
    aged(employer)

    run()

    assert len(asked()) == number


def test_scheduled_job_keeps_the_account_of_its_employer(clock):
    employer = EmployerFactory()
    job = JobFactory(employer=employer, draft=True)
    Job.objects.filter(pk=job.pk).update(inactive_state="scheduled", publish_at=IDLE)
    aged(employer)

    run()

    assert asked() == []


@pytest.mark.parametrize(
    ("status", "number"), [("pending", 0), ("reviewed", 0), ("accepted", 0), ("rejected", 1), ("withdrawn", 1)]
)
def test_live_application_keeps_the_account_of_its_applicant(clock, status, number):
    application = ApplicationFactory(status=status)
    aged(application.job_seeker)
    aged(application.job.employer, IDLE)

    run()

    assert len(asked()) == number


def test_accepted_application_keeps_the_account_until_it_is_revoked(clock):
    application = ApplicationFactory(status="accepted")
    user = aged(application.job_seeker)
    aged(application.job.employer, IDLE)
    revoke_application(application_id=application.pk, actor=user)

    run()

    assert asked() == [user.email]


def test_account_waits_until_its_email_has_been_there_for_30_days(clock):
    user = aged(JobSeekerFactory())
    run()
    mail = OutgoingEmail.objects.filter(kind="account_idle")

    clock(IDLE + 40 * DAY)
    mail.update(last_error="SMTPServerDisconnected")
    for state in ("queued", "sending", "retry", "held", "dead"):
        mail.update(state=state)
        run()
        assert User.objects.filter(pk=user.pk).exists(), state
    mail.update(state="sent", sent_at=IDLE + 40 * DAY)
    clock(IDLE + 70 * DAY - SECOND)
    run()
    assert User.objects.filter(pk=user.pk).exists()

    clock(IDLE + 70 * DAY)
    run()

    assert not User.objects.exists()


def test_account_whose_address_refuses_mail_is_erased(clock):
    aged(JobSeekerFactory())
    run()
    OutgoingEmail.objects.update(state="dead", last_error="SMTPRecipientsRefused 550")
    clock(IDLE + 30 * DAY)

    run()

    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_ask_each_owner_once_and_erase_each_account_once(clock):
    users = [aged(UserFactory(role="job_seeker")) for _ in range(12)]

    at_once(run, run)

    assert asked() == sorted(user.email for user in users)
    deliver(IDLE)
    clock(IDLE + 30 * DAY)
    at_once(run, run)
    assert not User.objects.exists()
    assert AuditEvent.objects.filter(kind="account_erased").count() == 12


@pytest.mark.django_db(transaction=True)
def test_crash_in_the_middle_leaves_the_rest_to_the_next_run(clock, monkeypatch):
    users = [aged(UserFactory(role="job_seeker")) for _ in range(4)]
    calls = iter([False, True])
    create = OutgoingEmail.objects.bulk_create

    def crash(manager, *args, **kwargs):
        create(*args, **kwargs)
        if next(calls, False):
            raise KeyboardInterrupt

    monkeypatch.setattr(type(OutgoingEmail.objects), "bulk_create", crash)
    with pytest.raises(KeyboardInterrupt):
        run()
    # The second was rolled back with its email.
    assert (len(asked()), User.objects.exclude(asked_at=None).count()) == (1, 1)

    run()

    assert asked() == sorted(user.email for user in users)


def test_account_that_cannot_be_erased_does_not_keep_the_others(clock):
    users = [aged(UserFactory(role="job_seeker")) for _ in range(3)]
    run()
    deliver(IDLE)
    clock(IDLE + 30 * DAY)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("CREATE TABLE held (user_id uuid REFERENCES accounts_user)")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("INSERT INTO held VALUES (%s)", [users[1].pk])

    run()

    assert [user.pk for user in User.objects.all()] == [users[1].pk]


@pytest.mark.django_db(transaction=True)
def test_login_at_the_moment_of_the_erasure_is_either_seen_or_refused(settings):
    settings.RETENTION_MONTHS = 6
    now = timezone.now()
    user = aged(UserFactory(role="job_seeker"), now - 400 * DAY)
    User.objects.update(asked_at=now - 31 * DAY)

    def log_in():
        return APIClient().post("/api/auth/login/", {"email": user.email, "password": PASSWORD}).status_code

    status, _ = at_once(log_in, run)

    assert User.objects.filter(pk=user.pk).exists() is (status == 200)
    assert status in {200, 401, 409, 503}


def test_export_shows_when_the_owner_was_asked(clock):
    user = aged(JobSeekerFactory())
    run()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {open_session(user).access}")

    account = told(export(client), "account.json")["user"]
    assert (account["asked_at"], account["last_seen_at"]) == ("2031-09-30T12:00:00Z", None)


@pytest.mark.parametrize(
    ("moment", "months", "earlier"),
    [
        ("2031-03-31T12:00", 1, "2031-02-28T12:00"),
        ("2032-03-31T12:00", 1, "2032-02-29T12:00"),
        ("2031-01-15T00:00", 1, "2030-12-15T00:00"),
        ("2031-01-15T00:00", 12, "2030-01-15T00:00"),
        ("2031-12-15T00:00", 13, "2030-11-15T00:00"),
        ("2031-06-15T00:00", 1_200, "1931-06-15T00:00"),
    ],
)
def test_months_before(moment, months, earlier):
    assert months_before(datetime.fromisoformat(moment), months) == datetime.fromisoformat(earlier)
