from django.contrib import admin

from analytics.models import Analytics
from anywork.admin import RecordAdmin


@admin.register(Analytics)
class AnalyticsAdmin(RecordAdmin):
    list_display = ("date", "job", "job__employer__company_name", "views", "applications")
    list_select_related = ("job__employer",)
    list_filter = ("date",)
    search_fields = ("job__employer__company_name", "^job__job_id")
    search_help_text = "Company name or job id."
    ordering = ("-date", "-pk")
