"""`expand=saved` of jobs."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from rest_framework.serializers import UUIDField

from anywork.api.expanding import Expansion
from jobs.saving.models import SavedJob


def _load_saved(job_ids: Collection[UUID], caller: Any) -> dict[UUID, UUID]:
    if not getattr(caller, "is_job_seeker", False):
        return {}
    return dict(SavedJob.objects.visible_to(caller).filter(job__in=job_ids).values_list("job", "pk"))


SAVED = Expansion(
    "saved_job_id",
    UUIDField(allow_null=True, help_text="Key of the saved job, if the caller has saved it."),
    _load_saved,
)
