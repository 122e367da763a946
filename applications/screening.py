"""Screening: answers to the questions of a job, and what a knock-out says of them.

A knock-out says which answers pass: to yes_no one of true and false, to number {minimum, maximum} or one of them, to
choice and choices a list of choices, of which the answer has at least one. It rejects no application by itself.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework.exceptions import ValidationError

from anywork.api.fields import TextField
from applications.choices import QuestionKind
from applications.models import Question

MAX_QUESTIONS = 20
MAX_ANSWER = 5_000
MAX_NUMBER = 10**12

UNANSWERED = "This question needs an answer."

_text = TextField(max_length=MAX_ANSWER)

# What an answer of another kind is told.
WRONG_KIND: Mapping[str, str] = {
    QuestionKind.TEXT: "Answer with a text.",
    QuestionKind.NUMBER: f"Answer with a number between -{MAX_NUMBER:,} and {MAX_NUMBER:,}.",
    QuestionKind.YES_NO: "Answer with true or false.",
    QuestionKind.CHOICE: "Answer with one of the choices.",
    QuestionKind.CHOICES: "Answer with a list of some of the choices, each once.",
}
WRONG_KNOCK_OUT = (
    'Give the answers that pass: true or false, {"minimum": 2, "maximum": 5} or one of them, or a list of choices. '
    "A text has no knock-out."
)


def checked_answers(questions: Iterable[Question], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers to store.

    Raises:
        ValidationError: an answer is missing, of a wrong kind, or to no question of the job.
    """
    known = {str(question.pk): question for question in questions}
    answers: dict[str, Any] = {}
    problems: dict[str, Any] = {key: ["This job has no such question."] for key in given if key not in known}
    for key, question in known.items():
        answer = given.get(key)
        if answer is None or answer in ("", []):
            if question.required:
                problems[key] = [UNANSWERED]
        elif not is_of_kind(answer, question.kind, question.choices):
            problems[key] = [WRONG_KIND[question.kind]]
        else:
            try:
                answers[key] = _text.run_validation(answer) if question.kind == QuestionKind.TEXT else answer
            except ValidationError as error:
                problems[key] = error.detail
    if problems:
        raise ValidationError({"answers": problems})
    return answers


def is_of_kind(answer: Any, kind: str, choices: list[str]) -> bool:
    """Return whether `answer` is one to a question of this kind with these choices."""
    match kind:
        case QuestionKind.TEXT:
            return isinstance(answer, str)
        case QuestionKind.NUMBER:
            return type(answer) in {int, float} and abs(answer) <= MAX_NUMBER
        case QuestionKind.YES_NO:
            return isinstance(answer, bool)
        case QuestionKind.CHOICE:
            return answer in choices
    return (
        isinstance(answer, list)
        and 0 < len(answer) <= len(choices)
        and all(one in choices for one in answer)
        and len(set(answer)) == len(answer)
    )


def is_knock_out(value: Any, kind: str, choices: list[str]) -> bool:
    """Return whether `value` can be the knock-out of a question of this kind with these choices."""
    if kind == QuestionKind.NUMBER:
        return (
            isinstance(value, dict)
            and {"minimum", "maximum"} >= value.keys() != set()
            and all(is_of_kind(bound, kind, choices) for bound in value.values())
            and value.get("minimum", -MAX_NUMBER) <= value.get("maximum", MAX_NUMBER)
        )
    listed = QuestionKind.CHOICES if kind == QuestionKind.CHOICE else kind
    return kind != QuestionKind.TEXT and is_of_kind(value, listed, choices)


def passes(question: Question, answer: Any) -> bool:
    """Return whether the knock-out of `question` lets `answer` pass; a missing one does not."""
    passing: Any = question.knock_out
    match answer:
        case None | bool():
            return bool(answer == passing)
        case int() | float():
            return bool(passing.get("minimum", answer) <= answer <= passing.get("maximum", answer))
        case str():
            return answer in passing
    return not set(passing).isdisjoint(answer)
