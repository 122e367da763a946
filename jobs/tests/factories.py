from datetime import timedelta

import factory
from django.utils import timezone

from accounts.tests.factories import EmployerFactory, JobSeekerFactory
from jobs.models import Category, CurrencyRate, Job, JobSkill, Location, Synonym
from jobs.saving.models import SavedJob, SavedSearch

# Of the form of a job in the admin site, without skills.
NO_SKILLS = {"skills-TOTAL_FORMS": 0, "skills-INITIAL_FORMS": 0}


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")
    description = "Jobs of a kind"


class LocationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Location

    city = factory.Sequence(lambda n: f"City {n}")
    state = "Ogun"
    country = "Nigeria"


class CurrencyRateFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CurrencyRate

    # The migration has seeded others.
    currency = factory.Iterator(["BWP", "CRC", "DOP", "ETB", "FJD", "GTQ", "JOD", "KZT", "LKR", "MUR", "NAD", "QAR"])
    per_dollar = 10


class JobFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Job

    class Params:
        closed = factory.Trait(is_active=False, inactive_state="closed")
        draft = factory.Trait(is_active=False, inactive_state="draft")
        scheduled = factory.Trait(
            is_active=False,
            inactive_state="scheduled",
            publish_at=factory.LazyFunction(lambda: timezone.now() + timedelta(days=1)),
        )
        expired = factory.Trait(expires_at=factory.LazyFunction(lambda: timezone.now() - timedelta(days=3)))

    employer = factory.SubFactory(EmployerFactory)
    location = factory.SubFactory(LocationFactory)
    category = factory.SubFactory(CategoryFactory)
    title = factory.Sequence(lambda n: f"Software Engineer {n}")
    description = "We are looking for a skilled software engineer."
    salary_range = "$80,000 - $100,000"
    job_type = "full-time"
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))


class JobSkillFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = JobSkill

    job = factory.SubFactory(JobFactory)
    name = factory.Sequence(lambda n: f"Skill {n}")
    importance = "required"


class SynonymFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Synonym

    name = factory.Sequence(lambda n: f"abbreviation {n}")
    meaning = "long name"


class SavedJobFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SavedJob

    job_seeker = factory.SubFactory(JobSeekerFactory)
    job = factory.SubFactory(JobFactory)


class SavedSearchFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SavedSearch

    job_seeker = factory.SubFactory(JobSeekerFactory)
    name = factory.Sequence(lambda n: f"Search {n}")
    query = "search=engineer"

    @classmethod
    def _create(cls, model_class, **values):
        search = model_class(**values)
        search.begin()
        search.plan(search.told_until)
        search.save(force_insert=True)
        return search
