"""Jobs, categories and locations as JSON."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from accounts.serializers import EmployerSerializer
from anywork.api.fields import (
    BlankableLineField,
    BlankableNameField,
    BlankableTextField,
    DateOrTimestampField,
    NameField,
    TextField,
)
from anywork.api.serializers import ModelSerializer, RowListSerializer
from jobs.models import Category, Job, Location, closing_time

LATEST_YEAR = 9998


class CategorySerializer(ModelSerializer[Category]):
    """A field of work."""

    name = NameField(max_length=100)
    description = BlankableTextField(max_length=2_000)

    class Meta:
        model = Category
        fields = ("category_id", "name", "description")


class LocationSerializer(ModelSerializer[Location]):
    """A place of work."""

    city = NameField(max_length=100)
    state = BlankableNameField(max_length=100)
    country = NameField(max_length=100)

    class Meta:
        model = Location
        fields = ("location_id", "city", "state", "country")


class JobSerializer(ModelSerializer[Job]):
    """A job, with the keys alone of what belongs to it."""

    title = NameField(max_length=255)
    description = TextField(max_length=20_000)
    salary_range = BlankableLineField(max_length=100, trim_whitespace=False)
    expires_at = DateOrTimestampField(
        help_text="A date, or a timestamp; exactly midnight (UTC) means until the end of that day. Not in the past."
    )

    class Meta:
        model = Job
        fields: tuple[str, ...] = (
            "job_id",
            "title",
            "description",
            "salary_range",
            "job_type",
            "posted_at",
            "expires_at",
            "is_active",
            "employer",
            "location",
            "category",
        )
        read_only_fields = ("job_id", "posted_at", "employer")
        list_serializer_class = RowListSerializer

    def validate_is_active(self, value: bool) -> bool:  # noqa: FBT001 - the framework's signature
        if value and isinstance(self.instance, Job) and self.instance.employer_id is None:
            raise serializers.ValidationError("The employer is gone, so this job stays closed.")
        return value

    def validate_expires_at(self, value: datetime) -> datetime:
        if self.instance is not None and value == self.instance.expires_at:
            # An expired job can still be edited, as long as nobody pretends that it expires in the past anew.
            return value
        if value.year > LATEST_YEAR:
            raise serializers.ValidationError("This date is too far in the future.")
        if closing_time(value) <= timezone.now():
            raise serializers.ValidationError("This date is in the past.")
        return value


class JobDetailsSerializer(JobSerializer):
    """A job with those details that the context's `expand` names; without one, with all."""

    DETAILS = ("employer", "location", "category")

    employer_details = EmployerSerializer(source="employer", read_only=True)
    location_details = LocationSerializer(source="location", read_only=True)
    category_details = CategorySerializer(source="category", read_only=True)

    class Meta(JobSerializer.Meta):
        fields: tuple[str, ...] = (
            *JobSerializer.Meta.fields,
            "employer_details",
            "location_details",
            "category_details",
        )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name in set(self.DETAILS) - set(self.context.get("expand", self.DETAILS)):
            del fields[f"{name}_details"]
        return fields


class FacetValueSerializer(serializers.Serializer[Any]):
    """How many of the jobs have a value."""

    value = serializers.CharField(help_text="As the filter of that name takes it.")
    name = serializers.CharField(allow_blank=True, help_text="For people.")
    count = serializers.IntegerField()


class DroppedFilterSerializer(serializers.Serializer[Any]):
    """How many jobs there would be without one of the filters."""

    filter = serializers.CharField(help_text="The parameter that is left out.")
    count = serializers.IntegerField()


class FacetsSerializer(serializers.Serializer[Any]):
    """What a list of jobs consists of."""

    count = serializers.IntegerField()
    did_you_mean = serializers.CharField(
        allow_null=True,
        help_text="The words that the caller seems to have meant; these were looked for if its own find nothing.",
    )
    job_type = FacetValueSerializer(many=True)
    category = FacetValueSerializer(many=True)
    location = FacetValueSerializer(many=True)
    employer = FacetValueSerializer(many=True)
    without = DroppedFilterSerializer(
        many=True, help_text="Where nothing is found: the filters without any one of which something would be."
    )


class SuggestQuerySerializer(serializers.Serializer[Any]):
    """What is typed."""

    q = BlankableLineField(max_length=100, default="", help_text="Two letters at least; fewer suggest nothing.")


class SuggestionsSerializer(serializers.Serializer[Any]):
    """What can be searched for, and finds open jobs."""

    titles = serializers.ListField(child=serializers.CharField())
    companies = serializers.ListField(child=serializers.CharField())
    places = serializers.ListField(child=serializers.CharField())
