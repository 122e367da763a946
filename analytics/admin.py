from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from import_export.fields import Field
from import_export.resources import ModelResource

from analytics.models import Analytics
from anywork.admin import RecordAdmin
from anywork.transfer import ExportAdmin


class AnalyticsResource(ModelResource):
    title = Field("job__title", "title")
    company = Field("job__employer__company_name", "company")

    class Meta:
        model = Analytics
        fields = ("date", "job", "title", "company", "views", "applications")
        chunk_size = 1_000

    def filter_export(self, queryset: QuerySet[Analytics], **kwargs: Any) -> QuerySet[Analytics]:
        return queryset.defer("job__description", "job__search")


@admin.register(Analytics)
class AnalyticsAdmin(ExportAdmin, RecordAdmin):
    resource_classes = (AnalyticsResource,)
    list_display = ("date", "job", "job__employer__company_name", "views", "applications")
    list_select_related = ("job__employer",)
    list_filter = ("date",)
    search_fields = ("job__employer__company_name", "^job__job_id")
    search_help_text = "Company name or job id."
    ordering = ("-date", "-pk")
