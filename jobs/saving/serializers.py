"""Saved jobs and saved searches as JSON."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django_filters.utils import translate_validation
from rest_framework import serializers

from anywork.api.fields import KeyField, NameField, VerbatimLineField
from anywork.api.serializers import ModelSerializer
from jobs.filters import JobFilter
from jobs.models import Job
from jobs.querysets import JobQuerySet, JobState
from jobs.saving.models import Frequency, SavedJob, SavedSearch
from jobs.serializers import EXPANDABLE, LocationDetailsSerializer

# The fields that each name of `expand` adds.
EXPANDABLE_SAVED: Mapping[str, tuple[str, ...]] = {"job": ("job_details",), "state": EXPANDABLE["state"]}


class VisibleJobField(KeyField):
    """Key of a job that the caller sees."""

    def get_queryset(self) -> JobQuerySet:
        return Job.objects.visible_to(self.context["request"].user)


class SavedJobSerializer(ModelSerializer[SavedJob]):
    """A job that the caller has saved."""

    job = VisibleJobField(queryset=Job.objects.all())

    class Meta:
        model = SavedJob
        fields: tuple[str, ...] = ("saved_job_id", "job", "saved_at")


class SavedJobSummarySerializer(ModelSerializer[Job]):
    """What is shown of a saved job in every state: the rest is at the job itself, while it is open."""

    company_name = serializers.CharField(read_only=True)
    location_details = LocationDetailsSerializer(source="location", read_only=True)

    class Meta:
        model = Job
        fields = ("title", "company_name", "location_details", "job_type", "salary_range", "posted_at", "expires_at")
        read_only_fields = fields


class SavedJobDetailsSerializer(SavedJobSerializer):
    """A saved job with what `expand` in the context names, or with all."""

    job_details = SavedJobSummarySerializer(source="job", read_only=True)
    state = serializers.ChoiceField(JobState.choices, source="job.state_now", read_only=True)
    closes_at = serializers.DateTimeField(source="job.closes_at", read_only=True)

    class Meta(SavedJobSerializer.Meta):
        optional_fields = ("job_details", "state", "closes_at")
        fields = (*SavedJobSerializer.Meta.fields, *optional_fields)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name in EXPANDABLE_SAVED.keys() - set(self.context.get("expand", EXPANDABLE_SAVED)):
            for field in EXPANDABLE_SAVED[name]:
                del fields[field]
        return fields


class SavedSearchSerializer(ModelSerializer[SavedSearch]):
    """A search that the caller has saved."""

    name = NameField(max_length=100)
    query = VerbatimLineField(
        max_length=2_000,
        required=True,
        help_text="Parameters of `GET /api/jobs/`, as in its URL. Stored without those that filter nothing.",
    )
    frequency = serializers.ChoiceField(Frequency.choices, default=Frequency.DAILY)

    class Meta:
        model = SavedSearch
        fields = ("saved_search_id", "name", "query", "frequency", "created_at")
        read_only_fields = ("created_at",)

    def validate_query(self, value: str) -> str:
        filters = JobFilter(QueryDict(value.removeprefix("?")))
        if not filters.is_valid():
            problems: Any = translate_validation(filters.errors)
            raise problems
        return filters.normalized

    def create(self, validated_data: dict[str, Any]) -> SavedSearch:
        search = SavedSearch(**validated_data)
        search.begin()
        search.plan(search.told_until)
        search.save(force_insert=True)
        return search

    def update(self, instance: SavedSearch, validated_data: dict[str, Any]) -> SavedSearch:
        query, frequency = instance.query, instance.frequency
        for field, value in validated_data.items():
            setattr(instance, field, value)
        if instance.query != query or frequency == Frequency.OFF:
            instance.begin()
        if (instance.query, instance.frequency) != (query, frequency):
            instance.plan(timezone.now())
        instance.save()
        return instance
