import hashlib

import factory
from django.core.files.base import ContentFile

from accounts.tests.factories import JobSeekerFactory
from anywork.testing.pdf import make_pdf
from resumes.models import Resume


class ResumeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Resume

    class Params:
        data = factory.Sequence(lambda n: make_pdf(f"Resume {n}"))

    job_seeker = factory.SubFactory(JobSeekerFactory)
    file = factory.LazyAttribute(lambda o: ContentFile(o.data, name="resume.pdf"))
    file_name = "resume.pdf"
    checksum = factory.LazyAttribute(lambda o: hashlib.sha256(o.data).hexdigest())
