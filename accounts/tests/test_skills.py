import pytest

from accounts.models import Skill
from accounts.tests.factories import JobSeekerFactory, SkillFactory
from anywork.testing.concurrency import at_once

URL = "/api/skills/"


def test_seeker_adds_a_skill_that_belongs_to_the_caller(seeker):
    other = SkillFactory().user

    response = seeker.post(URL, {"name": "  Django ", "user": str(other.pk)})

    skill = Skill.objects.get(user=seeker.user)
    assert response.status_code == 201
    assert response.json() == {"skill_id": str(skill.pk), "name": "Django", "user": str(seeker.user.pk)}
    assert other.skills.count() == 1


@pytest.mark.parametrize("name", ["Django", "DJANGO", " django "])
def test_seeker_adds_a_skill_twice_and_is_shown_the_first(seeker, name):
    first = SkillFactory(user=seeker.user, name="Django")
    SkillFactory(name="Django")  # of another user

    response = seeker.post(URL, {"name": name})

    assert response.status_code == 409
    assert response.json()["code"] == "already_exists"
    assert response.json()["existing"] == {"skill_id": str(first.pk)}
    assert seeker.user.skills.count() == 1


def test_two_seekers_have_the_same_skill(seeker):
    SkillFactory(name="Django")

    assert seeker.post(URL, {"name": "Django"}).status_code == 201


@pytest.mark.parametrize("name", ["", "  ", None, "x" * 101, ["Django"], "a\x00b"])
def test_seeker_adds_a_skill_with_a_bad_name_and_it_is_refused(seeker, name):
    response = seeker.post(URL, {"name": name})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["name"]
    assert not Skill.objects.exists()


def test_seeker_reads_skills_by_name(seeker):
    for name in ("Python", "Celery", "Django"):
        SkillFactory(user=seeker.user, name=name)

    assert [row["name"] for row in seeker.get(URL).json()["results"]] == ["Celery", "Django", "Python"]


def test_seeker_reads_a_hundred_skills_at_once(seeker):
    Skill.objects.bulk_create(Skill(user=seeker.user, name=f"Skill {n}") for n in range(101))

    response = seeker.get(URL).json()

    assert (response["count"], len(response["results"])) == (101, 100)
    assert response["next"].endswith("/api/skills/?page=2")


@pytest.mark.parametrize("method", ["put", "patch"])
def test_seeker_renames_a_skill_also_to_another_spelling_of_itself(seeker, method):
    skill = SkillFactory(user=seeker.user, name="django")

    response = getattr(seeker, method)(f"{URL}{skill.pk}/", {"name": "Django"})

    assert response.status_code == 200
    assert response.json()["name"] == Skill.objects.get().name == "Django"


@pytest.mark.parametrize("method", ["put", "patch"])
def test_seeker_renames_a_skill_onto_another_and_is_shown_that(seeker, method):
    skill = SkillFactory(user=seeker.user, name="Flask")
    other = SkillFactory(user=seeker.user, name="Django")

    response = getattr(seeker, method)(f"{URL}{skill.pk}/", {"name": "DJANGO"})

    assert response.status_code == 409
    assert response.json()["existing"] == {"skill_id": str(other.pk)}
    skill.refresh_from_db()
    assert skill.name == "Flask"


def test_seeker_deletes_a_skill(seeker):
    skill = SkillFactory(user=seeker.user)

    response = seeker.delete(f"{URL}{skill.pk}/")

    assert (response.status_code, response.content) == (204, b"")
    assert not Skill.objects.exists()


@pytest.mark.parametrize(("name", "again"), [("İstanbul", "istanbul"), ("Straße", "STRAßE"), ("Łódź", "łódź")])
def test_seeker_adds_a_skill_twice_in_any_alphabet_and_is_shown_the_first(seeker, name, again):
    first = SkillFactory(user=seeker.user, name=name)

    response = seeker.post(URL, {"name": again})

    assert response.status_code == 409
    assert response.json()["existing"] == {"skill_id": str(first.pk)}


@pytest.mark.django_db(transaction=True)
def test_seeker_adds_a_skill_twice_at_once_and_has_it_once(client_for):
    user = JobSeekerFactory().user

    responses = at_once(*[lambda: client_for(user).post(URL, {"name": "Django"})] * 2)

    assert sorted(response.status_code for response in responses) == [201, 409]
    refused = next(response for response in responses if response.status_code == 409)
    assert refused.json()["existing"] == {"skill_id": str(Skill.objects.get().pk)}


@pytest.mark.parametrize(("existing", "sent"), [("Caf\u00e9", "CAFE\u0301"), ("Data Science", "Data \u200b Science")])
def test_seeker_adds_a_skill_that_looks_like_another_and_gets_its_key(seeker, existing, sent):
    key = seeker.post("/api/skills/", {"name": existing}).json()["skill_id"]

    response = seeker.post("/api/skills/", {"name": sent})

    assert (response.status_code, response.json()["existing"]) == (409, {"skill_id": key})
    assert Skill.objects.get().name == existing


def test_seeker_reads_skills_by_name_without_regard_to_case_and_accents(seeker):
    for name in ("zebra", "Érable", "Banana", "apple"):
        seeker.post("/api/skills/", {"name": name})

    names = [row["name"] for row in seeker.get("/api/skills/").json()["results"]]

    assert names == ["apple", "Banana", "Érable", "zebra"]
