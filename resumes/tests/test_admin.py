import re

from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import UserFactory
from applications.tests.factories import ApplicationFactory
from resumes.models import Resume
from resumes.tests.factories import ResumeAccessFactory, ResumeFactory

LIST = "admin:resumes_resume_changelist"


def test_admin_opens_the_file_by_a_signed_link(admin_client, anonymous):
    resume = ResumeFactory()
    address = reverse("admin:resumes_resume_file", args=[resume.pk])
    page = admin_client.get(reverse("admin:resumes_resume_change", args=[resume.pk])).content.decode()
    assert f'href="{address}"' in page
    assert resume.file.name not in page
    response = anonymous.get(admin_client.get(address).url)
    with resume.file.open() as file:
        assert b"".join(response.streaming_content) == file.read()


def test_admin_sees_who_opened_a_resume_and_changes_nothing_of_it(admin_client):
    access = ResumeAccessFactory(by_link=True)
    page = admin_client.get(reverse("admin:resumes_resume_change", args=[access.resume_id])).content.decode()
    assert "Opened by others" in page
    assert str(access.actor) in page
    assert not re.findall(r'name="accesses-0-(?:opened_at|actor|by_link|DELETE)', page)


def test_staff_without_the_permission_gets_no_signed_link(db):
    address = reverse("admin:resumes_resume_file", args=[ResumeFactory().pk])
    user, client = UserFactory(is_staff=True), Client()
    client.force_login(user)
    assert client.get(address).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_resume"))
    assert "signature=" in client.get(address)["Location"]


def test_anonymous_gets_no_signed_link(client, db):
    response = client.get(reverse("admin:resumes_resume_file", args=[ResumeFactory().pk]))
    assert response.url.startswith(reverse("admin:login"))


def test_admin_deletes_a_resume_with_its_file(admin_client, django_capture_on_commit_callbacks):
    resume = ResumeFactory()
    page = reverse("admin:resumes_resume_delete", args=[resume.pk])
    with django_capture_on_commit_callbacks(execute=True):
        response = admin_client.post(page, {"post": "yes"}, follow=True)
    assert "was deleted successfully" in response.content.decode()
    assert not Resume.objects.exists()
    assert not resume.file.storage.exists(resume.file.name)


def test_admin_hides_a_resume_that_was_submitted(admin_client):
    resume = ApplicationFactory().resume
    address = reverse("admin:resumes_resume_delete", args=[resume.pk])
    page = admin_client.post(address, {"post": "yes"}, follow=True).content.decode()
    assert "Not deleted but hidden from its owner, because it was submitted with an application." in page
    assert "was deleted successfully" not in page
    resume.refresh_from_db()
    assert resume.removed_at
    assert resume.file.storage.exists(resume.file.name)


def test_admin_deletes_resumes_with_their_files(admin_client, django_capture_on_commit_callbacks):
    doomed, kept = ResumeFactory(), ApplicationFactory().resume
    values = {"action": "delete_selected", "_selected_action": [doomed.pk, kept.pk], "post": "yes"}
    with django_capture_on_commit_callbacks(execute=True):
        response = admin_client.post(reverse(LIST), values, follow=True)
    assert "1 of 2 deleted." in response.content.decode()
    assert list(Resume.objects.all()) == [kept]
    assert not doomed.file.storage.exists(doomed.file.name)
    assert kept.file.storage.exists(kept.file.name)
