"""Records of access to resumes."""

from functools import partial
from types import SimpleNamespace
from uuid import uuid4

import pytest

from accounts import audit
from accounts.models import AuditEvent
from accounts.tests.factories import EmployerFactory, UserFactory
from anywork.testing.concurrency import at_once
from applications.models import Application
from applications.tests.factories import ApplicationFactory
from resumes.models import Resume, ResumeAccess
from resumes.tests.factories import ResumeAccessFactory, ResumeFactory


@pytest.fixture
def resume(db):
    return ResumeFactory()


@pytest.fixture
def owner(resume, client_for):
    return client_for(resume.job_seeker.user)


@pytest.fixture
def company(resume, client_for):
    """An employer that the resume was submitted to."""
    employer = EmployerFactory(company_name="Lagoon Software")
    ApplicationFactory(resume=resume, job_seeker=resume.job_seeker, job__employer=employer)
    return client_for(employer.user)


@pytest.fixture
def at(monkeypatch):
    """Return a function that sets the clock of the records."""

    def set_clock(moment):
        # Not on the module itself: the clock of tokens goes on.
        monkeypatch.setattr("resumes.services.timezone", SimpleNamespace(now=lambda: moment))

    return set_clock


def file_url(resume):
    return f"/media/resumes/{resume.pk}.pdf"


def accesses_url(resume):
    return f"/api/resumes/{resume.pk}/accesses/"


def open_file(client, url):
    """Read the file to its end, which closes it."""
    response = client.get(url)
    assert response.getvalue().startswith(b"%PDF-")


class TestRecording:
    def test_owner_reads_which_company_opened_its_resume(self, owner, company, resume):
        open_file(company, file_url(resume))

        access = ResumeAccess.objects.get()
        assert owner.get(accesses_url(resume)).json() == {
            "count": 1,
            "next": None,
            "previous": None,
            "results": [
                {
                    "access_id": str(access.pk),
                    "opened_at": access.opened_at.strftime("%Y-%m-%dT%H:%M:00Z"),
                    "opened_by": "Lagoon Software",
                    "employer": str(company.user.pk),
                    "by_link": False,
                }
            ],
        }

    def test_owner_reads_for_which_company_an_opened_link_was_signed(self, owner, company, anonymous, resume):
        link = company.get(f"/api/resumes/{resume.pk}/").json()["file_path"]
        assert not ResumeAccess.objects.exists()

        open_file(anonymous, link)

        [access] = owner.get(accesses_url(resume)).json()["results"]
        assert (access["opened_by"], access["employer"]) == ("Lagoon Software", str(company.user.pk))
        assert access["by_link"] is True

    def test_link_in_an_application_names_its_reader_too(self, owner, company, anonymous, resume):
        [application] = company.get("/api/applications/").json()["results"]

        open_file(anonymous, application["resume_details"]["file_url"])

        assert ResumeAccess.objects.get().actor == company.user

    def test_owner_reads_that_an_administrator_opened_it_but_not_which(self, owner, admin, resume):
        open_file(admin, file_url(resume))

        [access] = owner.get(accesses_url(resume)).json()["results"]
        assert (access["opened_by"], access["employer"]) == ("an administrator", None)
        assert str(admin.user.pk) not in str(access)

    @pytest.mark.parametrize(
        ("change", "opened_by"),
        [
            (lambda actor: actor.delete(), "a deleted account"),
            (lambda actor: actor.__class__.objects.filter(pk=actor.pk).update(is_staff=False), "an administrator"),
        ],
        ids=["deleted", "demoted"],
    )
    def test_owner_reads_of_a_deleted_administrator(self, owner, resume, change, opened_by):
        change(ResumeAccessFactory(resume=resume).actor)

        [access] = owner.get(accesses_url(resume)).json()["results"]

        assert (access["opened_by"], access["employer"]) == (opened_by, None)

    def test_owner_reads_of_a_company_without_a_name(self, owner, resume):
        company = EmployerFactory(company_name="")
        ResumeAccessFactory(resume=resume, actor=company.user)

        [access] = owner.get(accesses_url(resume)).json()["results"]

        assert (access["opened_by"], access["employer"]) == ("an employer", str(company.pk))

    def test_owner_opens_its_own_file_unrecorded(self, owner, anonymous, resume):
        link = owner.get(f"/api/resumes/{resume.pk}/").json()["file_path"]

        open_file(owner, file_url(resume))
        open_file(anonymous, link)

        assert not ResumeAccess.objects.exists()
        assert not AuditEvent.objects.filter(kind="resume_opened").exists()

    def test_head_request_is_not_recorded(self, company, resume):
        response = company.head(file_url(resume))

        assert (response.status_code, response.getvalue()) == (200, b"")

        assert not ResumeAccess.objects.exists()

    def test_refused_access_is_not_recorded(self, employer, anonymous, resume):
        assert employer.get(file_url(resume)).status_code == 404
        assert anonymous.get(file_url(resume)).status_code == 401

        assert not ResumeAccess.objects.exists()

    def test_access_to_a_lost_file_is_not_recorded(self, company, resume):
        resume.file.storage.delete(resume.file.name)

        assert company.get(file_url(resume)).status_code == 404

        assert not ResumeAccess.objects.exists()

    def test_company_opens_the_file_twice_within_a_minute_and_once_later(self, owner, company, resume, at):
        first = ResumeAccessFactory.build().opened_at.replace(second=7)
        for moment in (first, first.replace(second=59), first.replace(minute=first.minute + 1, second=0)):
            at(moment)
            open_file(company, file_url(resume))

        opened = [row["opened_at"] for row in owner.get(accesses_url(resume)).json()["results"]]
        assert opened == [
            first.replace(minute=first.minute + 1, second=0).strftime("%Y-%m-%dT%H:%M:%SZ"),
            first.replace(second=0).strftime("%Y-%m-%dT%H:%M:%SZ"),
        ]

    def test_two_companies_open_the_file_within_a_minute(self, owner, company, admin, resume, at):
        at(ResumeAccessFactory.build().opened_at)

        open_file(company, file_url(resume))
        open_file(admin, file_url(resume))

        rows = owner.get(accesses_url(resume)).json()["results"]
        assert {row["opened_by"] for row in rows} == {"Lagoon Software", "an administrator"}

    @pytest.mark.django_db(transaction=True)
    def test_company_opens_the_file_in_several_tabs_concurrently(self, company, resume, at):
        at(ResumeAccessFactory.build().opened_at)

        at_once(*(partial(open_file, company, file_url(resume)) for _ in range(4)))

        assert ResumeAccess.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_resume_deleted_concurrently_is_not_found(self, company, resume, monkeypatch):
        """Deleted by another request, after the file was opened and before its opening is committed."""
        record = audit.record

        def delete():
            Application.objects.all().delete()
            Resume.objects.all().delete()

        def record_late(*args, **kwargs):
            at_once(delete)
            record(*args, **kwargs)

        monkeypatch.setattr("resumes.services.audit.record", record_late)

        response = company.get(file_url(resume))

        assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert not ResumeAccess.objects.exists()
        assert not AuditEvent.objects.filter(kind="resume_opened").exists()


class TestReading:
    def test_owner_reads_newest_first_page_by_page(self, owner, resume):
        accesses = ResumeAccessFactory.create_batch(21, resume=resume)
        ResumeAccessFactory()

        first = owner.get(accesses_url(resume)).json()
        second = owner.get(first["next"]).json()

        assert first["count"] == 21
        assert len(first["results"]) == 20
        listed = [row["access_id"] for page in (first, second) for row in page["results"]]
        assert listed == [str(access.pk) for access in reversed(accesses)]

    def test_admin_reads_the_accesses_of_any_resume(self, admin, resume):
        access = ResumeAccessFactory(resume=resume)

        [row] = admin.get(accesses_url(resume)).json()["results"]

        assert row["access_id"] == str(access.pk)

    def test_company_may_open_the_resume_but_not_read_who_else_did(self, company, resume):
        response = company.get(accesses_url(resume))

        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")

    def test_others_cannot_tell_the_resume_from_none(self, seeker, employer, client_for, resume):
        for client in (seeker, employer, client_for(UserFactory(role=""))):
            foreign, none = client.get(accesses_url(resume)), client.get(f"/api/resumes/{uuid4()}/accesses/")
            assert foreign.status_code == none.status_code == 404
            assert {**foreign.json(), "request_id": ""} == {**none.json(), "request_id": ""}

    def test_accesses_are_deleted_with_the_resume(self, owner, resume):
        ResumeAccessFactory(resume=resume)

        assert owner.delete(f"/api/resumes/{resume.pk}/").status_code == 204

        assert not ResumeAccess.objects.exists()
