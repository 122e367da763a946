"""Guessing passwords: the rule of the back-off, at the API and at the admin site."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.account_links import password_reset_tokens
from accounts.backoff import closure, sweep_failures
from accounts.models import AccountFailures, AuditEvent, SignInFailures
from accounts.tests.factories import PASSWORD, AdminFactory, JobSeekerFactory
from accounts.tests.test_login import CountingHasher
from anywork.testing.concurrency import at_once
from notifications.models import OutgoingEmail

URL = "/api/auth/login/"
EMAIL = "ben@example.org"
ELSEWHERE = "203.0.113.7"


@pytest.fixture
def ben(db):
    return JobSeekerFactory(user__email=EMAIL).user


@pytest.fixture
def login(anonymous):
    """Return a function that tries a password and returns the response."""

    def attempt(password="wrong-horse-42", email=EMAIL, address="198.51.100.1", **headers):
        return anonymous.post(URL, {"email": email, "password": password}, REMOTE_ADDR=address, **headers)

    return attempt


def fail(login, times, **who):
    return [login(**who).status_code for _ in range(times)]


def let_time_pass(**duration):
    SignInFailures.objects.update(
        closed_until=F("closed_until") - timedelta(**duration), last_at=F("last_at") - timedelta(**duration)
    )


class TestClosing:
    @pytest.mark.parametrize("email", [EMAIL, "ghost@example.org"])
    def test_guesser_is_shut_out_after_ten_failures(self, login, ben, email):
        assert fail(login, 10, email=email) == [401] * 10

        response = login(email=email)

        assert response.status_code == 429
        assert response.json()["code"] == "too_many_failures"
        assert response.json()["message"] == "Too many failed attempts to log in. Please try again in 60 seconds."
        assert 58 <= int(response.headers["Retry-After"]) <= 60

    def test_right_password_does_not_open_what_is_closed(self, login, ben):
        fail(login, 10)

        assert login(PASSWORD).status_code == 429

    def test_guess_at_what_is_closed_costs_no_hash(self, login, ben, settings):
        fail(login, 10)
        settings.PASSWORD_HASHERS = ["accounts.tests.test_login.CountingHasher"]
        CountingHasher.count = 0

        assert login(PASSWORD).status_code == 429
        assert login(email="new@example.org").status_code == 401
        assert CountingHasher.count == 1

    def test_owner_at_another_address_is_not_locked_out(self, login, ben):
        fail(login, 11)

        assert login(PASSWORD, address=ELSEWHERE).status_code == 200
        assert login(PASSWORD).status_code == 429

    def test_guesser_of_one_account_may_sign_in_to_another(self, login, ben):
        JobSeekerFactory(user__email="ada@example.org")
        fail(login, 11)

        assert login(PASSWORD, email="ada@example.org").status_code == 200

    def test_spellings_of_an_address_count_together(self, login, ben):
        spellings = [EMAIL, EMAIL.upper(), f" {EMAIL} "]

        assert [login(email=spellings[n % 3]).status_code for n in range(11)] == [401] * 10 + [429]

    def test_guesser_cannot_change_address_by_a_header(self, login, ben):
        statuses = [login(HTTP_X_FORWARDED_FOR=f"203.0.113.{n}").status_code for n in range(11)]

        assert statuses == [401] * 10 + [429]

    def test_guesser_cannot_change_address_within_an_ipv6_network(self, login, ben):
        statuses = [login(address=f"2001:db8:1:2::{n}").status_code for n in range(11)]

        assert statuses == [401] * 10 + [429]

    def test_closures_double_up_to_an_hour(self, login, ben):
        fail(login, 10)
        waits = []
        for _ in range(8):
            waits.append(int(login().headers["Retry-After"]))
            let_time_pass(hours=1)
            assert login().status_code == 401

        assert waits == pytest.approx([60, 120, 240, 480, 960, 1920, 3600, 3600], abs=2)

    def test_attempts_while_closed_do_not_count(self, login, ben):
        fail(login, 10)
        assert fail(login, 20) == [429] * 20
        let_time_pass(seconds=61)

        assert login(PASSWORD).status_code == 200

    def test_still_closed_a_second_before_the_end(self, login, ben):
        fail(login, 10)
        let_time_pass(seconds=55)
        assert login(PASSWORD).status_code == 429

        let_time_pass(seconds=6)
        assert login(PASSWORD).status_code == 200

    def test_success_resets(self, login, ben):
        assert fail(login, 9) == [401] * 9
        assert login(PASSWORD).status_code == 200

        assert fail(login, 11) == [401] * 10 + [429]

    def test_success_after_closures_resets_them_too(self, login, ben):
        fail(login, 10)
        let_time_pass(minutes=2)
        login()
        let_time_pass(minutes=3)
        assert login(PASSWORD).status_code == 200

        fail(login, 10)
        assert 58 <= int(login().headers["Retry-After"]) <= 60

    def test_incomplete_requests_do_not_count(self, anonymous, login, ben):
        for _ in range(12):
            assert anonymous.post(URL, {"email": EMAIL}, REMOTE_ADDR="198.51.100.1").status_code == 400

        assert login(PASSWORD).status_code == 200

    @pytest.mark.parametrize(("failures", "minutes"), [(10, 1), (11, 2), (15, 32), (16, 60), (10_000_000, 60)])
    def test_closure_is_bounded(self, failures, minutes):
        assert closure(failures) == timedelta(minutes=minutes)


@pytest.mark.django_db(transaction=True)
class TestConcurrency:
    def test_thirty_guesses_at_once_are_ten_guesses(self, login):
        JobSeekerFactory(user__email=EMAIL)

        responses = at_once(*[lambda: login().status_code] * 30)

        assert sorted(responses) == [401] * 10 + [429] * 20
        assert SignInFailures.objects.get().failures == 10

    def test_first_failures_at_once_are_all_counted(self, login):
        responses = at_once(*[lambda: login(email="ghost@example.org").status_code] * 8)

        assert responses == [401] * 8
        assert SignInFailures.objects.get().failures == 8

    def test_owner_signs_in_eight_times_at_once(self, login):
        JobSeekerFactory(user__email=EMAIL)

        assert at_once(*[lambda: login(PASSWORD).status_code] * 8) == [200] * 8


class TestTraces:
    def test_neither_account_nor_address_is_kept_in_the_clear(self, login, db):
        login(email="ghost@example.org")

        row = str(SignInFailures.objects.values().get())
        assert "ghost" not in row
        assert "198.51" not in row
        event = str(AuditEvent.objects.values().get())
        assert "ghost" not in event
        assert "198.51.100.1" not in event

    def test_pairs_are_forgotten_after_a_day(self, login, ben):
        fail(login, 10)
        let_time_pass(hours=23)
        assert sweep_failures(until=0) == 0
        let_time_pass(hours=2)

        assert sweep_failures(until=0) == 1
        assert fail(login, 10) == [401] * 10


class TestAdminSite:
    LOGIN = "/admin/login/"

    def test_guesser_at_the_admin_site_is_shut_out_and_told_for_how_long(self, client, db):
        AdminFactory(email=EMAIL)
        form = {"username": EMAIL, "password": "wrong-horse-42"}
        for _ in range(10):
            assert "correct" in client.post(self.LOGIN, form).content.decode()

        page = client.post(self.LOGIN, {**form, "password": PASSWORD})

        assert page.status_code == 200
        assert "Please try again in 60 seconds." in page.content.decode()
        assert "_auth_user_id" not in client.session
        assert client.post(self.LOGIN, {**form, "password": PASSWORD}, REMOTE_ADDR=ELSEWHERE).status_code == 302

    def test_failures_at_api_and_admin_site_count_together(self, client, login, db):
        AdminFactory(email=EMAIL)
        fail(login, 10, address="127.0.0.1")

        page = client.post(self.LOGIN, {"username": EMAIL, "password": PASSWORD})

        assert "Too many failed attempts" in page.content.decode()


def test_closure_begins_now(login, ben):
    fail(login, 10)

    closed_until = SignInFailures.objects.get().closed_until
    assert closed_until is not None
    assert timedelta(seconds=58) < closed_until - timezone.now() <= timedelta(seconds=60)


@pytest.mark.slow
class TestAccountsThatAreGuessedAtFromEverywhere:
    """A hundred failures within an hour close an account to unknown networks."""

    def guess(self, login, times, email="ben@example.org"):
        """Guess from one address after another."""
        return [login("wrong", email=email, address=f"198.51.{n // 250}.{n % 250}").status_code for n in range(times)]

    @pytest.mark.parametrize("email", ["ben@example.org", "unknown@example.org"])
    def test_guessers_at_many_addresses_are_shut_out(self, login, ben, email):
        assert self.guess(login, 100, email) == [401] * 100

        response = login("wrong", email=email, address="203.0.113.9")

        assert (response.status_code, response.json()["code"]) == (429, "too_many_failures")
        assert 3_500 < int(response.headers["Retry-After"]) <= 3_600

    def test_right_password_opens_it_from_a_network_that_signed_in_before(self, login, ben):
        assert login(PASSWORD, address="203.0.113.9").status_code == 200
        self.guess(login, 100)

        assert login(PASSWORD, address="203.0.113.77").status_code == 200
        assert login(PASSWORD, address="203.0.114.9").status_code == 429

    def test_ipv6_networks_are_known_by_48_bits(self, login, ben):
        assert login(PASSWORD, address="2001:db8:1:2::3").status_code == 200
        self.guess(login, 100)

        assert login(PASSWORD, address="2001:db8:1:ffff::9").status_code == 200
        assert login(PASSWORD, address="2001:db8:2::9").status_code == 429

    def test_it_opens_when_fewer_lie_in_the_last_hour(self, login, ben):
        self.guess(login, 100)
        account = AccountFailures.objects.get()
        account.recent[0] -= timedelta(hours=1)
        account.save()

        assert login(PASSWORD, address="203.0.113.9").status_code == 200

    def test_successes_do_not_count(self, login, ben):
        self.guess(login, 99)
        for _ in range(5):
            assert login(PASSWORD, address="203.0.113.9").status_code == 200

        assert len(AccountFailures.objects.get().recent) == 99

    def test_password_set_by_mail_opens_it_at_once(self, login, ben, anonymous):
        self.guess(login, 100)
        link = {"uid": str(ben.pk), "token": password_reset_tokens.make_token(ben)}

        confirmed = anonymous.post("/api/auth/password/reset/confirm/", {**link, "new_password": "another-horse-43"})

        assert confirmed.status_code == 200
        assert login("another-horse-43", address="203.0.113.9").status_code == 200

    def test_owner_is_told_once_a_day(self, login, ben):
        self.guess(login, 100)
        AccountFailures.objects.all().delete()
        self.guess(login, 101)

        mail = OutgoingEmail.objects.get()
        assert (mail.kind, mail.to) == ("sign_in_failures", ben.email)

    def test_row_is_bounded_and_swept(self, login, ben):
        login(PASSWORD, address="203.0.113.9")
        self.guess(login, 100)
        for _ in range(8):
            login("wrong", address="203.0.113.10")
        assert len(AccountFailures.objects.get().recent) == 100
        AccountFailures.objects.update(last_at=timezone.now() - timedelta(hours=25))

        sweep_failures(until=0)

        assert not AccountFailures.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_guesses_at_the_same_moment_are_all_counted(self, login):
        JobSeekerFactory(user__email="ben@example.org")
        at_once(*[lambda n=n: login("wrong", address=f"198.51.100.{n}") for n in range(20)])

        assert len(AccountFailures.objects.get().recent) == 20
