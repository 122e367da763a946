import factory
from django.utils import timezone

from analytics.models import Analytics
from jobs.tests.factories import JobFactory


class AnalyticsFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Analytics

    job = factory.SubFactory(JobFactory)
    date = factory.LazyFunction(lambda: timezone.now().date())
    views = 7
    applications = 2
