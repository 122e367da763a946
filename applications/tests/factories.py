import factory

from accounts.tests.factories import JobSeekerFactory
from applications.models import Application, Assessment, Note, Question
from jobs.tests.factories import JobFactory
from resumes.tests.factories import ResumeFactory


class ApplicationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Application

    job_seeker = factory.SubFactory(JobSeekerFactory)
    job = factory.SubFactory(JobFactory)
    resume = factory.SubFactory(ResumeFactory, job_seeker=factory.SelfAttribute("..job_seeker"))
    cover_letter = "I am excited to apply for this position."


class NoteFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Note

    application = factory.SubFactory(ApplicationFactory)
    author = factory.SelfAttribute("application.job.employer.user")
    text = "Knows our stack."


class AssessmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Assessment

    application = factory.SubFactory(ApplicationFactory)
    author = factory.SelfAttribute("application.job.employer.user")
    rating = 4
    tags = ["Python"]


class QuestionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Question

    job = factory.SubFactory(JobFactory)
    position = factory.Sequence(lambda n: n)
    text = "Do you have a driving licence?"
    kind = "yes_no"
    required = True
