"""What counters add to the jobs of an employer."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Sum
from rest_framework import serializers

from accounts.models import User
from analytics.models import Analytics
from anywork.api.expanding import Expansion


def _load_views(job_ids: Collection[UUID], caller: User) -> dict[UUID, int]:
    days = Analytics.objects.visible_to(caller).filter(job__in=job_ids).order_by()
    views = dict(days.values_list("job").annotate(views=Sum("views")))
    return {job_id: views.get(job_id, 0) for job_id in job_ids}


VIEWS = Expansion("views", serializers.IntegerField(), _load_views)
