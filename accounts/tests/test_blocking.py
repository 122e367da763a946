"""Blocked accounts."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AuditEvent, Session, User
from accounts.services import block_account, unblock_account
from accounts.tests.factories import PASSWORD, AdminFactory, EmployerFactory, JobSeekerFactory
from anywork.testing.concurrency import at_once
from applications.services import submit_application
from applications.tests.factories import ApplicationFactory
from jobs.models import Job
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory
from resumes.tests.factories import ResumeFactory

USERS = "/admin/accounts/user/"
BLOCK = {"action": "block", "confirmed": "on", "reason": "Fraud"}


@pytest.fixture
def umbrella(db):
    """A company with an open, a closed and an expired job."""
    company = EmployerFactory(company_name="Umbrella")
    JobFactory(employer=company, title="Open")
    JobFactory(employer=company, title="Closed", is_active=False)
    JobFactory(employer=company, title="Expired", expires_at=timezone.now() - timedelta(days=3))
    return company


def active_titles():
    return set(Job.objects.filter(is_active=True).values_list("title", flat=True))


class TestBlocking:
    def test_company_and_its_jobs_are_gone_from_the_public_site(self, anonymous, admin, seeker, umbrella):
        JobFactory(title="Another")
        assert len(anonymous.get("/api/jobs/").json()["results"]) == 2

        block_account(user=umbrella.user)

        card = f"/api/employers/{umbrella.pk}/"
        assert [job["title"] for job in anonymous.get("/api/jobs/").json()["results"]] == ["Another"]
        assert anonymous.get("/api/jobs/", {"search": "umbrella"}).json()["count"] == 0
        assert anonymous.get("/api/jobs/suggest/", {"q": "umbr"}).json()["companies"] == []
        assert "Umbrella" not in anonymous.get("/api/jobs/facets/").content.decode()
        for client in (anonymous, seeker):
            assert client.get(card).status_code == 404
            assert "Umbrella" not in client.get("/api/employers/").content.decode()
        assert admin.get(card).json()["company_name"] == "Umbrella"
        assert "Umbrella" in admin.get("/api/employers/").content.decode()

    def test_applicants_go_on_reading_what_they_applied_to(self, seeker, umbrella):
        job = Job.objects.get(title="Open")
        resume = ResumeFactory(job_seeker=seeker.user.job_seeker)
        submit_application(user=seeker.user, job_id=job.pk, resume_id=resume.pk, cover_letter="")

        block_account(user=umbrella.user)

        shown = seeker.get(f"/api/jobs/{job.pk}/", {"expand": "employer"}).json()
        assert (shown["title"], shown["is_active"]) == ("Open", False)
        assert shown["employer_details"]["company_name"] == "Umbrella"
        [application] = seeker.get("/api/applications/").json()["results"]
        assert application["job_details"] == {"title": "Open", "company_name": "Umbrella"}

    def test_all_sessions_end_for_good(self, client_for, umbrella, anonymous):
        client = client_for(umbrella.user)

        block_account(user=umbrella.user)
        assert client.get("/api/auth/me/").status_code == 401
        login = {"email": umbrella.user.email, "password": PASSWORD}
        assert anonymous.post("/api/auth/login/", login).status_code == 401

        unblock_account(user=umbrella.user)
        assert client.get("/api/auth/me/").status_code == 401
        assert anonymous.post("/api/auth/login/", login).status_code == 200

    def test_unblocking_opens_the_jobs_that_blocking_closed(self, umbrella):
        expiring = JobFactory(employer=umbrella, title="Expires meanwhile")
        block_account(user=umbrella.user)
        assert active_titles() == {"Expired"}
        past = timezone.now() - timedelta(days=3)
        Job.objects.filter(pk=expiring.pk).update(expires_at=past, closes_at=past)

        unblock_account(user=umbrella.user)

        assert active_titles() == {"Expired", "Open"}
        assert not Job.objects.filter(closed_by_block=True).exists()

    def test_each_is_recorded_once(self, umbrella):
        for service in (block_account, unblock_account):
            service(user=umbrella.user)
            service(user=umbrella.user)

        assert list(AuditEvent.objects.order_by("pk").values_list("kind", "user")) == [
            ("blocked", umbrella.pk),
            ("unblocked", umbrella.pk),
        ]

    def test_administrator_opens_no_job_of_a_blocked_company(self, admin, admin_client, umbrella):
        block_account(user=umbrella.user)
        job = Job.objects.get(title="Open")

        response = admin.patch(f"/api/jobs/{job.pk}/", {"is_active": True})
        values = {"action": "open_again", "confirmed": "on", "_selected_action": [job.pk]}
        page = admin_client.post("/admin/jobs/job/", values, follow=True)

        assert (response.status_code, list(response.json()["errors"])) == (400, ["is_active"])
        assert "0 opened again" in page.content.decode()
        job.refresh_from_db()
        assert not job.is_active

    def test_administrator_opens_no_expired_job_by_its_date(self, admin, umbrella):
        block_account(user=umbrella.user)
        job = Job.objects.get(title="Expired")

        response = admin.patch(f"/api/jobs/{job.pk}/", {"expires_at": "2090-12-12"})

        assert (response.status_code, list(response.json()["errors"])) == (400, ["is_active"])
        assert not Job.objects.open().exists()

    def test_what_an_administrator_closes_meanwhile_stays_closed(self, admin, umbrella):
        ApplicationFactory(job=Job.objects.get(title="Open"))
        closed = JobFactory(employer=umbrella, title="Closed meanwhile")
        JobFactory(employer=umbrella, title="Corrected")
        block_account(user=umbrella.user)

        # Has an application, so it is only closed.
        assert admin.delete(f"/api/jobs/{Job.objects.get(title='Open').pk}/").status_code == 204
        assert admin.patch(f"/api/jobs/{closed.pk}/", {"is_active": False}).status_code == 200
        corrected = Job.objects.get(title="Corrected")
        assert admin.patch(f"/api/jobs/{corrected.pk}/", {"description": "Correct"}).status_code == 200
        unblock_account(user=umbrella.user)

        assert active_titles() == {"Expired", "Corrected"}


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """A request that passed the sign-in before the account was blocked opens nothing afterwards."""

    def test_posting(self, client_for):
        company = EmployerFactory()
        body = {"title": "Late", "description": "Late", "salary_range": "", "job_type": "contract"}
        body |= {"location": LocationFactory().pk, "category": CategoryFactory().pk, "expires_at": "2090-12-12"}
        clients = [client_for(company.user) for _ in range(8)]

        at_once(
            lambda: block_account(user=company.user),
            *[lambda c=c: c.post("/api/jobs/", body).status_code for c in clients],
        )

        assert not Job.objects.open().exists()

    def test_opening_a_closed_job(self, client_for):
        company = EmployerFactory()
        jobs = JobFactory.create_batch(8, employer=company, is_active=False)
        clients = [client_for(company.user) for _ in jobs]

        at_once(
            lambda: block_account(user=company.user),
            *[
                lambda client=client, job=job: client.patch(f"/api/jobs/{job.pk}/", {"is_active": True}).status_code
                for client, job in zip(clients, jobs, strict=True)
            ],
        )

        assert not Job.objects.open().exists()


class TestWays:
    def test_not_by_the_form(self, admin_client, umbrella):
        form = {"email": umbrella.user.email, "role": "employer", "block_reason": "Fraud"}

        assert admin_client.post(f"{USERS}{umbrella.pk}/change/", form).status_code == 302

        user = User.objects.get(pk=umbrella.pk)
        assert (user.is_active, user.block_reason) == (True, "")

    def test_by_actions(self, admin_client, umbrella):
        chosen = {"_selected_action": [umbrella.pk]}

        page = admin_client.post(USERS, {**BLOCK, **chosen}, follow=True)
        assert "1 blocked." in page.content.decode()
        assert active_titles() == {"Expired"}
        assert User.objects.get(pk=umbrella.pk).block_reason == "Fraud"
        assert LogEntry.objects.get().change_message == "Blocked: Fraud"

        page = admin_client.post(USERS, {**BLOCK, "action": "unblock", **chosen}, follow=True)
        assert "1 unblocked." in page.content.decode()
        assert active_titles() == {"Expired", "Open"}

    def test_administrator_does_not_block_itself_with_all_others(self, admin_user, admin_client, umbrella):
        chosen = {"_selected_action": [umbrella.pk, admin_user.pk]}

        page = admin_client.post(USERS, {**BLOCK, **chosen}, follow=True)

        assert "1 blocked." in page.content.decode()
        admin_user.refresh_from_db()
        assert admin_user.is_active

    def test_clerk_blocks_no_administrator(self, client, db):
        root, clerk = AdminFactory(), AdminFactory(is_superuser=False)
        clerk.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
        client.force_login(clerk)

        client.post(USERS, {**BLOCK, "_selected_action": [root.pk]})

        root.refresh_from_db()
        assert root.is_active

    def test_by_the_command(self, umbrella, capsys):
        call_command("block_account", umbrella.user.email.upper(), "--reason=Fraud")
        assert active_titles() == {"Expired"}
        assert User.objects.get(pk=umbrella.pk).block_reason == "Fraud"
        call_command("block_account", umbrella.user.email, "--undo")
        assert active_titles() == {"Expired", "Open"}
        with pytest.raises(CommandError):
            call_command("block_account", "nobody@example.org")

    def test_nothing_else_sets_it(self):
        """Only the service knows what else blocking means."""
        writers = set()
        for path in Path(settings.BASE_DIR).glob("*/**/*.py"):
            if {"tests", "migrations", ".venv"} & set(path.parts):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                match node:
                    case ast.Call(func=ast.Attribute(value=owner, attr="update"), keywords=keywords):
                        if "User.objects" in ast.unparse(owner) and "is_active" in {word.arg for word in keywords}:
                            writers.add(path.relative_to(settings.BASE_DIR).as_posix())
                    case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="user" | "obj"), attr="is_active")]):
                        writers.add(path.relative_to(settings.BASE_DIR).as_posix())
        assert writers == {"accounts/services.py"}


def test_blocked_seeker_has_no_session_left(db):
    seeker = JobSeekerFactory()
    block_account(user=seeker.user)

    assert not Session.objects.filter(user=seeker.user, ended_at=None).exists()
