"""Jobs, categories and locations as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import EmployerSerializer
from anywork.api.fields import (
    BlankableLineField,
    BlankableNameField,
    BlankableTextField,
    DateOrTimestampField,
    NameField,
    TextField,
    VerbatimLineField,
)
from anywork.api.serializers import ModelSerializer, RowListSerializer
from jobs.models import ERASED_EMPLOYER, Category, Job, Location, closing_time
from jobs.querysets import DETAILS, JobState
from jobs.rendering import render_html

MAX_YEAR = 9998

DATE_IN_PAST = "This date is in the past."
DID_YOU_MEAN = "The words that the caller seems to have meant; these were searched for if its own match nothing."

# The fields that each name of `expand` adds, everywhere and to a single job: rendering takes too long for a list.
EXPANDABLE: Mapping[str, tuple[str, ...]] = {
    **{name: (f"{name}_details",) for name in DETAILS},
    "state": ("state", "closes_at"),
}
EXPANDABLE_ALONE: Mapping[str, tuple[str, ...]] = {"description_html": ("description_html",)}


class CategorySerializer(ModelSerializer[Category]):
    """A field of work."""

    name = NameField(max_length=100)
    description = BlankableTextField(max_length=2_000)

    class Meta:
        model = Category
        fields = ("category_id", "name", "description")


class LocationSerializer(ModelSerializer[Location]):
    """Where a job is."""

    city = NameField(max_length=100)
    state = BlankableNameField(max_length=100)
    country = NameField(max_length=100)

    class Meta:
        model = Location
        fields = ("location_id", "city", "state", "country")


class JobSerializer(ModelSerializer[Job]):
    """A job, with the keys of employer, location and category."""

    title = NameField(max_length=255)
    description = TextField(max_length=20_000)
    salary_range = VerbatimLineField(max_length=100)
    expires_at = DateOrTimestampField(
        help_text="A date, or a timestamp. Midnight at any offset is taken as its date, and means until the end of "
        "that day (UTC). Not in the past."
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
            raise serializers.ValidationError(ERASED_EMPLOYER)
        return value

    def validate_expires_at(self, value: datetime) -> datetime:
        if self.instance is not None and value == self.instance.expires_at:
            # An expired job can be edited while its date stays the same.
            return value
        if value.year > MAX_YEAR:
            raise serializers.ValidationError("This date is too far in the future.")
        if closing_time(value) <= timezone.now():
            raise serializers.ValidationError(DATE_IN_PAST)
        return value


class JobDetailsSerializer(JobSerializer):
    """A job with what `expand` in the context names, or with all."""

    employer_details = EmployerSerializer(source="employer", read_only=True)
    location_details = LocationSerializer(source="location", read_only=True)
    category_details = CategorySerializer(source="category", read_only=True)
    # Method fields count as related data in ETags (see etags.py).
    state = serializers.SerializerMethodField()
    closes_at = serializers.SerializerMethodField(
        help_text="When it expires: at the end of the day if `expires_at` is midnight."
    )
    description_html = serializers.SerializerMethodField(
        help_text="The description as safe HTML: from HTML if it has the end of an element or <br>, else from Markdown."
    )

    class Meta(JobSerializer.Meta):
        fields: tuple[str, ...] = (
            *JobSerializer.Meta.fields,
            "employer_details",
            "location_details",
            "category_details",
            "state",
            "closes_at",
            "description_html",
        )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        expandable = {**EXPANDABLE, **EXPANDABLE_ALONE}
        for name in expandable.keys() - set(self.context.get("expand", expandable)):
            for field in expandable[name]:
                del fields[field]
        return fields

    @extend_schema_field(serializers.ChoiceField(JobState.choices))
    def get_state(self, job: Any) -> str:
        return job.state

    def get_closes_at(self, job: Job) -> datetime:
        return job.closes_at

    def get_description_html(self, job: Job) -> str:
        return render_html(job.description)


class FacetValueSerializer(serializers.Serializer[Any]):
    """The number of jobs with a value."""

    value = serializers.CharField(help_text="The value for the filter of the facet's name.")
    name = serializers.CharField(allow_blank=True, help_text="The display name.")
    count = serializers.IntegerField()


class DroppedFilterSerializer(serializers.Serializer[Any]):
    """The number of jobs without one of the filters."""

    filter = serializers.CharField(help_text="The parameter that is dropped.")
    count = serializers.IntegerField()


class FacetsSerializer(serializers.Serializer[Any]):
    """The facets of a list of jobs."""

    count = serializers.IntegerField()
    did_you_mean = serializers.CharField(allow_null=True, help_text=DID_YOU_MEAN)
    job_type = FacetValueSerializer(many=True)
    category = FacetValueSerializer(many=True)
    location = FacetValueSerializer(many=True)
    employer = FacetValueSerializer(many=True)
    without = DroppedFilterSerializer(
        many=True, help_text="If nothing matches: the filters of which dropping one alone gives matches."
    )
    without_word = serializers.CharField(
        allow_null=True, help_text="If nothing matches: the one word of the search without which jobs would."
    )


class SuggestQuerySerializer(serializers.Serializer[Any]):
    """The typed text."""

    q = BlankableLineField(max_length=100, default="", help_text="At least two letters; fewer give no suggestions.")


class SuggestionsSerializer(serializers.Serializer[Any]):
    """Completions that match open jobs."""

    titles = serializers.ListField(child=serializers.CharField())
    companies = serializers.ListField(child=serializers.CharField())
    places = serializers.ListField(child=serializers.CharField())
