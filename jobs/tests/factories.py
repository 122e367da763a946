from datetime import timedelta

import factory
from django.utils import timezone

from accounts.tests.factories import EmployerFactory
from jobs.models import Category, CurrencyRate, Job, Location, Synonym


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
        closed = factory.Trait(is_active=False)
        expired = factory.Trait(expires_at=factory.LazyFunction(lambda: timezone.now() - timedelta(days=3)))

    employer = factory.SubFactory(EmployerFactory)
    location = factory.SubFactory(LocationFactory)
    category = factory.SubFactory(CategoryFactory)
    title = factory.Sequence(lambda n: f"Software Engineer {n}")
    description = "We are looking for a skilled software engineer."
    salary_range = "$80,000 - $100,000"
    job_type = "full-time"
    expires_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))


class SynonymFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Synonym

    name = factory.Sequence(lambda n: f"abbreviation {n}")
    meaning = "long name"
