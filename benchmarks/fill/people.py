"""Employers, job seekers with a resume each, categories and locations."""

import hashlib
import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from accounts.models import Employer, JobSeeker, Role, User
from benchmarks.fill.copying import copy
from benchmarks.fill.size import Size
from benchmarks.fill.vocabulary import CATEGORIES, FIRST_NAMES, LAST_NAMES, company_names, places
from jobs.models import Category, Location
from jobs.searching.gazetteer import coordinates
from resumes.models import Resume

# Nobody's password.
UNUSABLE = "!"


def write_people(cursor: Any, size: Size) -> None:
    """Write who posts, who applies, and what jobs are filed under."""
    chance = random.Random("people")
    copy(cursor, Category, (Category(category_id=key(chance), name=name) for name in CATEGORIES[: size.categories]))
    copy(cursor, Location, _locations(chance, size.locations))
    employers = [_user(chance, f"hiring-{number}", Role.EMPLOYER) for number in range(size.employers)]
    copy(cursor, User, employers)
    names = zip(employers, company_names(size.employers), strict=True)
    copy(cursor, Employer, (Employer(user=user, company_name=name) for user, name in names))
    users = [_user(chance, f"seeker-{number}", Role.JOB_SEEKER) for number in range(size.seekers)]
    copy(cursor, User, users)
    copy(cursor, JobSeeker, (_seeker(chance, user) for user in users))
    copy(cursor, Resume, (_resume(chance, user) for user in users))


def key(chance: random.Random) -> UUID:
    """Return a random key, the same one in every run."""
    return UUID(int=chance.getrandbits(128), version=4)


def _user(chance: random.Random, name: str, role: Role) -> User:
    return User(user_id=key(chance), email=f"{name}@example.com", role=role, password=UNUSABLE)


def _seeker(chance: random.Random, user: User) -> JobSeeker:
    first_name, last_name = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    return JobSeeker(user=user, first_name=first_name, last_name=last_name, phone_number="080 444 555 666")


def _resume(chance: random.Random, user: User) -> Resume:
    resume_id = key(chance)
    return Resume(
        resume_id=resume_id,
        job_seeker_id=user.pk,
        file=f"resumes/{resume_id}.pdf",
        file_name="Resume.pdf",
        checksum=hashlib.sha256(resume_id.bytes).hexdigest(),
    )


def _locations(chance: random.Random, number: int) -> Iterator[Location]:
    for city, country in places(number):
        latitude, longitude = coordinates(city, country) or (None, None)
        yield Location(location_id=key(chance), city=city, country=country, latitude=latitude, longitude=longitude)
