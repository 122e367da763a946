"""Filters of counters."""

import django_filters

from analytics.models import Analytics
from anywork.api.filters import DateFilter, FilterSet


class AnalyticsFilter(FilterSet):
    job = django_filters.UUIDFilter(field_name="job", label="Counters of this job.")
    date_from = DateFilter(field_name="date", lookup_expr="gte", label="On this day (UTC) or later.")
    date_to = DateFilter(field_name="date", lookup_expr="lte", label="On this day (UTC) or earlier.")

    class Meta:
        model = Analytics
        fields: tuple[str, ...] = ()
