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
from resumes.models import Resume

# Matches no password.
UNUSABLE = "!"


def write_people(cursor: Any, size: Size) -> None:
    """Write employers, job seekers, resumes, categories and locations."""
    rng = random.Random("people")
    copy(cursor, Category, (Category(category_id=key(rng), name=name) for name in CATEGORIES[: size.categories]))
    copy(cursor, Location, _locations(rng, size.locations))
    employers = [_user(rng, f"hiring-{number}", Role.EMPLOYER) for number in range(size.employers)]
    copy(cursor, User, employers)
    names = zip(employers, company_names(size.employers), strict=True)
    copy(cursor, Employer, (Employer(user=user, company_name=name) for user, name in names))
    users = [_user(rng, f"seeker-{number}", Role.JOB_SEEKER) for number in range(size.seekers)]
    copy(cursor, User, users)
    copy(cursor, JobSeeker, (_seeker(rng, user) for user in users))
    copy(cursor, Resume, (_resume(rng, user) for user in users))


def key(rng: random.Random) -> UUID:
    """Return a key, the same one in every run."""
    return UUID(int=rng.getrandbits(128), version=4)


def _user(rng: random.Random, name: str, role: Role) -> User:
    return User(user_id=key(rng), email=f"{name}@example.com", role=role, password=UNUSABLE)


def _seeker(rng: random.Random, user: User) -> JobSeeker:
    first_name, last_name = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    return JobSeeker(user=user, first_name=first_name, last_name=last_name, phone_number="080 444 555 666")


def _resume(rng: random.Random, user: User) -> Resume:
    resume_id = key(rng)
    return Resume(
        resume_id=resume_id,
        job_seeker_id=user.pk,
        file=f"resumes/{resume_id}.pdf",
        file_name="Resume.pdf",
        checksum=hashlib.sha256(resume_id.bytes).hexdigest(),
    )


def _locations(rng: random.Random, number: int) -> Iterator[Location]:
    for city, country in places(number):
        location = Location(location_id=key(rng), city=city, country=country)
        location.place()
        yield location
