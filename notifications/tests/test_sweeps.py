"""What is deleted or blanked with time."""

import math
from datetime import timedelta

import pytest
from django.utils import timezone

from anywork.api.batches import sweep
from notifications.mail.outbox import blank_old_bodies
from notifications.models import Notification, OutgoingEmail
from notifications.tasks import sweep_mail_bodies
from notifications.tests.factories import NotificationFactory, OutgoingEmailFactory


def ago(days):
    return timezone.now() - timedelta(days=days)


def test_sweep_ends_at_its_time_and_goes_on_with_the_next_run(db):
    OutgoingEmailFactory.create_batch(7, state="sent", sent_at=ago(31))
    young = OutgoingEmailFactory(state="sent", sent_at=ago(29))

    # The time is over from the start: one batch of three each.
    assert [blank_old_bodies(until=0, batch_size=3) for _ in range(4)] == [3, 3, 1, 0]

    assert list(OutgoingEmail.objects.exclude(text="")) == [young]


def test_sweep_with_time_left_takes_all_batches(db, django_assert_num_queries):
    OutgoingEmailFactory.create_batch(7, state="sent", sent_at=ago(31))

    # A savepoint, its end, the keys and a deletion for each of three batches.
    with django_assert_num_queries(12):
        assert sweep(OutgoingEmail.objects.all(), until=math.inf, batch_size=3) == 7

    assert not OutgoingEmail.objects.exists()


def test_sent_and_skipped_emails_go_after_a_year_and_others_stay(db):
    for state in ("sent", "skipped", "dead", "held", "queued"):
        OutgoingEmailFactory(state=state, created_at=ago(366), sent_at=ago(366))
        OutgoingEmailFactory(state=state, created_at=ago(364), sent_at=ago(364))

    sweep_mail_bodies()

    left = sorted(OutgoingEmail.objects.filter(created_at__lt=ago(365)).values_list("state", flat=True))
    assert left == ["dead", "held", "queued"]
    assert OutgoingEmail.objects.filter(created_at__gt=ago(365)).count() == 5


@pytest.mark.parametrize(("days", "number"), [(0, 3), (60, 2)])
def test_read_notifications_go_only_if_their_days_are_set(db, settings, days, number):
    settings.NOTIFICATION_DAYS = days
    for is_read, age in [(True, 61), (True, 59), (False, 61)]:
        NotificationFactory(is_read=is_read, created_at=ago(age))

    sweep_mail_bodies()

    assert Notification.objects.count() == number
    assert Notification.objects.filter(is_read=False).count() == 1
