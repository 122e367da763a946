"""The parameters of analytics lists."""

import django_filters

from analytics.models import Analytics
from anywork.api.filters import FilterSet


class AnalyticsFilter(FilterSet):
    """Narrows a list of counters."""

    job = django_filters.UUIDFilter(field_name="job", label="Counters of this job.")
    date_from = django_filters.DateFilter(field_name="date", lookup_expr="gte", label="That day (UTC) or later.")
    date_to = django_filters.DateFilter(field_name="date", lookup_expr="lte", label="That day (UTC) or earlier.")

    class Meta:
        model = Analytics
        fields: tuple[str, ...] = ()
