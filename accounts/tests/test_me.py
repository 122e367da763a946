from functools import partial

import pytest

from accounts.models import Employer, JobSeeker, User
from accounts.tests.factories import UserFactory
from anywork.testing.concurrency import at_once

URL = "/api/auth/me/"


def test_user_reads_the_own_account(seeker):
    response = seeker.get(URL)

    user = response.json()["data"]["user"]
    assert response.status_code == 200
    assert response.json()["status"] == "success"
    assert list(user) == ["user_id", "email", "role", "created_at", "updated_at"]
    assert (user["user_id"], user["email"], user["role"]) == (str(seeker.user.pk), seeker.user.email, "job_seeker")
    assert user["created_at"].endswith("Z")


@pytest.mark.parametrize(("role", "profile"), [("job_seeker", JobSeeker), ("employer", Employer)])
def test_undecided_user_chooses_a_role_and_gets_its_profile(undecided, role, profile):
    before = undecided.get(URL).json()["data"]["user"]

    response = undecided.patch(URL, {"role": role})

    user = response.json()["data"]["user"]
    assert response.status_code == 200
    assert user["role"] == role
    assert user["updated_at"] > before["updated_at"]
    assert profile.objects.get().user == undecided.user
    assert JobSeeker.objects.count() + Employer.objects.count() == 1


@pytest.mark.parametrize("role", ["admin", "", None, "boss"])
def test_undecided_user_chooses_a_role_that_is_not_offered_and_it_is_refused(undecided, role):
    response = undecided.patch(URL, {"role": role})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["role"]
    undecided.user.refresh_from_db()
    assert undecided.user.role == ""


@pytest.mark.parametrize("role", ["employer", "job_seeker"])
def test_user_with_a_role_chooses_again_and_it_is_refused(seeker, role):
    response = seeker.patch(URL, {"role": role})

    assert response.status_code == 400
    assert response.json()["errors"] == {"role": ["The role was chosen already and cannot be changed."]}
    assert User.objects.get().role == "job_seeker"
    assert not Employer.objects.exists()


def test_user_changes_nothing_else_of_the_account(undecided):
    undecided.patch(
        URL, {"role": "employer", "email": "boss@example.org", "is_staff": True, "user_id": "0" * 32, "password": "x"}
    )

    user = User.objects.get()
    assert (user.pk, user.email, user.is_staff) == (undecided.user.pk, undecided.user.email, False)
    assert user.password == undecided.user.password


@pytest.mark.django_db(transaction=True)
def test_undecided_user_chooses_twice_at_once_and_one_choice_counts(client_for):
    user = UserFactory()
    roles = ["job_seeker", "employer"]

    responses = at_once(*(partial(client_for(user).patch, URL, {"role": role}) for role in roles))

    assert sorted(response.status_code for response in responses) == [200, 400]
    user.refresh_from_db()
    assert user.role == roles[[response.status_code for response in responses].index(200)]
    assert JobSeeker.objects.count() + Employer.objects.count() == 1
    assert hasattr(user, user.role)
