"""Jobs, categories and locations as JSON."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import EmployerSerializer
from anywork.api.expanding import ExpandedField
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
from jobs.counts import COUNTS
from jobs.models import (
    ERASED_EMPLOYER,
    Category,
    ClosedReason,
    Job,
    JobChange,
    JobSkill,
    Location,
    SalaryPeriod,
    SalarySource,
    Workplace,
    closing_time,
)
from jobs.querysets import DETAILS, JobState
from jobs.rendering import render_html
from jobs.saving.marks import SAVED
from jobs.searching.currencies import currency_codes
from jobs.searching.discovery import MAX_SKILL_FACET_JOBS
from jobs.skills import FORMULA, MAX_SKILLS, repetition, set_skills

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

# The fields that each name of `expand` adds, in lists and to a job alone: rendering takes too long for a list.
EXPANDABLE: Mapping[str, tuple[str, ...]] = {
    **{name: (f"{name}_details",) for name in DETAILS},
    "state": ("state", "closes_at"),
    "publishing": ("publish_at", "closed_reason"),
    "salary": ("salary_details",),
    "workplace": ("workplace",),
    "saved": (SAVED.key,),
    "skills": ("skills",),
}
EXPANDABLE_ALONE: Mapping[str, tuple[str, ...]] = {**EXPANDABLE, "description_html": ("description_html",)}
EXPANDED_FIELDS = tuple(chain.from_iterable(EXPANDABLE_ALONE.values()))


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


def validate_expiry(value: datetime) -> datetime:
    if value.year > MAX_YEAR:
        raise serializers.ValidationError("This date is too far in the future.")
    if closing_time(value) <= timezone.now():
        raise serializers.ValidationError(DATE_IN_PAST)
    return value


class PublishAtField(DateOrTimestampField):
    """A time in the future, to publish a job at."""

    def __init__(self, **kwargs: Any) -> None:
        text = "A time in the future, at which it is published; a date begins in UTC."
        super().__init__(**{"required": False, "allow_null": True, "help_text": text, **kwargs})

    def to_internal_value(self, value: Any) -> datetime:
        time = super().to_internal_value(value)
        if time <= timezone.now():
            raise serializers.ValidationError(DATE_IN_PAST)
        return time


class WholeMixin:
    """Requires its fields also in a PATCH of the row around it, where the framework requires none."""

    def validate(self: Any, attrs: dict[str, Any]) -> dict[str, Any]:
        required = {name for name, field in self.fields.items() if field.required and not field.read_only}
        if missing := required - attrs.keys():
            raise serializers.ValidationError({field: [self.error_messages["required"]] for field in sorted(missing)})
        return attrs


class SalarySerializer(WholeMixin, serializers.Serializer[Any]):
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
        super().validate(attrs)
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


class JobSkillSerializer(WholeMixin, ModelSerializer[JobSkill]):
    """A skill that a job asks for."""

    name = NameField(max_length=100)

    class Meta:
        model = JobSkill
        fields: tuple[str, ...] = ("name", "importance")


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
    skills: Any = JobSkillSerializer(  # type: ignore[call-arg]
        many=True,
        write_only=True,
        required=False,
        max_length=MAX_SKILLS,
        help_text=f"Up to {MAX_SKILLS}, of different names without regard to case and accents, in place of the former "
        "ones. Left out of a change they stay. Read by `expand=skills`.",
    )

    shares_fields = True

    class Meta:
        model = Job
        fields: tuple[str, ...] = (*JOB_FIELDS, "salary", "workplace", "skills")
        read_only_fields = ("job_id", "posted_at", "employer")
        list_serializer_class = RowListSerializer

    def unshown_state(self, row: Job) -> dict[str, Any]:
        is_stated = row.salary_source == SalarySource.STATED
        return {
            "workplace": row.workplace,
            "salary": salary_details(row) if is_stated else None,
            "state": row.stored_state,
            "publish_at": row.publish_at,
            "skills": row.skill_list,
        }

    def save(self, **kwargs: Any) -> Job:
        skills = self.validated_data.pop("skills", None)
        job: Job = super().save(**kwargs)
        if skills is not None:
            set_skills(job, skills)
        return job

    def validate_skills(self, value: list[dict[str, str]]) -> list[dict[str, str]]:
        if problem := repetition([skill["name"] for skill in value]):
            raise serializers.ValidationError(problem)
        return value

    def validate_is_active(self, value: bool) -> bool:  # noqa: FBT001 - the framework's signature
        if value and isinstance(self.instance, Job) and self.instance.employer_id is None:
            raise serializers.ValidationError(ERASED_EMPLOYER)
        return value

    def validate_expires_at(self, value: datetime) -> datetime:
        if self.instance is not None and value == self.instance.expires_at:
            # An expired job can be edited while its date stays the same.
            return value
        return validate_expiry(value)

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


class NewJobSerializer(JobSerializer):
    """A job to post: as a draft if `is_active` is false, scheduled if `publish_at` is given."""

    publish_at = PublishAtField(write_only=True)

    class Meta(JobSerializer.Meta):
        fields = (*JobSerializer.Meta.fields, "publish_at")


class PublishSerializer(serializers.Serializer[Any]):
    """When to publish a job; at once without a time."""

    publish_at = PublishAtField()


class CloseSerializer(serializers.Serializer[Any]):
    """Why a job is closed."""

    reason = serializers.ChoiceField(ClosedReason.choices)


class ExpirySerializer(serializers.Serializer[Any]):
    """The new time at which a job expires."""

    expires_at = DateOrTimestampField(validators=[validate_expiry], help_text="As in a job. Not in the past.")


class JobChangeSerializer(ModelSerializer[JobChange]):
    """A change in the history of a job: the old and the new value by field; of `description` only `changed`."""

    class Meta:
        model = JobChange
        fields = ("at", "actor", "changes")


class JobStateCountsSerializer(serializers.Serializer[Any]):
    """The number of jobs in each state."""

    def get_fields(self) -> dict[str, Any]:
        return {state: serializers.IntegerField(min_value=0) for state in JobState.values}


class JobDetailsSerializer(JobSerializer):
    """A job with what `expand` in the context names, or with all."""

    employer_details = EmployerSerializer(source="employer", read_only=True)
    location_details = LocationDetailsSerializer(source="location", read_only=True)
    category_details = CategorySerializer(source="category", read_only=True)
    workplace = serializers.SerializerMethodField()
    skills = serializers.SerializerMethodField()
    # Method fields count as related data in ETags (see etags.py).
    state = serializers.SerializerMethodField()
    salary_details = serializers.SerializerMethodField()
    publish_at = serializers.SerializerMethodField(help_text="Of a scheduled job.")
    closed_reason = serializers.SerializerMethodField(help_text="Of a job that its employer has closed.")
    closes_at = serializers.SerializerMethodField(
        help_text="When it expires: at the end of the day if `expires_at` is midnight."
    )
    saved_job_id = ExpandedField(SAVED)
    description_html = serializers.SerializerMethodField(
        help_text="The description as safe HTML: from HTML if it has the end of an element or <br>, else from Markdown."
    )

    class Meta(JobSerializer.Meta):
        fields: tuple[str, ...] = (*JOB_FIELDS, *EXPANDED_FIELDS)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name in EXPANDABLE_ALONE.keys() - set(self.context.get("expand", EXPANDABLE_ALONE)):
            for field in EXPANDABLE_ALONE[name]:
                del fields[field]
        return fields

    @extend_schema_field(serializers.ChoiceField(JobState.choices))
    def get_state(self, job: Any) -> str:
        return job.state

    @extend_schema_field(SalaryDetailsSerializer(allow_null=True))
    def get_salary_details(self, job: Job) -> dict[str, Any] | None:
        return salary_details(job)

    def get_closes_at(self, job: Job) -> datetime:
        return job.closes_at

    def get_publish_at(self, job: Job) -> datetime | None:
        return job.publish_at

    @extend_schema_field(serializers.ChoiceField(ClosedReason.choices, allow_null=True))
    def get_closed_reason(self, job: Job) -> str | None:
        return job.closed_reason or None

    @extend_schema_field(serializers.ChoiceField(Workplace.choices))
    def get_workplace(self, job: Job) -> str:
        return job.workplace

    @extend_schema_field(JobSkillSerializer(many=True))
    def get_skills(self, job: Job) -> list[dict[str, str]]:
        return job.skill_list

    def get_description_html(self, job: Job) -> str:
        return render_html(job.description)


class EmployerJobDetailsSerializer(JobDetailsSerializer):
    """The same for the employer, with counts."""

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), COUNTS.key: ExpandedField(COUNTS)}


class MatchedSkillSerializer(JobSkillSerializer):
    """A skill of a job that the job seeker has."""

    own_name = serializers.CharField(help_text="The job seeker's name of it, which may be a synonym.")

    class Meta(JobSkillSerializer.Meta):
        fields = (*JobSkillSerializer.Meta.fields, "own_name")


class MatchSerializer(serializers.Serializer[Any]):
    """How well a job seeker's skills match those of a job."""

    score = serializers.IntegerField(allow_null=True, help_text="0 to 100; null if the job names no skills.")
    matched = MatchedSkillSerializer(many=True)
    missing_required = serializers.ListField(child=serializers.CharField())
    missing_useful = serializers.ListField(child=serializers.CharField())
    formula = serializers.CharField(help_text=f"How the score is computed: {FORMULA}.")


class RecommendedJobSerializer(JobDetailsSerializer):
    """A job that is recommended to a job seeker."""

    score = serializers.IntegerField(source="match.score", read_only=True, help_text="As in the match of the job.")
    because = MatchedSkillSerializer(
        source="match.matched", many=True, read_only=True, help_text="The skills that the job seeker has."
    )

    class Meta(JobDetailsSerializer.Meta):
        fields = (*JobDetailsSerializer.Meta.fields, "score", "because")


def salary_details(job: Job) -> dict[str, Any] | None:
    """Return the salary of a job as JSON shows it; None if nothing is known."""
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
    skill = FacetValueSerializer(many=True, help_text=f"In the newest {MAX_SKILL_FACET_JOBS:,} of the jobs.")
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
