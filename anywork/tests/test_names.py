"""Names that mails to other people show hold no URL."""

import pytest

from anywork.api.fields import NO_URL
from jobs.models import Category, Job
from jobs.tests.factories import NO_SKILLS, CategoryFactory, JobFactory, LocationFactory

URLS = ["http://evil.example", "Win at WWW.evil.example", "hTTps://x", "://"]
PASSWORD = "correct-horse-42"


def refused(response, field):
    body = response.json()
    assert (response.status_code, list(body["errors"])) == (400, [field]), body
    assert "web address" in body["message"]


@pytest.mark.parametrize("name", URLS)
class TestNames:
    def test_of_people_and_companies(self, anonymous, seeker, employer, name):
        for field in ("first_name", "last_name", "company_name"):
            body = {"email": "new@example.org", "password": PASSWORD, "role": "employer", field: name}
            refused(anonymous.post("/api/auth/register/", body), field)
        for field in ("first_name", "last_name"):
            refused(seeker.patch(f"/api/jobseekers/{seeker.user.pk}/", {field: name}), field)
        refused(employer.patch(f"/api/employers/{employer.user.pk}/", {"company_name": name}), "company_name")
        refused(seeker.post("/api/skills/", {"name": name}), "name")

    def test_of_jobs_and_what_they_are_filed_under(self, employer, name):
        job = JobFactory(employer=employer.user.employer)
        refused(employer.patch(f"/api/jobs/{job.pk}/", {"title": name}), "title")
        refused(employer.post("/api/categories/", {"name": name}), "name")
        for field in ("city", "state", "country"):
            place = {"city": "Kano", "state": "", "country": "Nigeria", field: name}
            refused(employer.post("/api/locations/", place), field)


def test_row_that_has_such_a_name_can_still_be_changed(employer, admin):
    job = JobFactory(employer=employer.user.employer, title="Editor of www.example.org")
    body = {
        "title": job.title,
        "description": "New",
        "location": str(LocationFactory().pk),
        "category": str(CategoryFactory().pk),
        "job_type": "contract",
        "expires_at": "2999-12-12",
    }

    assert employer.put(f"/api/employer/jobs/{job.pk}/", body).status_code == 200
    refused(employer.put(f"/api/employer/jobs/{job.pk}/", {**body, "title": f"{job.title}!"}), "title")

    assert Job.objects.get().description == "New"
    category = Category.objects.exclude(pk=Job.objects.get().category_id).get()
    Category.objects.filter(pk=category.pk).update(name="www.jobs")
    assert admin.patch(f"/api/categories/{category.pk}/", {"name": "www.jobs"}).status_code == 200


def test_admin_sets_no_such_name_but_may_keep_one(admin_client, db):
    job = JobFactory(title="Editor of www.example.org")
    url = f"/admin/jobs/job/{job.pk}/change/"
    form = admin_client.get(url).context["adminform"].form
    body = {**NO_SKILLS, **{name: form[name].value() for name in form.fields}}
    body.update(expires_at_0="2999-12-12", expires_at_1="00:00:00", is_active="on", description="New")

    response = admin_client.post(url, {**body, "title": "Editor of WWW.evil.example"})
    assert response.context["adminform"].form.errors == {"title": [NO_URL]}
    assert admin_client.post(url, body).status_code == 302

    job.refresh_from_db()
    assert (job.title, job.description) == ("Editor of www.example.org", "New")
