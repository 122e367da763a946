"""Changes at the same moment: each of them stays, or is refused."""

from functools import partial
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Skill
from accounts.tests.factories import EmployerFactory, JobSeekerFactory, SkillFactory
from anywork.testing.concurrency import at_once
from applications.tests.factories import ApplicationFactory
from jobs.models import Category, Job
from jobs.tests.factories import CategoryFactory, JobFactory

pytestmark = pytest.mark.django_db(transaction=True)


def patched(client: APIClient, url: str, changes: list[dict[str, Any]], **headers: Any) -> list[int]:
    responses = at_once(*(partial(client.patch, url, change, **headers) for change in changes))
    return sorted(response.status_code for response in responses)


def test_changes_of_different_fields_all_stay(client_for) -> None:
    employer = EmployerFactory()
    job = JobFactory(employer=employer)
    client = client_for(employer.user)
    wanted = {"title": "Pilot", "description": "We fly.", "salary_range": "$1", "job_type": "remote"}

    for _ in range(5):
        Job.objects.filter(pk=job.pk).update(title="", description="", salary_range="", job_type="contract")
        changes = [{field: value} for field, value in wanted.items()]
        assert patched(client, f"/api/jobs/{job.pk}/", changes) == [200] * 4
        assert Job.objects.values(*wanted).get(pk=job.pk) == wanted


def test_of_changes_that_have_seen_the_same_one_is_made(client_for) -> None:
    seeker = JobSeekerFactory()
    client, url = client_for(seeker.user), f"/api/jobseekers/{seeker.pk}/"
    tag = client.get(url).headers["ETag"]

    changes = [{"first_name": name} for name in ("Ann", "Cem", "Dia", "Eva")]
    assert patched(client, url, changes, HTTP_IF_MATCH=tag) == [200, 412, 412, 412]


def test_what_is_deleted_stays_deleted(client_for) -> None:
    person = JobSeekerFactory()
    client = client_for(person.user)

    for _ in range(10):
        skill = SkillFactory(user=person.user)
        url = f"/api/skills/{skill.pk}/"
        patch, delete = at_once(partial(client.patch, url, {"name": "Tango"}), partial(client.delete, url))
        assert delete.status_code == 204
        assert patch.status_code in {200, 404}
        assert not Skill.objects.exists()


def test_letter_and_decision_based_on_the_same_reading_do_not_both_pass(client_for) -> None:
    application = ApplicationFactory()
    url = f"/api/applications/{application.pk}/"
    seeker = client_for(application.job_seeker.user)
    employer = client_for(application.job.employer.user)
    read = employer.get(url).headers["ETag"]

    responses = at_once(
        partial(seeker.patch, url, {"cover_letter": "Other"}, HTTP_IF_MATCH=read),
        partial(employer.patch, url, {"status": "reviewed"}, HTTP_IF_MATCH=read),
    )

    assert sorted(response.status_code for response in responses) == [200, 412]


def test_category_deleted_while_it_is_renamed_is_gone(admin) -> None:
    category = CategoryFactory()
    url = f"/api/categories/{category.pk}/"

    at_once(partial(admin.patch, url, {"name": "Other"}), partial(admin.delete, url))

    assert not Category.objects.exists()


def test_job_deleted_with_applications_is_closed_and_keeps_a_change_of_the_same_moment(client_for) -> None:
    application = ApplicationFactory()
    client, url = client_for(application.job.employer.user), f"/api/jobs/{application.job.pk}/"

    patch, delete = at_once(partial(client.patch, url, {"title": "Other"}), partial(client.delete, url))

    assert (patch.status_code, delete.status_code) == (200, 204)
    assert Job.objects.values("title", "is_active").get() == {"title": "Other", "is_active": False}
