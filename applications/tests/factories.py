import factory

from accounts.tests.factories import JobSeekerFactory
from applications.models import Application
from jobs.tests.factories import JobFactory
from resumes.tests.factories import ResumeFactory


class ApplicationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Application

    job_seeker = factory.SubFactory(JobSeekerFactory)
    job = factory.SubFactory(JobFactory)
    resume = factory.SubFactory(ResumeFactory, job_seeker=factory.SelfAttribute("..job_seeker"))
    cover_letter = "I am excited to apply for this position."
