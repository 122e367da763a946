"""The parameters of analytics lists."""

import django_filters

from analytics.models import Analytics


class AnalyticsFilter(django_filters.FilterSet):
    """Narrows a list of counters."""

    job = django_filters.UUIDFilter(field_name="job")
    date_from = django_filters.DateFilter(field_name="date", lookup_expr="gte")
    date_to = django_filters.DateFilter(field_name="date", lookup_expr="lte")

    class Meta:
        model = Analytics
        fields: tuple[str, ...] = ()
