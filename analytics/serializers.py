"""Counters as JSON."""

from rest_framework import serializers

from analytics.models import Analytics


class AnalyticsSerializer(serializers.ModelSerializer[Analytics]):
    """One job on one day."""

    class Meta:
        model = Analytics
        fields = ("analytics_id", "views", "applications", "date", "job")
        read_only_fields = fields
