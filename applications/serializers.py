"""Serializers of applications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import JobSeeker, full_name
from anywork.api.expanding import ExpandedField, Expansion
from anywork.api.fields import BlankableTextField, BooleanField, LineField, UUIDField
from anywork.api.serializers import ModelSerializer, RowListSerializer
from applications.choices import Actor, EventKind, Outcome, QuestionKind, Reason, Status
from applications.models import MAX_RATING, MAX_TAGS, MIN_RATING, TAG_LENGTH, Application, Note, Posting, Question
from applications.querysets import is_shared
from applications.screening import MAX_QUESTIONS, WRONG_KNOCK_OUT, is_knock_out
from applications.timeline import Entry
from jobs.models import Job
from jobs.serializers import SalaryDetailsSerializer
from resumes.models import Resume
from resumes.serializers import SignedURLField
from resumes.signed_links import SignedLinks

COVER_LETTER_LENGTH = 10_000
# Applications of one request that sets their status.
MAX_BULK = 200
EMPLOYER_STATUSES = [(status.value, status.label) for status in Status if status != Status.WITHDRAWN]
ONLY_A_REJECTION = "Only a rejection has a reason."


class ApplicationSerializer(ModelSerializer[Application]):
    """An application, with the ids of related objects.

    One that is withdrawn or revoked shows cover letter, contact details and file only to its applicant.
    """

    class Meta:
        model = Application
        fields: tuple[str, ...] = (
            "application_id",
            "cover_letter",
            "status",
            "applied_at",
            "job_seeker",
            "job",
            "resume",
        )
        read_only_fields = fields

    def to_representation(self, instance: Application) -> dict[str, Any]:
        body = super().to_representation(instance)
        body["status"] = instance.status_for(self.context["request"].user)
        return self.redacted(body, instance.revoked_at)

    def redacted(self, body: dict[str, Any], revoked_at: datetime | None) -> dict[str, Any]:
        """Return `body`, redacted if the application is withdrawn or revoked and the caller is not the applicant."""
        # The key of the applicant may be a text.
        is_own = str(body["job_seeker"]) == str(self.context["request"].user.pk)
        if not is_own and not is_shared(body["status"], revoked_at):
            self.redact(body)
        return body

    def redact(self, body: dict[str, Any]) -> None:
        """Remove what only the applicant sees of an application that is withdrawn or revoked."""
        body["cover_letter"] = ""


class ApplicantSerializer(ModelSerializer[JobSeeker]):
    """The applicant."""

    full_name = serializers.CharField(read_only=True)
    email = serializers.CharField(source="user.email", read_only=True, help_text='"" once withdrawn or revoked.')

    class Meta:
        model = JobSeeker
        fields = ("first_name", "last_name", "full_name", "phone_number", "email")


class SubmittedResumeSerializer(ModelSerializer[Resume]):
    """The submitted resume."""

    file_url = SignedURLField()

    class Meta:
        model = Resume
        fields = ("resume_id", "file_url", "file_name", "uploaded_at")


class JobSummarySerializer(ModelSerializer[Job]):
    """The job of an application."""

    company_name = serializers.CharField(read_only=True)

    class Meta:
        model = Job
        fields = ("title", "company_name")


class ApplicationListSerializer(RowListSerializer):
    """A page of applications with details, serialized from rows of values."""

    # Instances and serializers of each application, its applicant, resume, job and company make the whole response take
    # more than twice as long. A new field is added in three places: to the serializer, here and to `_details`; the
    # tests compare them.
    COLUMNS = (
        *(name for name in ApplicationSerializer.Meta.fields if name != "status"),
        "shown_status",
        "revoked_at",
        "job_seeker__first_name",
        "job_seeker__last_name",
        "job_seeker__phone_number",
        "email",
        "resume__file_name",
        "resume__uploaded_at",
        "job__title",
        "company_name",
    )

    child: "ApplicationDetailsSerializer"

    def show_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        links = SignedLinks(self.context["request"])
        bodies = [self.child.redacted(_details(row, links), row["revoked_at"]) for row in rows]
        for expansion in self.child.expansions:
            keys = [UUID(str(row["application_id"])) for row in rows]
            values = expansion.load(keys, self.context["request"].user)
            for key, body in zip(keys, bodies, strict=True):
                body[expansion.key] = values.get(key)
        return bodies


def _details(row: dict[str, Any], links: SignedLinks) -> dict[str, Any]:
    """Return what ApplicationDetailsSerializer shows, before it is redacted."""
    # The columns of an erased account, of applicant or employer, are NULL.
    first_name, last_name = row["job_seeker__first_name"] or "", row["job_seeker__last_name"] or ""
    return {
        **{name: row["shown_status" if name == "status" else name] for name in ApplicationSerializer.Meta.fields},
        "job_seeker_details": {
            "first_name": first_name,
            "last_name": last_name,
            "full_name": full_name(first_name, last_name),
            "phone_number": row["job_seeker__phone_number"] or "",
            "email": row["email"] or "",
        },
        "resume_details": row["resume"]
        and {
            "resume_id": row["resume"],
            "file_url": links.url(row["resume"]),
            "file_name": row["resume__file_name"],
            "uploaded_at": row["resume__uploaded_at"],
        },
        "job_details": {"title": row["job__title"], "company_name": row["company_name"] or ""},
    }


class ApplicationDetailsSerializer(ApplicationSerializer):
    """An application with details of applicant, resume and job, and with the `expansions` of the context."""

    job_seeker_details = ApplicantSerializer(source="applicant", read_only=True)
    resume_details = SubmittedResumeSerializer(source="resume", read_only=True, allow_null=True)
    job_details = JobSummarySerializer(source="job", read_only=True)

    class Meta(ApplicationSerializer.Meta):
        fields: tuple[str, ...] = (
            *ApplicationSerializer.Meta.fields,
            "job_seeker_details",
            "resume_details",
            "job_details",
        )
        list_serializer_class = ApplicationListSerializer

    @property
    def expansions(self) -> Sequence[Expansion]:
        return self.context.get("expansions", ())

    def get_fields(self) -> dict[str, Any]:
        expanded = {expansion.key: ExpandedField(expansion) for expansion in self.expansions}
        return {**super().get_fields(), **expanded}

    def redact(self, body: dict[str, Any]) -> None:
        super().redact(body)
        body["job_seeker_details"].update(phone_number="", email="")
        body["resume_details"] = None


class PostingSerializer(ModelSerializer[Posting]):
    """What was applied to."""

    salary_details = SalaryDetailsSerializer(allow_null=True)
    as_of = serializers.SerializerMethodField(
        help_text="When it was read; null for an application that is older than stored postings: it has the job's "
        "present texts."
    )

    class Meta:
        model = Posting
        fields = ("title", "company_name", "place", "salary_range", "salary_details", "description", "as_of")

    def get_as_of(self, posting: Posting) -> datetime | None:
        return self.context["as_of"]


_CHOICES = {"type": "array", "items": {"type": "string"}}
_BOUNDS = {"type": "object", "properties": {"minimum": {"type": "number"}, "maximum": {"type": "number"}}}


@extend_schema_field({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}, _CHOICES]})
class AnswerField(serializers.JSONField):
    """An answer, checked with its question."""


class AnswersField(serializers.DictField):
    """Answers by question."""

    child = AnswerField(allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and len(data) > MAX_QUESTIONS:
            raise serializers.ValidationError(f"A job has at most {MAX_QUESTIONS} questions.")
        return super().to_internal_value(data)


@extend_schema_field({"anyOf": [{"type": "boolean"}, _BOUNDS, _CHOICES, {"type": "null"}]})
class KnockOutField(serializers.JSONField):
    """Which answers pass, checked with the question."""


class QuestionSerializer(ModelSerializer[Question]):
    """A question to the applicants of a job."""

    choices = serializers.ListField(
        child=LineField(max_length=200), max_length=50, default=list, help_text="Of the kinds `choice` and `choices`."
    )

    class Meta:
        model = Question
        fields: tuple[str, ...] = ("question_id", "text", "kind", "choices", "required")


class EmployerQuestionSerializer(QuestionSerializer):
    """A question to the applicants of a job, with its knock-out."""

    knock_out = KnockOutField(
        default=None,
        allow_null=True,
        help_text="The answers that pass: true or false; {minimum, maximum} or one of them; a list of choices, of "
        "which one is enough. Null: all pass.",
    )

    class Meta(QuestionSerializer.Meta):
        fields = (*QuestionSerializer.Meta.fields, "knock_out")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind, choices = attrs["kind"], attrs["choices"]
        if bool(choices) != (kind in {QuestionKind.CHOICE, QuestionKind.CHOICES}):
            problem = "A question of this kind has no choices." if choices else "Give at least one choice."
            raise serializers.ValidationError({"choices": [problem]})
        if len(set(choices)) < len(choices):
            raise serializers.ValidationError({"choices": ["Give each choice once."]})
        if attrs["knock_out"] is not None and not is_knock_out(attrs["knock_out"], kind, choices):
            raise serializers.ValidationError({"knock_out": [WRONG_KNOCK_OUT]})
        return attrs


class ScreeningSerializer(serializers.Serializer[Any]):
    """What the knock-outs of a job say of the answers of an application."""

    passed = serializers.BooleanField(help_text="Whether all answers pass.")
    questions = serializers.DictField(
        child=serializers.BooleanField(), help_text="By `question_id`: whether the answer passes; a missing one fails."
    )


class ApplicationCreateSerializer(serializers.Serializer[Any]):
    """Request to apply to a job."""

    job_seeker = UUIDField(required=False, help_text="Optional; the caller.")
    job = UUIDField(help_text="An open job.")
    resume = UUIDField(help_text="A resume of the caller.")
    cover_letter = BlankableTextField(max_length=COVER_LETTER_LENGTH, default="")
    answers = AnswersField(default=dict, help_text="To the questions of the job, by `question_id`.")


class DraftQuerySerializer(serializers.Serializer[Any]):
    """What is to be applied to."""

    job = UUIDField(help_text="An open job.")


class DraftSerializer(serializers.Serializer[Any]):
    """A request to apply, filled with what the latest application had."""

    job = serializers.UUIDField()
    resume = serializers.UUIDField(allow_null=True, help_text="Null if there is none, or it is deleted.")
    cover_letter = serializers.CharField()
    answers = AnswersField(help_text="Those that fit the questions of the job, by `question_id`.")


class ReasonSerializer(serializers.Serializer[Any]):
    """Reason of a rejection; base of requests that set a status."""

    reason = serializers.ChoiceField(
        choices=Reason.choices, allow_blank=True, required=False, help_text="Only with `rejected`."
    )
    reason_shared = BooleanField(
        required=False, help_text="Only with `rejected`: whether the applicant gets to know the reason. Default: false."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in ("reason", "reason_shared") if name in attrs]
        if given and attrs.get("status") != Status.REJECTED:
            raise serializers.ValidationError({name: [ONLY_A_REJECTION] for name in given})
        return attrs


class ApplicationUpdateSerializer(ReasonSerializer):
    """Change of an application: status and reason by the employer, cover letter and withdrawal by the applicant."""

    cover_letter = BlankableTextField(max_length=COVER_LETTER_LENGTH)
    status = serializers.ChoiceField(choices=Status.choices, required=False)


class BulkStatusSerializer(ReasonSerializer):
    """Request to set the status of several applications."""

    ids = serializers.ListField(child=UUIDField(), min_length=1, max_length=MAX_BULK)
    status = serializers.ChoiceField(choices=EMPLOYER_STATUSES)


class BulkStatusResultSerializer(serializers.Serializer[Any]):
    """What became of one application."""

    application_id = UUIDField()
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    message = serializers.CharField(help_text="The outcome in words.")


class BulkStatusResultsSerializer(serializers.Serializer[Any]):
    """What became of several applications."""

    results = BulkStatusResultSerializer(many=True)


class EntrySerializer(serializers.Serializer[Entry]):
    """Entry of a timeline."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=EventKind.choices)
    from_status = serializers.ChoiceField(choices=Status.choices, allow_null=True)
    to_status = serializers.ChoiceField(choices=Status.choices, allow_null=True)
    actor = serializers.ChoiceField(choices=Actor.choices)
    reason = serializers.ChoiceField(choices=Reason.choices, allow_null=True)
    note = serializers.CharField(help_text='"" for the applicant.')


class NoteSerializer(ModelSerializer[Note]):
    """A note of an employer."""

    class Meta:
        model = Note
        fields = ("note_id", "text", "author", "created_at", "updated_at")
        read_only_fields = ("note_id", "author", "created_at", "updated_at")


class AssessmentSerializer(serializers.Serializer[Application]):
    """What the employer thinks of an application."""

    rating = serializers.IntegerField(
        source="opinion.rating", min_value=MIN_RATING, max_value=MAX_RATING, allow_null=True, default=None
    )
    tags = serializers.ListField(
        source="opinion.tags", child=LineField(max_length=TAG_LENGTH), max_length=MAX_TAGS, default=list
    )

    def validate_tags(self, value: list[str]) -> list[str]:
        """Drop repeated ones, in any case."""
        kept: dict[str, str] = {}
        for tag in value:
            kept.setdefault(tag.casefold(), tag)
        return list(kept.values())


class StatusCountsSerializer(serializers.Serializer[Any]):
    """Numbers of applications by status."""

    def get_fields(self) -> dict[str, Any]:
        return {status.value: serializers.IntegerField() for status in Status}


class ExportQuerySerializer(serializers.Serializer[Any]):
    """How to write the export."""

    excel = serializers.BooleanField(
        default=False,
        help_text="Begin with a byte order mark, without which Excel does not recognize UTF-8.",
    )
