"""What is imported and exported in the admin site."""

from typing import Any

from django.db.models import QuerySet
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import DateTimeWidget

from anywork.transfer import FormResource
from jobs.models import Category, CurrencyRate, Job, Location, Synonym


class VocabularyResource(FormResource):
    """Base of categories and locations."""

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        if instance._state.adding:  # noqa: SLF001 - Django's own name for it
            instance.created_by = kwargs["user"]


class CategoryResource(VocabularyResource):
    class Meta:
        model = Category
        fields = ("name", "description")
        import_id_fields = ("name",)


class LocationResource(VocabularyResource):
    class Meta:
        model = Location
        fields = import_id_fields = ("city", "state", "country")


class CurrencyRateResource(FormResource):
    class Meta:
        model = CurrencyRate
        fields = ("currency", "per_dollar", "date")
        import_id_fields = ("currency",)


class SynonymResource(FormResource):
    class Meta:
        model = Synonym
        fields = import_id_fields = ("name", "meaning")


class Timestamp(Field):
    """A moment, which says that it is in UTC."""

    def __init__(self, name: str) -> None:
        super().__init__(name, name, DateTimeWidget("%Y-%m-%dT%H:%M:%SZ"))


class JobResource(ModelResource):
    """Jobs without their descriptions, which no spreadsheet shows well."""

    company = Field("employer__company_name", "company")
    city = Field("location__city", "city")
    state = Field("location__state", "state")
    country = Field("location__country", "country")
    category = Field("category__name", "category")
    posted_at = Timestamp("posted_at")
    expires_at = Timestamp("expires_at")
    is_open = Field("is_open", "is_open")

    class Meta:
        model = Job
        fields = (
            *("job_id", "title", "company", "city", "state", "country", "category", "job_type", "workplace"),
            *("salary_range", "posted_at", "expires_at", "is_open"),
        )
        chunk_size = 1_000

    def filter_export(self, queryset: QuerySet[Job], **kwargs: Any) -> QuerySet[Job]:
        return queryset.select_related("employer", "location", "category").defer("description", "search")
