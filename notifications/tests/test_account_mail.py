"""Mails about an account: links that work once, and news for its owner."""

import re
from datetime import timedelta
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.account_links import email_verification_tokens, password_reset_tokens
from accounts.models import AuditEvent, EmailChange, RefreshTokenUse, User
from accounts.services import block_account, log_in_with_google
from accounts.tasks import sweep_sign_ins
from accounts.tests.factories import PASSWORD, JobSeekerFactory, UserFactory
from accounts.tokens import open_session, refresh_session
from anywork.testing.concurrency import at_once
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory
from notifications.mail.delivery import deliver_next
from notifications.mail.one_time_links import LINK_PLACEHOLDER
from notifications.models import OutgoingEmail
from notifications.tests.factories import OutgoingEmailFactory
from resumes.tests.factories import ResumeFactory

RESET = "/api/auth/password/reset/"
RESET_CONFIRM = "/api/auth/password/reset/confirm/"
VERIFY = "/api/auth/email/verify/"
VERIFY_CONFIRM = "/api/auth/email/verify/confirm/"
CHANGE = "/api/auth/password/change/"
NEW_PASSWORD = "another-horse-43"


@pytest.fixture(autouse=True)
def _mailbox(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.FRONTEND_URL = "https://anywork.example"


@pytest.fixture
def ben(db):
    return JobSeekerFactory(user__email="ben@example.org").user


def deliver():
    """Deliver all due emails, and return them."""
    already = len(mail.outbox)
    while deliver_next():
        pass
    return mail.outbox[already:]


def link_in(message):
    """Return path and parameters of the link, which text and HTML both hold."""
    [url] = re.findall(r"https://anywork\.example/\S+", message.body)
    html = message.alternatives[0].content
    assert f'href="{url.replace("&", "&amp;")}"' in html
    assert LINK_PLACEHOLDER not in message.body + html
    parts = urlsplit(url)
    return parts.path, {key: value for key, [value] in parse_qs(parts.query).items()}


def asked_for_password_link(user):
    assert APIClient().post(RESET, {"email": user.email}).status_code == 200
    [message] = deliver()
    return link_in(message)[1]


def can_log_in(user, password):
    return APIClient().post("/api/auth/login/", {"email": user.email, "password": password}).status_code == 200


def assert_link_is_refused(response):
    assert response.status_code == 400, response.content
    assert response.json()["errors"] == {"token": ["This link was used already or has expired. Request another one."]}


class TestPasswordReset:
    def test_user_sets_a_password_by_the_link_and_is_logged_out_everywhere(self, ben, client_for):
        device = client_for(ben)
        response = APIClient().post(RESET, {"email": " Ben@Example.org "})
        [message] = deliver()
        path, link = link_in(message)

        done = APIClient().post(RESET_CONFIRM, {**link, "new_password": NEW_PASSWORD})

        assert response.json()["data"] == done.json()["data"] == {}
        assert (message.to, message.subject) == ([ben.email], "Set a new password")
        assert path == "/reset-password"
        assert done.status_code == 200
        assert can_log_in(ben, NEW_PASSWORD)
        assert not can_log_in(ben, PASSWORD)
        assert device.get("/api/auth/me/").status_code == 401
        ben.refresh_from_db()
        assert ben.email_verified_at is not None
        assert AuditEvent.objects.filter(kind="password_reset", user=ben).count() == 1
        [news] = deliver()
        assert (news.to, news.subject) == ([ben.email], "Your password was changed")

    def test_link_works_once(self, ben):
        link = asked_for_password_link(ben)
        APIClient().post(RESET_CONFIRM, {**link, "new_password": NEW_PASSWORD})

        assert_link_is_refused(APIClient().post(RESET_CONFIRM, {**link, "new_password": "third-horse-44"}))
        assert can_log_in(ben, NEW_PASSWORD)

    def test_weak_password_is_refused_and_the_link_still_works(self, ben):
        link = asked_for_password_link(ben)

        weak = APIClient().post(RESET_CONFIRM, {**link, "new_password": "12345678"})

        assert weak.status_code == 400
        assert list(weak.json()["errors"]) == ["new_password"]
        assert can_log_in(ben, PASSWORD)
        assert APIClient().post(RESET_CONFIRM, {**link, "new_password": NEW_PASSWORD}).status_code == 200

    def test_link_ends_with_a_change_of_the_password(self, ben, client_for):
        link = asked_for_password_link(ben)
        changed = client_for(ben).post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
        assert changed.status_code == 200

        assert_link_is_refused(APIClient().post(RESET_CONFIRM, {**link, "new_password": "third-horse-44"}))

    @pytest.mark.parametrize("change", [{"email": "other@example.org"}, {"is_active": False}])
    def test_link_ends_with_the_address_or_the_account(self, ben, change):
        link = asked_for_password_link(ben)
        User.objects.filter(pk=ben.pk).update(**change)

        assert_link_is_refused(APIClient().post(RESET_CONFIRM, {**link, "new_password": NEW_PASSWORD}))

    def test_link_expires_after_a_day(self, ben, monkeypatch, settings):
        link = asked_for_password_link(ben)
        assert settings.PASSWORD_RESET_TIMEOUT == 24 * 60 * 60
        now = password_reset_tokens._now()
        monkeypatch.setattr(password_reset_tokens, "_now", lambda: now + timedelta(days=1, minutes=1))

        assert_link_is_refused(APIClient().post(RESET_CONFIRM, {**link, "new_password": NEW_PASSWORD}))

    @pytest.mark.parametrize("token", ["x", "a-b", "d8xq2v-" + "0" * 32])
    def test_visitor_invents_a_link_and_is_refused(self, ben, token):
        body = {"uid": str(ben.pk), "token": token, "new_password": NEW_PASSWORD}

        assert_link_is_refused(APIClient().post(RESET_CONFIRM, body))
        assert can_log_in(ben, PASSWORD)

    def test_visitor_invents_a_user_and_learns_nothing(self, ben):
        nobody = "8b6c295a-4eaa-47f5-964e-6c2efeb35ed5"

        assert_link_is_refused(
            APIClient().post(RESET_CONFIRM, {"uid": nobody, "token": "x", "new_password": NEW_PASSWORD})
        )

    def test_link_of_one_user_opens_no_other_account(self, ben):
        link = asked_for_password_link(ben)
        other = UserFactory()

        body = {**link, "uid": str(other.pk), "new_password": NEW_PASSWORD}
        assert_link_is_refused(APIClient().post(RESET_CONFIRM, body))

    def test_verification_link_sets_no_password(self, ben):
        token = email_verification_tokens.make_token(ben)

        body = {"uid": str(ben.pk), "token": token, "new_password": NEW_PASSWORD}
        assert_link_is_refused(APIClient().post(RESET_CONFIRM, body))

    @pytest.mark.django_db(transaction=True)
    def test_link_used_twice_at_once_works_once(self):
        user = UserFactory()
        link = {"uid": str(user.pk), "token": password_reset_tokens.make_token(user)}
        passwords = [f"{word}-horse-43" for word in ("first", "second", "third")]

        responses = at_once(
            *(partial(APIClient().post, RESET_CONFIRM, {**link, "new_password": word}) for word in passwords)
        )

        assert sorted(response.status_code for response in responses) == [200, 400, 400]
        winner = passwords[[response.status_code for response in responses].index(200)]
        assert can_log_in(user, winner)

    def test_google_user_gets_a_password_by_the_link(self, db):
        user = UserFactory(google_sub="1")
        user.password = make_password(None)
        user.save()
        link = asked_for_password_link(user)

        assert APIClient().post(RESET_CONFIRM, {**link, "new_password": NEW_PASSWORD}).status_code == 200
        assert can_log_in(user, NEW_PASSWORD)


class TestUnknownAddress:
    def test_response_is_the_same_and_no_email_is_sent(self, ben):
        unknown = APIClient().post(RESET, {"email": "nobody@example.org"})
        assert deliver() == []
        known = APIClient().post(RESET, {"email": ben.email})

        assert len(deliver()) == 1
        assert (unknown.status_code, unknown.json()) == (known.status_code, known.json())
        own = {"X-Request-ID", "RateLimit"}
        assert {key: value for key, value in unknown.headers.items() if key not in own} == {
            key: value for key, value in known.headers.items() if key not in own
        }

    def test_request_does_the_same_work(self, ben):
        """The very same statements, so that the time taken tells nothing either."""
        APIClient().post(RESET, {"email": "first@example.org"})

        def statements(email):
            with CaptureQueriesContext(connection) as captured:
                APIClient().post(RESET, {"email": email})
            return [re.sub(r"'[^']*'|SAVEPOINT .*", "?", query["sql"]) for query in captured]

        known, unknown = statements(ben.email), statements("nobo@example.org")
        assert known == unknown
        # Whether the worker has found a user shows no more than that.
        deliver()
        assert known == statements(ben.email) == statements("nobo@example.org")
        assert any("INSERT" in statement for statement in known)
        assert not any("accounts_user" in statement for statement in known)

    @pytest.mark.parametrize("whose", ["nobody", "deactivated"])
    def test_row_is_deleted_when_the_email_would_be_sent(self, db, whose):
        if whose == "deactivated":
            UserFactory(email="nobody@example.org", is_active=False)
        APIClient().post(RESET, {"email": "nobody@example.org"})

        assert deliver() == []
        assert not OutgoingEmail.objects.exists()


class TestLinksInMails:
    def test_no_row_holds_a_link_that_works(self, ben, client_for):
        client_for(ben).post(VERIFY)
        APIClient().post(RESET, {"email": ben.email})
        assert len(deliver()) == 2

        for email in OutgoingEmail.objects.all():
            assert email.state == "sent"
            assert LINK_PLACEHOLDER in email.text
            assert "token=" not in email.text + email.html

    def test_user_gets_one_link_a_minute(self, ben, client_for):
        for _ in range(3):
            APIClient().post(RESET, {"email": ben.email})
        APIClient().post(RESET, {"email": UserFactory().email})
        client_for(ben).post(VERIFY)
        assert len(deliver()) == 3
        APIClient().post(RESET, {"email": ben.email})
        assert deliver() == []

        OutgoingEmail.objects.update(sent_at=timezone.now() - timedelta(seconds=61))
        APIClient().post(RESET, {"email": ben.email})

        assert len(deliver()) == 1

    def test_delayed_email_is_not_sent_to_a_former_address(self, ben, client_for):
        client_for(ben).post(VERIFY)
        User.objects.filter(pk=ben.pk).update(email="moved@example.org")

        assert deliver() == []

    def test_link_of_a_late_mail_lives_for_a_day_from_then_on(self, ben):
        APIClient().post(RESET, {"email": ben.email})
        OutgoingEmail.objects.update(created_at=timezone.now() - timedelta(days=2))
        [message] = deliver()
        _, link = link_in(message)

        assert APIClient().post(RESET_CONFIRM, {**link, "new_password": NEW_PASSWORD}).status_code == 200


class TestEmailVerification:
    def test_user_verifies_the_address_by_the_link_on_any_device(self, ben, client_for):
        asked = client_for(ben).post(VERIFY)
        [message] = deliver()
        path, link = link_in(message)

        done = client_for(ben).post(VERIFY_CONFIRM, link)

        assert asked.json()["data"] == done.json()["data"] == {}
        assert (message.to, message.subject, path) == ([ben.email], "Verify your email address", "/verify-email")
        assert done.status_code == 200
        assert "Not you? Ignore this email, and the address stays unverified." in message.body
        ben.refresh_from_db()
        assert ben.email_verified_at is not None
        assert AuditEvent.objects.filter(kind="email_verified", user=ben).count() == 1

    def test_stranger_who_clicks_verifies_no_account_of_an_attacker(self, ben, client_for):
        client_for(ben).post(VERIFY)
        _, link = link_in(deliver()[0])

        nobody = APIClient().post(VERIFY_CONFIRM, link)
        other = client_for(UserFactory()).post(VERIFY_CONFIRM, link)

        assert (nobody.status_code, nobody.json()["code"]) == (401, "sign_in_to_confirm")
        assert (other.status_code, other.json()["code"]) == (403, "other_account")
        ben.refresh_from_db()
        assert ben.email_verified_at is None
        # The link stays valid.
        assert client_for(ben).post(VERIFY_CONFIRM, link).status_code == 200

    def test_link_works_once(self, ben, client_for):
        client_for(ben).post(VERIFY)
        _, link = link_in(deliver()[0])
        client_for(ben).post(VERIFY_CONFIRM, link)

        assert_link_is_refused(client_for(ben).post(VERIFY_CONFIRM, link))

    def test_link_ends_with_a_change_of_the_password(self, ben, client_for):
        client_for(ben).post(VERIFY)
        _, link = link_in(deliver()[0])
        client_for(ben).post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
        ben.refresh_from_db()

        assert_link_is_refused(client_for(ben).post(VERIFY_CONFIRM, link))
        ben.refresh_from_db()
        assert ben.email_verified_at is None

    def test_password_link_verifies_nothing_here(self, ben, client_for):
        body = {"uid": str(ben.pk), "token": password_reset_tokens.make_token(ben)}

        assert_link_is_refused(client_for(ben).post(VERIFY_CONFIRM, body))

    def test_user_with_a_verified_address_gets_no_email(self, ben, client_for):
        User.objects.filter(pk=ben.pk).update(email_verified_at=timezone.now())

        assert client_for(ben).post(VERIFY).status_code == 200
        assert deliver() == []


class TestEmailChange:
    URL = "/api/auth/me/email/"
    NEW = "ben@carson.example"

    def request(self, client, **changes):
        return client.patch(self.URL, {"email": self.NEW, "password": PASSWORD, **changes})

    def test_owner_changes_the_address_by_the_link(self, ben, client_for):
        here, elsewhere = client_for(ben), client_for(ben)

        asked = self.request(here, email=" Ben@CARSON.example")

        assert (asked.status_code, asked.json()["data"]) == (200, {})
        [message] = deliver()
        path, link = link_in(message)
        assert (message.to, message.subject, path) == ([self.NEW], "Verify your new email address", "/verify-email")
        # Until then nothing changes.
        assert here.get("/api/auth/me/").json()["data"]["user"]["email"] == "ben@example.org"

        assert here.post(VERIFY_CONFIRM, link).status_code == 200

        ben.refresh_from_db()
        assert (ben.email, ben.email_verified_at is None) == (self.NEW, False)
        assert not EmailChange.objects.exists()
        assert here.get("/api/auth/me/").json()["data"]["user"]["email"] == self.NEW
        assert elsewhere.get("/api/auth/me/").status_code == 401
        [told] = deliver()
        assert (told.to, told.subject) == (["ben@example.org"], "Your email address was changed")
        assert self.NEW not in told.body + told.alternatives[0].content
        assert AuditEvent.objects.filter(kind="email_changed", user=ben).count() == 1
        login = APIClient().post("/api/auth/login/", {"email": self.NEW, "password": PASSWORD})
        assert login.status_code == 200

    def test_link_needs_the_account_that_it_was_made_for(self, ben, client_for):
        self.request(client_for(ben))
        _, link = link_in(deliver()[0])

        assert APIClient().post(VERIFY_CONFIRM, link).json()["code"] == "sign_in_to_confirm"
        assert client_for(UserFactory()).post(VERIFY_CONFIRM, link).json()["code"] == "other_account"
        ben.refresh_from_db()
        assert ben.email == "ben@example.org"

    def test_newer_request_replaces_the_older(self, ben, client_for):
        client = client_for(ben)
        self.request(client)
        _, older = link_in(deliver()[0])
        self.request(client, email="ben@third.example")
        _, newer = link_in(deliver()[0])

        assert_link_is_refused(client.post(VERIFY_CONFIRM, older))
        assert client.post(VERIFY_CONFIRM, newer).status_code == 200
        ben.refresh_from_db()
        assert ben.email == "ben@third.example"

    def test_repeated_request_sends_no_second_mail_and_the_link_of_the_first_works(self, ben, client_for):
        client = client_for(ben)
        self.request(client)
        _, link = link_in(deliver()[0])

        assert self.request(client).status_code == 200

        assert deliver() == []
        assert client.post(VERIFY_CONFIRM, link).status_code == 200
        ben.refresh_from_db()
        assert ben.email == self.NEW

    def test_link_opens_for_a_day(self, ben, client_for):
        client = client_for(ben)
        self.request(client)
        _, link = link_in(deliver()[0])
        EmailChange.objects.update(requested_at=timezone.now() - timedelta(hours=25))

        sweep_sign_ins()

        assert not EmailChange.objects.exists()
        assert_link_is_refused(client.post(VERIFY_CONFIRM, link))

    @pytest.mark.parametrize("email", ["ada@example.org", " ADA@example.ORG", "ben@example.org"])
    def test_address_in_use_is_refused(self, ben, client_for, email):
        JobSeekerFactory(user__email="ada@example.org")

        response = self.request(client_for(ben), email=email)

        assert (response.status_code, list(response.json()["errors"])) == (400, ["email"])
        assert deliver() == []

    def test_address_taken_in_between_stays_with_its_owner(self, ben, client_for):
        client = client_for(ben)
        self.request(client)
        _, link = link_in(deliver()[0])
        JobSeekerFactory(user__email=self.NEW)

        response = client.post(VERIFY_CONFIRM, link)

        assert (response.status_code, list(response.json()["errors"])) == (400, ["email"])
        ben.refresh_from_db()
        assert ben.email == "ben@example.org"
        assert client.get("/api/auth/me/").status_code == 200

    def test_wrong_password_is_refused_and_slowed_down(self, ben, client_for):
        client = client_for(ben)

        responses = [self.request(client, password="wrong") for _ in range(11)]

        assert [response.status_code for response in responses] == [400] * 10 + [429]
        assert list(responses[0].json()["errors"]) == ["password"]
        assert not EmailChange.objects.exists()

    def test_links_to_the_former_address_are_deleted(self, ben, client_for):
        APIClient().post(RESET, {"email": ben.email})
        client = client_for(ben)
        self.request(client)
        [_, message] = deliver()
        APIClient().post(RESET, {"email": ben.email})

        client.post(VERIFY_CONFIRM, link_in(message)[1])

        assert not OutgoingEmail.objects.filter(kind="password_reset").exists()

    def test_unsent_emails_go_to_the_new_address(self, ben, client_for):
        waiting = [
            OutgoingEmailFactory(recipient=ben, to=ben.email, state=state) for state in ("queued", "retry", "held")
        ]
        sent = OutgoingEmailFactory(recipient=ben, to=ben.email, state="sent")
        of_another = OutgoingEmailFactory()
        OutgoingEmail.objects.update(next_attempt_at=timezone.now() + timedelta(hours=9))
        client = client_for(ben)
        self.request(client)
        [message] = deliver()

        client.post(VERIFY_CONFIRM, link_in(message)[1])

        assert {email.to for email in OutgoingEmail.objects.filter(pk__in=[row.pk for row in waiting])} == {self.NEW}
        assert OutgoingEmail.objects.get(pk=sent.pk).to == "ben@example.org"
        assert OutgoingEmail.objects.get(pk=of_another.pk).to == of_another.to
        # What tells of the change itself.
        assert [told.to for told in deliver()] == [["ben@example.org"]]

    def test_blocked_or_erased_owner_gets_no_link(self, ben, client_for):
        self.request(client_for(ben))
        block_account(user=ben)

        assert deliver() == []


class TestReusedTokens:
    def test_owner_gets_one_email_a_day_with_device_and_network(self, ben):
        for _ in range(2):
            pair = open_session(ben)
            refresh_session(pair.refresh)
            RefreshTokenUse.objects.update(used_at=timezone.now() - timedelta(minutes=1))
            response = APIClient().post(
                "/api/auth/refresh/",
                {"refreshToken": pair.refresh},
                REMOTE_ADDR="203.0.113.7",
                HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0",
            )
            assert (response.status_code, response.json()["code"]) == (401, "session_ended")

        [message] = deliver()

        assert (message.to, message.subject) == ([ben.email], "A session of your account was ended")
        assert "Device: Firefox on Linux. Network: 203.0.113.0/24." in message.body
        assert AuditEvent.objects.filter(kind="token_reused", user=ben).count() == 2

    def test_email_does_not_contain_an_unknown_user_agent(self, ben):
        pair = open_session(ben)
        refresh_session(pair.refresh)
        RefreshTokenUse.objects.update(used_at=timezone.now() - timedelta(minutes=1))
        APIClient().post(
            "/api/auth/refresh/", {"refreshToken": pair.refresh}, HTTP_USER_AGENT="http://evil.example/win"
        )

        [message] = deliver()

        assert "evil" not in message.body + message.alternatives[0].content


class TestRequireVerifiedEmail:
    @pytest.fixture
    def requests(self, client_for, settings):
        """Requests that need a verified address, by actor."""
        settings.REQUIRE_VERIFIED_EMAIL = True
        job, resume = JobFactory(), ResumeFactory()
        posting = {
            "title": "Cook",
            "description": "Soup",
            "location": str(LocationFactory().pk),
            "category": str(CategoryFactory().pk),
            "job_type": "contract",
            "expires_at": "2999-12-12",
        }
        seeker, employer = client_for(resume.job_seeker.user), client_for(job.employer.user)
        return [
            partial(employer.post, "/api/jobs/", posting),
            partial(employer.post, "/api/employer/jobs/", posting),
            partial(seeker.post, "/api/resumes/", {}, format="multipart"),
            partial(seeker.post, "/api/applications/", {"job": str(job.pk), "resume": str(resume.pk)}),
        ]

    def test_user_posts_uploads_and_applies_only_with_a_verified_address(self, db, requests):
        for request in requests:
            refused = request()
            assert (refused.status_code, refused.json()["code"]) == (403, "email_not_verified")
            assert "open the link" in refused.json()["message"]

        User.objects.update(email_verified_at=timezone.now())

        # The upload, which brings no file, fails of that from now on.
        assert [request().status_code for request in requests] == [201, 201, 400, 201]

    def test_wrong_role_is_refused_first(self, db, requests, undecided):
        assert undecided.post("/api/jobs/", {}).json()["code"] == "permission_denied"

    def test_new_user_gets_the_link_immediately(self, db, settings, client_for):
        settings.REQUIRE_VERIFIED_EMAIL = True
        body = {"email": "new@example.org", "password": PASSWORD, "role": "job_seeker"}
        APIClient().post("/api/auth/register/", body)

        [message] = deliver()

        newcomer = client_for(User.objects.get())
        assert newcomer.post(VERIFY_CONFIRM, link_in(message)[1]).status_code == 200
        assert User.objects.get().email_verified_at is not None

    def test_new_user_gets_no_email_if_verification_is_not_required(self, db):
        body = {"email": "new@example.org", "password": PASSWORD, "role": "job_seeker"}
        assert APIClient().post("/api/auth/register/", body).status_code == 201

        assert not OutgoingEmail.objects.exists()


class TestPasswordChange:
    def test_user_changes_the_password_and_only_the_new_tokens_work(self, ben, client_for):
        here, there = client_for(ben), client_for(ben)

        response = here.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD})

        assert response.status_code == 200
        data = response.json()["data"]
        assert list(data) == ["accessToken", "refreshToken"]
        assert here.get("/api/auth/me/").status_code == there.get("/api/auth/me/").status_code == 401
        new = APIClient(HTTP_AUTHORIZATION=f"Bearer {data['accessToken']}")
        assert new.get("/api/auth/me/").status_code == 200
        assert len(new.get("/api/auth/sessions/").json()["data"]) == 1
        assert APIClient().post("/api/auth/refresh/", {"refreshToken": data["refreshToken"]}).status_code == 200
        assert can_log_in(ben, NEW_PASSWORD)
        assert not can_log_in(ben, PASSWORD)
        assert AuditEvent.objects.filter(kind="password_changed", user=ben).count() == 1
        [news] = deliver()
        assert news.subject == "Your password was changed"
        assert "https://anywork.example/" in news.body

    @pytest.mark.parametrize(
        ("current", "new", "field"),
        [("wrong-horse-42", NEW_PASSWORD, "current_password"), (PASSWORD, "12345678", "new_password")],
    )
    def test_user_changes_nothing_with_a_wrong_or_a_weak_password(self, ben, client_for, current, new, field):
        client = client_for(ben)

        response = client.post(CHANGE, {"current_password": current, "new_password": new})

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]
        assert client.get("/api/auth/me/").status_code == 200
        assert can_log_in(ben, PASSWORD)
        assert deliver() == []

    def test_password_like_the_address_is_refused(self, ben, client_for):
        response = client_for(ben).post(CHANGE, {"current_password": PASSWORD, "new_password": "ben@example.org"})

        assert list(response.json()["errors"]) == ["new_password"]

    def test_attacker_with_a_token_guesses_the_password_and_is_slowed_down(self, ben, client_for):
        client = client_for(ben)
        for number in range(10):
            guess = client.post(CHANGE, {"current_password": f"guess-{number}", "new_password": NEW_PASSWORD})
            assert guess.status_code == 400

        response = client.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD})

        assert (response.status_code, response.json()["code"]) == (429, "too_many_failures")


def test_owner_gets_an_email_about_a_linked_google_account(ben):
    for _ in range(2):
        log_in_with_google(sub="110169484474386276334", email=ben.email, hosted_domain="example.org")

    [message] = deliver()
    assert (message.to, message.subject) == ([ben.email], "Login with Google was added to your account")


def test_new_google_user_gets_no_email(db):
    log_in_with_google(sub="110169484474386276334", email="new@example.org")

    assert deliver() == []
