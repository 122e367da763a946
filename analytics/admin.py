from django.contrib import admin

from analytics.models import Analytics
from anywork.admin import RecordAdmin


@admin.register(Analytics)
class AnalyticsAdmin(RecordAdmin):
    list_display = ("date", "job", "job__employer__company_name", "views", "applications")
    list_select_related = ("job__employer",)
    search_fields = ("job__title", "job__employer__company_name", "^job__job_id")
    date_hierarchy = "date"
    ordering = ("-date", "-pk")
    show_full_result_count = False
