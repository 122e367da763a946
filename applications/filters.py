"""Filters of applications."""

import django_filters

from anywork.api.filters import FilterSet, RepeatableChoiceFilter, TotalOrderingFilter
from applications.choices import Status
from applications.models import Application


class ApplicationFilter(FilterSet):
    job = django_filters.UUIDFilter(field_name="job", label="Applications to this job.")
    job_seeker = django_filters.UUIDFilter(field_name="job_seeker", label="Applications of this job seeker.")
    status = RepeatableChoiceFilter(choices=Status.choices, label="Any of these statuses.")
    ordering = TotalOrderingFilter(fields=("applied_at", "status"))

    class Meta:
        model = Application
        fields: tuple[str, ...] = ()
