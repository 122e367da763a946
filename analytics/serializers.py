"""Serializers of counters."""

from analytics.models import Analytics
from anywork.api.serializers import ModelSerializer


class AnalyticsSerializer(ModelSerializer[Analytics]):
    """Counters of one job on one day."""

    class Meta:
        model = Analytics
        fields = ("analytics_id", "views", "applications", "date", "job")
        read_only_fields = fields
