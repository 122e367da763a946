"""Counts that an employer gets with its jobs. The apps above register them in AppConfig.ready()."""

from collections.abc import Collection
from copy import deepcopy
from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.models import User
from anywork.api.expanding import Expansion

counters: list[Expansion] = []


class JobCountsSerializer(serializers.Serializer[Any]):
    """Numbers of what happened to a job."""

    def get_fields(self) -> dict[str, Any]:
        return {counter.key: deepcopy(counter.field) for counter in counters}


def _load_counts(job_ids: Collection[UUID], caller: User) -> dict[UUID, Any]:
    loaded = [(counter.key, counter.load(job_ids, caller)) for counter in counters]
    return {job_id: {key: numbers[job_id] for key, numbers in loaded} for job_id in job_ids}


COUNTS = Expansion("counts", JobCountsSerializer(), _load_counts)
