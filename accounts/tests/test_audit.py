"""The audit trail: what is written down, where it can be read, and when it is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import jwt
import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.audit import sweep_audit
from accounts.models import AuditEvent, Session, SignInFailures, User
from accounts.tasks import sweep_sign_ins
from accounts.tests.factories import PASSWORD, AdminFactory, AuditEventFactory, JobSeekerFactory
from accounts.tokens import open_session
from anywork.admin import AuditedAdmin
from anywork.operations.request_id import current_network
from jobs.models import Category
from notifications.models import OutgoingEmail

LOGIN = "/api/auth/login/"
ADDRESS = "203.0.113.77"


@pytest.fixture
def ben(db):
    return JobSeekerFactory(user__email="ben@example.org").user


def events():
    return list(AuditEvent.objects.order_by("at").values_list("kind", "user", "subject", "address"))


class TestRecording:
    def test_user_signs_in(self, anonymous, ben):
        anonymous.post(LOGIN, {"email": ben.email, "password": PASSWORD}, REMOTE_ADDR=ADDRESS)

        assert events() == [("sign_in", ben.pk, "password", "203.0.113.0/24")]

    def test_user_mistypes_the_password(self, anonymous, ben):
        anonymous.post(LOGIN, {"email": "BEN@example.org", "password": "wrong"}, REMOTE_ADDR="2001:db8:1:2::3")

        assert events() == [("sign_in_failed", ben.pk, "", "2001:db8:1::/48")]

    def test_stranger_tries_accounts_that_do_not_exist(self, anonymous, db):
        for email in ("nobody@example.org", "Nobody@example.org ", "else@example.org"):
            anonymous.post(LOGIN, {"email": email, "password": "wrong"})

        first, second, third = [subject for kind, user, subject, _ in events()]
        assert first == second != third
        assert first.startswith("unknown ")
        assert "nobody" not in first
        assert {user for _, user, _, _ in events()} == {None}

    def test_attempts_while_closed_are_not_recorded(self, anonymous, ben):
        for _ in range(15):
            anonymous.post(LOGIN, {"email": ben.email, "password": "wrong"})

        assert len(events()) == 10

    def test_registration_records_the_role(self, anonymous, db):
        body = {"email": "new@example.org", "password": PASSWORD, "role": "employer"}
        anonymous.post("/api/auth/register/", body, REMOTE_ADDR=ADDRESS)

        assert events() == [("registered", User.objects.get().pk, "employer", "203.0.113.0/24")]

    def test_choice_of_a_role_is_recorded_once(self, undecided):
        for _ in range(2):
            undecided.patch("/api/auth/me/", {"role": "job_seeker"}, REMOTE_ADDR=ADDRESS)

        assert events() == [("role_chosen", undecided.user.pk, "job_seeker", "203.0.113.0/24")]

    def test_administrator_signs_in_to_the_admin_site(self, client, db):
        root = AdminFactory()
        for password in ("wrong", PASSWORD):
            form = {"username": root.email, "password": password}
            client.post("/admin/login/", form, REMOTE_ADDR=ADDRESS)

        assert events() == [
            ("sign_in_failed", root.pk, "", "203.0.113.0/24"),
            ("admin_sign_in", root.pk, "", "203.0.113.0/24"),
        ]

    def test_owner_logs_out_everywhere_ends_a_session_and_exports(self, seeker):
        other = open_session(seeker.user)
        session = Session.objects.get(pk=jwt.decode(other.refresh, options={"verify_signature": False})["sid"])

        seeker.delete(f"/api/auth/sessions/{session.pk}/", REMOTE_ADDR=ADDRESS)
        seeker.get("/api/auth/me/export/", REMOTE_ADDR=ADDRESS).getvalue()
        seeker.post("/api/auth/logout-all/", REMOTE_ADDR=ADDRESS)

        assert events() == [
            ("session_ended", seeker.user.pk, str(session.pk), "203.0.113.0/24"),
            ("exported", seeker.user.pk, "", "203.0.113.0/24"),
            ("logged_out_all", seeker.user.pk, "", "203.0.113.0/24"),
        ]

    def test_erasure_by_its_owner_and_by_an_administrator(self, seeker, admin_client, admin_user):
        AuditEvent.objects.all().delete()
        seeker.delete("/api/auth/me/", {"password": PASSWORD}, REMOTE_ADDR=ADDRESS)
        user = JobSeekerFactory().user
        page = f"/admin/accounts/user/{user.pk}/delete/"
        assert admin_client.post(page, {"post": "yes"}, REMOTE_ADDR=ADDRESS).status_code == 302

        assert not User.objects.filter(pk=user.pk).exists()
        assert events() == [
            ("account_erased", None, "", "203.0.113.0/24"),
            # Whose account it was is forgotten with it.
            ("changed_by_admin", admin_user.pk, "user", "203.0.113.0/24"),
            ("account_erased", admin_user.pk, "", "203.0.113.0/24"),
        ]

    def test_changes_by_administrators_name_the_row(self, admin_client, admin_user):
        admin_client.post("/admin/jobs/category/add/", {"name": "Beekeeping", "description": ""})
        category = Category.objects.get()
        url = f"/admin/jobs/category/{category.pk}/"
        admin_client.post(f"{url}change/", {"name": "Bees", "description": ""})
        admin_client.post(f"{url}delete/", {"post": "yes"})

        assert [event[1:3] for event in events() if event[0] == "changed_by_admin"] == [
            (admin_user.pk, f"category {category.pk}")
        ] * 3

    def test_every_page_of_the_admin_site_that_changes_rows_is_audited(self):
        assert [model for model, page in admin.site._registry.items() if not isinstance(page, AuditedAdmin)] == []

    def test_administrator_changes_the_own_password_and_is_told(self, client, db):
        root = AdminFactory()
        client.force_login(root)
        passwords = {"old_password": PASSWORD, "new_password1": "another-horse-43", "new_password2": "another-horse-43"}

        assert client.post("/admin/password_change/", passwords).status_code == 302

        assert ("password_changed", root.pk) in [event[:2] for event in events()]
        assert [mail.kind for mail in OutgoingEmail.objects.filter(recipient=root)] == ["password_changed"]

    def test_administrator_disables_a_password_and_all_sessions_end(self, admin_client, seeker):
        form = {"usable_password": "false", "password1": "", "password2": "", "unset-password": "1"}

        assert admin_client.post(f"/admin/accounts/user/{seeker.user.pk}/password/", form).status_code == 302

        assert not User.objects.get(pk=seeker.user.pk).has_usable_password()
        assert seeker.get("/api/auth/me/").status_code == 401
        assert ("password_changed", seeker.user.pk) in [event[:2] for event in events()]

    def test_administrator_changes_an_address_and_the_former_one_is_told(self, admin_client, seeker):
        user = seeker.user
        former_address = user.email
        APIClient().post("/api/auth/password/reset/", {"email": former_address})
        form = {"email": "new@example.org", "role": user.role, "is_active": "on"}

        assert admin_client.post(f"/admin/accounts/user/{user.pk}/change/", form).status_code == 302

        assert seeker.get("/api/auth/me/").status_code == 401
        assert ("email_changed", user.pk) in [event[:2] for event in events()]
        assert [(mail.kind, mail.to) for mail in OutgoingEmail.objects.all()] == [("email_changed", former_address)]

    def test_administrator_ends_a_session(self, admin_client, admin_user, seeker):
        session = Session.objects.get(user=seeker.user)
        values = {"action": "end_sessions", "confirmed": "on", "_selected_action": [session.pk]}

        admin_client.post("/admin/accounts/session/", values)

        assert seeker.get("/api/auth/me/").status_code == 401
        assert [event[:3] for event in events() if event[0] != "admin_sign_in"] == [
            ("session_ended", seeker.user.pk, str(session.pk)),
            ("changed_by_admin", admin_user.pk, f"session {session.pk}"),
        ]

    @pytest.mark.django_db(transaction=True)
    def test_what_cannot_be_recorded_is_not_done(self, anonymous):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE accounts_auditevent RENAME TO accounts_auditevent_away")
        try:
            anonymous.raise_request_exception = False
            body = {"email": "new@example.org", "password": PASSWORD, "role": "employer"}
            assert anonymous.post("/api/auth/register/", body).status_code == 500
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE accounts_auditevent_away RENAME TO accounts_auditevent")

        assert not User.objects.exists()

    def test_commands_have_no_network(self, ben):
        # In a thread of its own, which no request has run in.
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(current_network).result() == ""

    def test_refused_requests_record_nothing(self, anonymous, ben):
        anonymous.post(LOGIN, {"email": ben.email})
        anonymous.post("/api/auth/register/", {"email": ben.email, "password": PASSWORD, "role": "employer"})

        assert events() == []

    def test_event_outlives_the_account_without_naming_it(self, ben):
        AuditEventFactory(user=ben)

        ben.delete()

        assert AuditEvent.objects.get().user is None

    def test_kinds_are_known_to_the_database(self, db):
        with pytest.raises(IntegrityError, match="accounts_auditevent_kind_known"), transaction.atomic():
            AuditEventFactory(kind="nonsense")


class TestReading:
    def test_administrator_finds_events_by_account_kind_and_network(self, admin_client, ben):
        AuditEventFactory(user=ben, subject="password")
        AuditEventFactory(user=None, kind="sign_in_failed", subject="unknown 123", address="198.51.100.0/24")

        def shown(query):
            return admin_client.get(f"/admin/accounts/auditevent/?{query}").content.decode()

        assert "ben@example.org" in shown("q=ben@example")
        assert "unknown 123" not in shown("q=ben@example")
        assert "unknown 123" in shown("q=198.51.100")
        assert "ben@example.org" not in shown("kind__exact=sign_in_failed")

    @pytest.mark.parametrize("url", ["/admin/accounts/auditevent/", "/admin/admin/logentry/"])
    def test_administrator_can_neither_add_change_nor_delete(self, admin_client, ben, url):
        event = AuditEventFactory(user=ben)
        admin_client.post("/admin/jobs/category/add/", {"name": "Beekeeping", "description": ""})
        entry = LogEntry.objects.get()
        row = event.pk if "auditevent" in url else entry.pk

        assert admin_client.get(f"{url}add/").status_code == 403
        assert admin_client.post(f"{url}{row}/change/", {"subject": "forged", "change_message": "x"}).status_code == 403
        assert admin_client.post(f"{url}{row}/delete/", {"post": "yes"}).status_code == 403
        admin_client.post(url, {"action": "delete_selected", "_selected_action": [row], "post": "yes"})
        event.refresh_from_db()
        assert event.subject == "password"
        assert LogEntry.objects.get() == entry

    def test_administrator_reads_what_administrators_did(self, admin_client, admin_user):
        admin_client.post("/admin/jobs/category/add/", {"name": "Beekeeping", "description": ""})

        page = admin_client.get("/admin/admin/logentry/").content.decode()
        assert admin_user.email in page
        assert "Beekeeping" in page
        assert "Addition" in page

    def test_staff_without_the_permission_reads_nothing(self, client, db):
        client.force_login(AdminFactory(is_superuser=False))

        assert client.get("/admin/accounts/auditevent/").status_code == 403
        assert client.get("/admin/admin/logentry/").status_code == 403

    def test_list_costs_the_same_for_one_event_and_for_many(self, admin_client, django_assert_num_queries, ben):
        AuditEventFactory(user=ben)
        with CaptureQueriesContext(connection) as queries:
            admin_client.get("/admin/accounts/auditevent/")
        AuditEventFactory.create_batch(9)
        with django_assert_num_queries(len(queries)):
            admin_client.get("/admin/accounts/auditevent/")


class TestForgetting:
    def age(self, event, days):
        AuditEvent.objects.filter(pk=event.pk).update(at=timezone.now() - timedelta(days=days))

    def test_old_events_are_swept_and_others_stay(self, db, settings):
        settings.AUDIT_DAYS = 30
        old, young = AuditEventFactory(), AuditEventFactory()
        self.age(old, 31)
        self.age(young, 29)

        assert sweep_audit(until=0) == 1
        assert AuditEvent.objects.get() == young

    def test_task_sweeps_events_and_failed_sign_ins(self, db):
        self.age(AuditEventFactory(), 181)
        SignInFailures.objects.create(key="old", last_at=timezone.now() - timedelta(hours=25))
        SignInFailures.objects.create(key="young")

        sweep_sign_ins()

        assert not AuditEvent.objects.exists()
        assert SignInFailures.objects.get().pk == "young"
