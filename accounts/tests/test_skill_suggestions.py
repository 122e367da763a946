"""Names of skills that several users have."""

import pytest

from accounts import skill_names
from accounts.models import Skill
from accounts.tests.factories import JobSeekerFactory

URL = "/api/skills/suggest/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_sources(monkeypatch):
    """Of other apps."""
    monkeypatch.setattr(skill_names, "sources", {})


@pytest.fixture
def seekers():
    return [seeker.user for seeker in JobSeekerFactory.create_batch(6)]


def _give(users, *names):
    Skill.objects.bulk_create(Skill(user=user, name=name) for user in users for name in names)


def test_seeker_gets_names_that_five_users_have(seeker, seekers):
    _give(seekers, "Python scripting", "Python", "Cobol")
    _give(seekers[:4], "Pyrotechnics")
    _give(seekers[:3], "Pycharm")
    _give(seekers[3:5], "pycharm")

    names = seeker.get(URL, {"q": "PY"}).json()

    assert names == {"names": ["Python", "Pycharm", "Python scripting"]}


def test_spelling_is_that_of_most_and_accents_do_not_matter(employer, seekers):
    _give(seekers[:4], "Résumé writing")
    _give(seekers[4:], "resume writing")

    assert employer.get(URL, {"q": "resume"}).json() == {"names": ["Résumé writing"]}


def test_one_user_with_many_spellings_counts_once(seeker, seekers):
    _give(seekers[:1], "Secret", "Sécret", "Secrét", "Sécrét", "Sècret", "Secrèt")

    assert seeker.get(URL, {"q": "sec"}).json() == {"names": []}


@pytest.mark.parametrize("typed", ["", "p", "%", "__", "py%", "\\\\", "zz", "\U0010ffff\U0010ffff"])
def test_nothing_begins_with_it(seeker, seekers, typed):
    _give(seekers, "Python")

    assert seeker.get(URL, {"q": typed}).json() == {"names": []}


def test_long_text_is_refused(seeker):
    response = seeker.get(URL, {"q": "a" * 101})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["q"])


def test_anonymous_is_refused(anonymous):
    assert anonymous.get(URL, {"q": "py"}).status_code == 401


def test_at_most_ten_names(seeker, seekers):
    _give(seekers, *(f"Python {number:02}" for number in range(12)))

    assert seeker.get(URL, {"q": "py"}).json() == {"names": [f"Python {number:02}" for number in range(10)]}
