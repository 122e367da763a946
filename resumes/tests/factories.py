import hashlib
from datetime import UTC, datetime, timedelta

import factory
from django.core.files.base import ContentFile

from accounts.tests.factories import AdminFactory, JobSeekerFactory
from anywork.local.pdf import make_pdf
from resumes.models import Resume, ResumeAccess


class ResumeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Resume

    class Params:
        data = factory.Sequence(lambda n: make_pdf(f"Resume {n}"))

    job_seeker = factory.SubFactory(JobSeekerFactory)
    file = factory.LazyAttribute(lambda o: ContentFile(o.data, name="resume.pdf"))
    file_name = "resume.pdf"
    size = factory.LazyAttribute(lambda o: len(o.data))
    checksum = factory.LazyAttribute(lambda o: hashlib.sha256(o.data).hexdigest())


class ResumeAccessFactory(factory.django.DjangoModelFactory):
    """An administrator opened it."""

    class Meta:
        model = ResumeAccess

    resume = factory.SubFactory(ResumeFactory)
    actor = factory.SubFactory(AdminFactory)
    # A minute apart: the same actor opens a file once a minute at most.
    opened_at = factory.Sequence(lambda n: datetime(2030, 1, 1, tzinfo=UTC) + timedelta(minutes=n))
    by_link = False
