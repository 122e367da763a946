"""Jobs, categories and locations as JSON."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import EmployerSerializer
from anywork.api.fields import (
    AmountField,
    BlankableLineField,
    BlankableNameField,
    BlankableTextField,
    DateOrTimestampField,
    LineField,
    NameField,
    TextField,
    VerbatimLineField,
)
from anywork.api.serializers import ModelSerializer, RowListSerializer
from jobs.models import ERASED_EMPLOYER, Category, Job, Location, SalaryPeriod, SalarySource, Workplace, closing_time
from jobs.querysets import DETAILS, JobState
from jobs.rendering import render_html
from jobs.searching.currencies import currency_codes

MAX_YEAR = 9998

# Shown of every job.
JOB_FIELDS = (
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

DATE_IN_PAST = "This date is in the past."
DID_YOU_MEAN = "The words that the caller seems to have meant; these were searched for if its own match nothing."

# The fields that each name of `expand` adds, everywhere and to a single job: rendering takes too long for a list.
EXPANDABLE: Mapping[str, tuple[str, ...]] = {
    **{name: (f"{name}_details",) for name in DETAILS},
    "state": ("state", "closes_at"),
    "salary": ("salary_details",),
    "workplace": ("workplace",),
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

    city = NameField(max_length=100, allow_blank=True, help_text="Empty: anywhere in the state or country.")
    state = BlankableNameField(max_length=100)
    country = NameField(max_length=100)

    class Meta:
        model = Location
        fields: tuple[str, ...] = ("location_id", "city", "state", "country")


class LocationDetailsSerializer(LocationSerializer):
    """A location, as shown with a job."""

    placed = serializers.BooleanField(
        read_only=True, help_text="Whether its coordinates are known: if not, `near` does not find its jobs."
    )

    class Meta(LocationSerializer.Meta):
        fields = (*LocationSerializer.Meta.fields, "placed")


class SalarySerializer(serializers.Serializer[Any]):
    """What an employer states to pay, by period; at least one of the bounds."""

    minimum = AmountField(required=False, allow_null=True, default=None)
    maximum = AmountField(required=False, allow_null=True, default=None)
    currency = LineField(help_text="A code of ISO 4217, such as EUR.")
    period = serializers.ChoiceField(SalaryPeriod.choices)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Name the field in the message: it is an error of `salary`."""
        try:
            return super().run_validation(data)
        except serializers.ValidationError as error:
            problems: Any = error.detail
            if not isinstance(problems, dict):
                raise
            raise serializers.ValidationError(
                [
                    problem if field == "non_field_errors" else f"{field.capitalize()}: {problem}"
                    for field, messages in problems.items()
                    for problem in messages
                ]
            ) from None

    def validate_currency(self, value: str) -> str:
        if value not in currency_codes():
            raise serializers.ValidationError("Enter the code of a currency, such as EUR.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        # In a PATCH, the framework requires no field of it.
        if missing := {"currency", "period"} - attrs.keys():
            raise serializers.ValidationError({field: [self.error_messages["required"]] for field in sorted(missing)})
        minimum, maximum = attrs.get("minimum"), attrs.get("maximum")
        if minimum is None and maximum is None:
            raise serializers.ValidationError("Give a minimum, a maximum or both.")
        if minimum is not None and maximum is not None and minimum > maximum:
            raise serializers.ValidationError("The minimum must not exceed the maximum.")
        return attrs


class SalaryDetailsSerializer(serializers.Serializer[Any]):
    """The salary of a job; null is what is not known."""

    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)
    currency = serializers.CharField(allow_null=True, help_text="A code of ISO 4217.")
    period = serializers.ChoiceField(SalaryPeriod.choices, allow_null=True)
    annual_minimum = serializers.FloatField(allow_null=True, help_text="In the same currency; null without a period.")
    annual_maximum = serializers.FloatField(allow_null=True)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        SalarySource.choices, help_text="`stated` in `salary`, or `read` in the text of `salary_range`."
    )


class JobSerializer(ModelSerializer[Job]):
    """A job, with the keys of employer, location and category."""

    title = NameField(max_length=255)
    description = TextField(max_length=20_000)
    salary_range = VerbatimLineField(max_length=100)
    salary = SalarySerializer(
        write_only=True,
        required=False,
        allow_null=True,
        help_text="The numbers of `salary_range`, which come before what is read there. Null forgets them; so does a "
        "changed `salary_range` without them. `expand=salary` shows them.",
    )
    expires_at = DateOrTimestampField(
        help_text="A date, or a timestamp. Midnight at any offset is taken as its date, and means until the end of "
        "that day (UTC). Not in the past."
    )

    workplace: Any = serializers.ChoiceField(
        Workplace.choices,
        write_only=True,
        required=False,
        help_text="By default remote for the type remote, else onsite; left out of a change it stays. Read by "
        "`expand=workplace`.",
    )

    class Meta:
        model = Job
        fields: tuple[str, ...] = (*JOB_FIELDS, "salary", "workplace")
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

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "salary" not in attrs:
            text = getattr(self.instance, "salary_range", "")
            return attrs if attrs.get("salary_range", text) == text else {**attrs, "salary_source": ""}
        stated = attrs.pop("salary")
        if stated is None:
            return {**attrs, "salary_source": ""}
        return {
            **attrs,
            "salary_source": SalarySource.STATED,
            "salary_paid_minimum": stated.get("minimum"),
            "salary_paid_maximum": stated.get("maximum"),
            "salary_currency": stated["currency"],
            "salary_period": stated["period"],
        }


class JobDetailsSerializer(JobSerializer):
    """A job with what `expand` in the context names, or with all."""

    employer_details = EmployerSerializer(source="employer", read_only=True)
    location_details = LocationDetailsSerializer(source="location", read_only=True)
    category_details = CategorySerializer(source="category", read_only=True)
    workplace = serializers.SerializerMethodField()
    # Method fields count as related data in ETags (see etags.py).
    state = serializers.SerializerMethodField()
    salary_details = serializers.SerializerMethodField()
    closes_at = serializers.SerializerMethodField(
        help_text="When it expires: at the end of the day if `expires_at` is midnight."
    )
    description_html = serializers.SerializerMethodField(
        help_text="The description as safe HTML: from HTML if it has the end of an element or <br>, else from Markdown."
    )

    class Meta(JobSerializer.Meta):
        fields: tuple[str, ...] = (
            *JOB_FIELDS,
            "employer_details",
            "location_details",
            "category_details",
            "state",
            "closes_at",
            "salary_details",
            "workplace",
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

    @extend_schema_field(SalaryDetailsSerializer(allow_null=True))
    def get_salary_details(self, job: Job) -> dict[str, Any] | None:
        if not job.salary_source:
            return None
        return {
            "minimum": _number(job.salary_paid_minimum),
            "maximum": _number(job.salary_paid_maximum),
            "currency": job.salary_currency or None,
            "period": job.salary_period or None,
            "annual_minimum": _number(job.salary_minimum),
            "annual_maximum": _number(job.salary_maximum),
            "source": job.salary_source,
        }

    def get_closes_at(self, job: Job) -> datetime:
        return job.closes_at

    @extend_schema_field(serializers.ChoiceField(Workplace.choices))
    def get_workplace(self, job: Job) -> str:
        return job.workplace

    def get_description_html(self, job: Job) -> str:
        return render_html(job.description)


def _number(amount: Decimal | None) -> int | float | None:
    return amount if amount is None else int(amount) if amount == int(amount) else float(amount)


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
    workplace = FacetValueSerializer(many=True)
    category = FacetValueSerializer(many=True)
    location = FacetValueSerializer(many=True)
    country = FacetValueSerializer(many=True)
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


class TypedQuerySerializer(serializers.Serializer[Any]):
    """What was typed of a name."""

    q = BlankableLineField(
        max_length=100, default="", help_text="The beginnings of words: returns the ten best, in one page."
    )


class SuggestionsSerializer(serializers.Serializer[Any]):
    """Completions that match open jobs."""

    titles = serializers.ListField(child=serializers.CharField())
    companies = serializers.ListField(child=serializers.CharField())
    places = serializers.ListField(child=serializers.CharField())
