"""Revoking of old applications: which, when, and after which notice."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from django.db import transaction
from django.db.models import F

from accounts.models import User
from accounts.services import block_account, unblock_account
from anywork.testing.concurrency import at_once, wait_until_waited_for
from anywork.tests.test_export import export, told
from applications.models import Application, ApplicationEvent, StatusChange
from applications.retention import revoke_old_applications
from applications.services import change_status, revoke_application
from applications.tasks import revoke_old_applications as task
from applications.tests.factories import ApplicationFactory, NoteFactory
from notifications.models import Notification, OutgoingEmail

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
TOLD = datetime(2031, 3, 15, 12, tzinfo=UTC)
# Six months after it, and the first midnight of the last 30 days before.
DUE = datetime(2031, 9, 15, 12, tzinfo=UTC)
NOTICE = datetime(2031, 8, 17, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch, settings):
    """Return a function that sets the time."""
    settings.RETENTION_MONTHS = 6

    def set_clock(now):
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)

    set_clock(NOTICE)
    return set_clock


def decided(status="rejected", at=TOLD, **values):
    application = ApplicationFactory(status=status, applied_at=at - DAY, **values)
    StatusChange.objects.create(application=application, from_status="pending", to_status=status, at=at)
    return application


def run():
    revoke_old_applications(seconds=60)


def revoked():
    return Application.objects.exclude(revoked_at=None).count()


def notices():
    """Return the subjects of the emails and the messages in the app."""
    emails = OutgoingEmail.objects.filter(kind="applications_expiring").order_by("created_at")
    messages = Notification.objects.filter(message__contains="decided long ago").order_by("created_at")
    assert emails.count() == messages.count()
    return list(emails.values_list("subject", flat=True))


ONE = "Employers will no longer see 1 application of yours"


@pytest.mark.parametrize("status", ["accepted", "rejected"])
def test_decided_application_is_revoked_30_days_after_one_notice(clock, status, seeker):
    application = decided(status, job_seeker=seeker.user.job_seeker)
    NoteFactory(application=application)
    clock(NOTICE - SECOND)
    run()
    assert notices() == []

    clock(NOTICE)
    run()
    run()

    assert notices() == [ONE]
    mail = OutgoingEmail.objects.get(kind="applications_expiring")
    assert mail.to == seeker.user.email
    assert "From 16 September 2031 on, 6 months or more after the decision, employers" in mail.text
    assert mail.text.startswith("Hello,\n"), "the address is not verified"
    assert Notification.objects.get().message == (
        "From 16 September 2031 on, employers will no longer see 1 application of yours that was decided long ago. "
        "You keep what you sent."
    )
    clock(NOTICE + 30 * DAY - SECOND)
    run()
    assert revoked() == 0

    clock(NOTICE + 30 * DAY)
    run()
    run()

    application.refresh_from_db()
    assert (application.status, application.revoked_at) == (status, NOTICE + 30 * DAY)
    assert application.cover_letter
    assert ApplicationEvent.objects.get().kind == "revoked"
    assert not application.notes.exists()
    assert notices() == [ONE]


def test_without_the_setting_nothing_is_revoked(clock, settings):
    settings.RETENTION_MONTHS = 0
    decided(at=datetime(2001, 1, 1, tzinfo=UTC))

    task()

    assert notices() == []
    assert Application.objects.filter(noticed_at=None, revoked_at=None).count() == 1


@pytest.mark.parametrize("status", ["pending", "reviewed", "withdrawn"])
def test_what_is_not_decided_stays(clock, status):
    decided(status)

    for days in range(0, 400, 20):
        clock(NOTICE + days * DAY)
        run()

    assert (notices(), revoked()) == ([], 0)


def test_old_decisions_are_revoked_only_after_a_notice(clock):
    decided(at=datetime(2001, 1, 1, tzinfo=UTC))
    clock(DUE)

    run()
    assert (notices(), revoked()) == ([ONE], 0)
    clock(DUE + 30 * DAY - SECOND)
    run()
    assert revoked() == 0
    clock(DUE + 30 * DAY)
    run()
    assert revoked() == 1


def test_notice_alone_revokes_nothing_before_the_time(clock, settings):
    decided()
    run()
    settings.RETENTION_MONTHS = 7
    clock(DUE + 20 * DAY)
    run()
    assert revoked() == 0

    settings.RETENTION_MONTHS = 6
    run()

    assert (notices(), revoked()) == ([ONE], 1)


def test_applicant_gets_one_notice_for_all_decisions_of_a_day(clock, seeker):
    seekers = {"job_seeker": seeker.user.job_seeker}
    for hour in range(3):
        decided(at=TOLD + hour * timedelta(hours=1), **seekers)
    decided(at=TOLD + DAY, **seekers)
    decided()

    for hour in range(24):
        clock(NOTICE + hour * timedelta(hours=1))
        run()

    assert sorted(notices()) == [ONE, "Employers will no longer see 3 applications of yours"]
    clock(NOTICE + DAY)
    run()
    assert Notification.objects.filter(user=seeker.user).count() == 2


def test_changed_decision_counts_from_the_change_and_needs_a_notice_of_its_own(clock):
    application = decided()
    run()
    clock(NOTICE + 10 * DAY)
    for status in ("reviewed", "accepted"):
        change_status(application_id=application.pk, actor=application.job.employer.user, status=status)
    StatusChange.objects.filter(to_status__in=("reviewed", "accepted")).update(at=NOTICE + 10 * DAY)

    clock(NOTICE + 100 * DAY)
    run()
    assert (len(notices()), revoked()) == (1, 0)
    clock(NOTICE + 10 * DAY + timedelta(days=184))
    run()
    assert (len(notices()), revoked()) == (2, 0)
    clock(NOTICE + 10 * DAY + timedelta(days=214))
    run()
    assert (len(notices()), revoked()) == (2, 1)


def test_held_rejection_counts_from_when_it_is_told(clock):
    application = decided(at=TOLD - DAY)
    StatusChange.objects.update(tell_at=TOLD)
    Application.objects.update(told_status="pending", tell_at=TOLD)

    clock(NOTICE - SECOND)
    run()
    assert notices() == []
    clock(NOTICE)
    run()
    assert notices() == [ONE]
    application.refresh_from_db()
    clock(NOTICE + 30 * DAY)
    run()
    assert revoked() == 1


def test_held_rejection_has_no_notice_before_it_is_told(clock, settings):
    settings.RETENTION_MONTHS = 1
    told_at = datetime(2031, 1, 31, 12, tzinfo=UTC)
    decided(at=told_at - DAY)
    StatusChange.objects.update(tell_at=told_at)
    Application.objects.update(told_status="pending", tell_at=told_at)

    # In 30 days it is March.
    clock(told_at - DAY)
    run()
    assert (notices(), Application.objects.get().noticed_at) == ([], None)
    clock(told_at)
    run()
    assert notices() == [ONE]


def test_applicant_who_revokes_after_the_notice_is_left_alone(clock):
    application = decided()
    run()
    clock(NOTICE + DAY)
    revoke_application(application_id=application.pk, actor=application.job_seeker.user)

    clock(NOTICE + 40 * DAY)
    run()

    assert Application.objects.get().revoked_at == NOTICE + DAY
    assert ApplicationEvent.objects.count() == 1


def test_blocked_applicant_gets_the_notice_once_unblocked(clock):
    user = decided().job_seeker.user
    block_account(user=user)
    clock(DUE + 100 * DAY)
    run()
    assert (notices(), revoked(), Application.objects.get().noticed_at) == ([], 0, None)

    unblock_account(user=user)
    run()

    assert (notices(), revoked()) == ([ONE], 0)


def test_application_without_an_applicant_has_nothing_to_revoke(clock):
    Application.objects.filter(pk=decided().pk).update(job_seeker=None)
    clock(DUE + 100 * DAY)

    run()

    assert (notices(), revoked()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_applicant_whose_account_is_being_erased_is_left_out_and_nothing_waits(clock):
    user = decided().job_seeker.user
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        at_once(run)
        assert notices() == []

    run()
    assert notices() == [ONE]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_give_each_notice_once(clock):
    for _ in range(8):
        application = decided()
        decided(job_seeker=application.job_seeker)

    at_once(run, run)

    assert notices() == ["Employers will no longer see 2 applications of yours"] * 8
    clock(NOTICE + 30 * DAY)
    at_once(run, run)
    assert revoked() == 16
    assert ApplicationEvent.objects.count() == 16


@pytest.mark.django_db(transaction=True)
def test_applicant_who_is_just_revoking_gets_no_notice_of_it(clock):
    application = decided()
    is_revoked = Event()

    def revoke():
        with transaction.atomic():
            revoke_application(application_id=application.pk, actor=application.job_seeker.user)
            is_revoked.set()
            wait_until_waited_for()

    def run_meanwhile():
        is_revoked.wait(timeout=20)
        run()

    at_once(revoke, run_meanwhile)

    assert notices() == []


@pytest.mark.django_db(transaction=True)
def test_crash_in_the_middle_leaves_the_rest_to_the_next_run(clock, monkeypatch):
    for _ in range(4):
        decided()
    calls = iter([False, True])
    create = OutgoingEmail.objects.bulk_create

    def crash(manager, *args, **kwargs):
        create(*args, **kwargs)
        if next(calls, False):
            raise KeyboardInterrupt

    monkeypatch.setattr(type(OutgoingEmail.objects), "bulk_create", crash)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert (len(notices()), Application.objects.exclude(noticed_at=None).count()) == (1, 1)

    run()

    assert notices() == [ONE] * 4


def test_export_shows_the_notice(clock, seeker):
    decided(job_seeker=seeker.user.job_seeker)
    run()

    [row] = told(export(seeker), "applications.json")

    assert (row["noticed_at"], row["terms_version"]) == ("2031-08-17T00:00:00Z", "")


@pytest.mark.parametrize("months", [1, 1200])
def test_shortest_and_longest_time(clock, settings, months):
    settings.RETENTION_MONTHS = months
    decided(at=NOTICE - DAY)
    clock(NOTICE + 29 * DAY)
    run()
    clock(NOTICE + 59 * DAY)
    run()

    assert revoked() == (months == 1)
    assert Application.objects.filter(applied_at__lt=F("revoked_at")).count() == revoked()
