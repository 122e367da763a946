"""Views of counters."""

from django.db.models import QuerySet
from rest_framework import mixins

from analytics.filters import AnalyticsFilter
from analytics.models import Analytics
from analytics.schema import analytics_documented
from analytics.serializers import AnalyticsSerializer
from anywork.api.pagination import WholeListPagination
from anywork.api.viewsets import ResourceViewSet


@analytics_documented
class AnalyticsViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ResourceViewSet):
    """Daily counters of an employer's jobs."""

    serializer_class = AnalyticsSerializer
    filterset_class = AnalyticsFilter
    pagination_class = WholeListPagination
    lookup_url_kwarg = "analytics_id"

    def get_queryset(self) -> QuerySet[Analytics]:
        return Analytics.objects.visible_to(self.caller)
