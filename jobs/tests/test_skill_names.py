"""Synonyms that are proposed as names of skills."""

import pytest

from accounts.tests.factories import JobSeekerFactory, SkillFactory
from jobs.tests.factories import SynonymFactory

URL = "/api/skills/suggest/"

pytestmark = pytest.mark.django_db


def test_synonyms_of_the_job_market_are_suggested_in_the_spelling_of_users(seeker):
    for person in JobSeekerFactory.create_batch(5):
        SkillFactory(user=person.user, name="Zz Top Skill")
    SynonymFactory(name="zza", meaning="zz analysis")
    SynonymFactory(name="zz-b", meaning="Other meaning")
    SynonymFactory(name="azz", meaning="ZZ TOP SKILL")

    assert seeker.get(URL, {"q": "ZZ"}).json() == {"names": ["zza", "zz-b", "zz analysis", "Zz Top Skill"]}
    assert seeker.get(URL, {"q": "zzá"}).json() == {"names": ["zza"]}
    assert seeker.get(URL, {"q": "z"}).json() == {"names": []}


def test_former_names_are_no_skills(seeker):
    SynonymFactory(name="zzold", meaning="zztown", is_former_name=True)

    assert seeker.get(URL, {"q": "zz"}).json() == {"names": []}


def test_at_most_ten_synonyms(seeker):
    for number in range(12):
        SynonymFactory(name=f"zz {number:02}", meaning=f"zz {number:03}")

    assert seeker.get(URL, {"q": "zz"}).json() == {"names": [f"zz {number:02}" for number in range(10)]}
