"""What `expand` adds to applications, and what they add to jobs.

To add one: a function that loads its values, and an entry here. A row may be withdrawn or revoked: what
that hides is left out.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce
from rest_framework import serializers

from accounts.models import User
from anywork.api.expanding import Expansion
from applications.choices import Status
from applications.models import Application, Assessment, Question, StatusChange
from applications.screening import passes
from applications.serializers import AnswersField, AssessmentSerializer, ScreeningSerializer, StatusCountsSerializer


def _load_assessments(application_ids: Collection[UUID], caller: User) -> dict[UUID, Any]:
    rows = Assessment.objects.filter(application__in=application_ids).values_list("application", "rating", "tags")
    assessments = {key: {"rating": rating, "tags": tags} for key, rating, tags in rows}
    return {key: assessments.get(key, {"rating": None, "tags": []}) for key in application_ids}


def _load_job_counts(job_ids: Collection[UUID], caller: User) -> dict[UUID, Any]:
    counts = {job_id: dict.fromkeys(Status.values, 0) for job_id in job_ids}
    applications = Application.objects.visible_to(caller).filter(job__in=job_ids)
    for job_id, status, number in applications.count_by_status("job"):
        counts[job_id][status] = number
    return counts


def _load_told_at(application_ids: Collection[UUID], caller: User) -> dict[UUID, datetime]:
    changes = StatusChange.objects.filter(application__in=application_ids)
    # A rejection under a hold is never told after the application was revoked.
    changes = changes.exclude(tell_at__gt=F("application__revoked_at"))
    latest = changes.order_by("application", "-at", "-pk").distinct("application")
    return dict(latest.values_list("application", Coalesce("tell_at", "at")))


def _load_answers(ids: Collection[UUID], caller: User) -> dict[UUID, Any]:
    applications = Application.objects.filter(pk__in=ids)
    shown = applications.shared() | applications.filter(job_seeker=caller.pk)
    return dict(shown.values_list("pk", "answers"))


def _load_screening(ids: Collection[UUID], caller: User) -> dict[UUID, Any]:
    """Return what the knock-outs of a job say of the answers; nothing for a job without knock-outs."""
    rows = Application.objects.shared().filter(pk__in=ids, job_seeker__isnull=False).values_list("pk", "job", "answers")
    questions: dict[UUID, list[Question]] = {}
    for question in Question.objects.filter(job__in={job for _, job, _ in rows}, knock_out__isnull=False):
        questions.setdefault(question.job_id, []).append(question)
    return {key: _screened(questions[job], answers) for key, job, answers in rows if job in questions}


def _screened(questions: list[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    passed = {str(question.pk): passes(question, answers.get(str(question.pk))) for question in questions}
    return {"passed": all(passed.values()), "questions": passed}


ASSESSMENT = Expansion("assessment", AssessmentSerializer(), _load_assessments)
JOB_COUNTS = Expansion("applications", StatusCountsSerializer(), _load_job_counts)
_ANSWERS = Expansion(
    "answers",
    AnswersField(allow_null=True, help_text="By `question_id`; once withdrawn or revoked, null but for the applicant."),
    _load_answers,
)
_SCREENING = Expansion("screening", ScreeningSerializer(allow_null=True), _load_screening)
_TOLD_AT = Expansion(
    "told_at",
    serializers.DateTimeField(
        allow_null=True, help_text="When the applicant was told of the status, or will be told of a rejection."
    ),
    _load_told_at,
)

# By name. Employers, and the staff, get all.
EXPANSIONS: Mapping[str, Expansion] = {one.key: one for one in (_ANSWERS, ASSESSMENT, _SCREENING, _TOLD_AT)}
FOR_APPLICANTS: Mapping[str, Expansion] = {_ANSWERS.key: _ANSWERS}


def sees_assessments(user: User) -> bool:
    """Return whether `user` sees what employers write about applications: job seekers never do."""
    return user.is_employer or user.is_staff


def expansions_for(user: User) -> Mapping[str, Expansion]:
    """Return what `user` may ask for."""
    return EXPANSIONS if sees_assessments(user) else FOR_APPLICANTS
