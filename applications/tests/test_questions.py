import uuid
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from anywork.testing.concurrency import at_once
from applications.models import Application, Question
from applications.tests.factories import ApplicationFactory, QuestionFactory
from jobs.tests.factories import JobFactory
from resumes.tests.factories import ResumeFactory

URL = "/api/applications/"
QUESTIONS = [
    {"text": "When can you start?", "kind": "text", "required": True},
    {"text": "How many years?", "kind": "number", "required": True, "knock_out": {"minimum": 2, "maximum": 9.5}},
    {"text": "A licence?", "kind": "yes_no", "required": False, "knock_out": False},
    {"text": "Which shift?", "kind": "choice", "required": False, "choices": ["Day", "Night"], "knock_out": ["Day"]},
    {
        "text": "Which languages?",
        "kind": "choices",
        "required": True,
        "choices": ["Hausa", "Yoruba", "Igbo"],
        "knock_out": ["Igbo", "Hausa"],
    },
]
ANSWERS = ("Soon.\nOr now.", 2, False, "Day", ["Yoruba", "Hausa"])


@pytest.fixture
def job(employer):
    return JobFactory(employer=employer.user.employer)


@pytest.fixture
def url(job):
    return f"/api/jobs/{job.pk}/questions/"


@pytest.fixture
def ids(employer, url):
    """Keys of the questions of the job."""
    response = put(employer, url, QUESTIONS)
    assert response.status_code == 200, response.content
    return [row["question_id"] for row in response.json()["results"]]


def put(client, url, questions):
    return client.put(url, questions, format="json")


def apply(client, job, **body):
    resume = client.user.job_seeker.resumes.first() or ResumeFactory(job_seeker=client.user.job_seeker)
    return client.post(URL, {"job": str(job.pk), "resume": str(resume.pk), **body}, format="json")


def answered(ids, *answers):
    return {key: answer for key, answer in zip(ids, answers, strict=True) if answer is not ...}


# --- Asking -----------------------------------------------------------------------------------------------------------


def test_owner_asks_and_reads_back_what_applicants_read_without_knock_outs(employer, anonymous, job, url):
    replaced = put(employer, f"{url}?page=7", QUESTIONS)

    rows = replaced.json()["results"]
    assert replaced.status_code == 200
    assert [{**row, "question_id": ""} for row in rows] == [
        {"question_id": "", "knock_out": None, "choices": [], **question} for question in QUESTIONS
    ]
    assert employer.get(f"/api/employer{url.removeprefix('/api')}").json() == replaced.json()
    public = anonymous.get(url).json()
    assert list(public["results"][1]) == ["question_id", "text", "kind", "choices", "required"]
    assert public == employer.get(url).json()
    assert public == {
        **replaced.json(),
        "results": [{key: value for key, value in row.items() if key != "knock_out"} for row in rows],
    }


def test_owner_replaces_all_questions_by_what_it_has_read(employer, url, ids):
    read = employer.get(f"/api/employer{url.removeprefix('/api')}").json()["results"]

    again = put(employer, url, read[1:3]).json()["results"]

    assert [{**row, "question_id": ""} for row in again] == [{**row, "question_id": ""} for row in read[1:3]]
    assert not {row["question_id"] for row in again} & set(ids)
    assert put(employer, url, []).json()["results"] == []
    assert not Question.objects.exists()


CHOICES = {"kind": "choices", "choices": ["A", "B"]}


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 501}, "text"),
        ({"text": "a\nb"}, "text"),
        ({"text": 7}, "text"),
        ({"kind": "date"}, "kind"),
        ({"kind": []}, "kind"),
        ({"required": "yes"}, "required"),
        ({"required": None}, "required"),
        ({"choices": ["A"]}, "choices"),
        ({"kind": "choice"}, "choices"),
        ({"kind": "choices", "choices": []}, "choices"),
        ({"kind": "choices", "choices": "A"}, "choices"),
        ({"kind": "choices", "choices": None}, "choices"),
        ({"kind": "choices", "choices": ["A", " A"]}, "choices"),
        ({"kind": "choices", "choices": [str(number) for number in range(51)]}, "choices"),
        ({"kind": "choices", "choices": ["A", "x" * 201]}, "choices.1"),
        ({"kind": "choices", "choices": [1]}, "choices.0"),
        ({"kind": "text", "knock_out": "yes"}, "knock_out"),
        ({"kind": "yes_no", "knock_out": 1}, "knock_out"),
        ({"kind": "yes_no", "knock_out": [True]}, "knock_out"),
        ({"kind": "number", "knock_out": 2}, "knock_out"),
        ({"kind": "number", "knock_out": {}}, "knock_out"),
        ({"kind": "number", "knock_out": {"min": 2}}, "knock_out"),
        ({"kind": "number", "knock_out": {"minimum": "2"}}, "knock_out"),
        ({"kind": "number", "knock_out": {"minimum": True}}, "knock_out"),
        ({"kind": "number", "knock_out": {"minimum": 3, "maximum": 2}}, "knock_out"),
        ({"kind": "number", "knock_out": {"maximum": 10**12 + 1}}, "knock_out"),
        ({**CHOICES, "knock_out": "A"}, "knock_out"),
        ({**CHOICES, "knock_out": []}, "knock_out"),
        ({**CHOICES, "knock_out": ["C"]}, "knock_out"),
        ({**CHOICES, "knock_out": ["A", "A"]}, "knock_out"),
        ({**CHOICES, "knock_out": [["A"]]}, "knock_out"),
        ({**CHOICES, "knock_out": {"A": 1}}, "knock_out"),
    ],
)
def test_owner_asks_what_cannot_be_asked_and_nothing_changes(employer, url, ids, question, field):
    valid = {"text": "Why?", "kind": "text", "required": True}

    response = put(employer, url, [valid, {**valid, **question}])

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [f"1.{field}"]
    assert {str(key) for key in Question.objects.values_list("pk", flat=True)} == set(ids)


@pytest.mark.parametrize("missing", ["text", "kind", "required"])
def test_owner_leaves_out_what_a_question_needs(employer, url, missing):
    question = {key: value for key, value in QUESTIONS[0].items() if key != missing}

    assert list(put(employer, url, [question]).json()["errors"]) == [f"0.{missing}"]


@pytest.mark.parametrize("body", [{}, {"text": "Why?"}, "[]", None, [1], [[]], QUESTIONS * 5])
def test_owner_sends_what_is_no_list_of_up_to_20_questions(employer, url, body):
    response = put(employer, url, body)

    assert response.status_code == 400
    assert response.json()["message"]
    assert not Question.objects.exists()


def test_owner_asks_20_questions_and_reads_them_in_this_order(employer, url):
    questions = [{**QUESTIONS[0], "text": f"Question {number}"} for number in range(20)]

    assert put(employer, url, questions).status_code == 200

    page = employer.get(url, {"page_size": 15, "page": 2}).json()
    assert (page["count"], [row["text"] for row in page["results"]]) == (20, [f"Question {n}" for n in range(15, 20)])


@pytest.mark.parametrize("status", ["pending", "withdrawn"])
def test_owner_changes_no_question_once_there_is_an_application(employer, job, url, ids, status):
    ApplicationFactory(job=job, status=status)

    response = put(employer, url, [])

    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert Question.objects.count() == len(ids)


def test_questions_go_with_a_job_that_is_deleted_and_stay_with_one_that_is_closed(seeker, employer, job, url, ids):
    other = QuestionFactory(job__employer=job.employer).job
    apply(seeker, job, answers=answered(ids, *ANSWERS))

    assert employer.delete(f"/api/jobs/{other.pk}/").status_code == 204
    assert employer.delete(f"/api/jobs/{job.pk}/").status_code == 204

    assert seeker.get(url).json()["count"] == len(ids) == Question.objects.count()


@pytest.mark.django_db(transaction=True)
def test_seeker_applies_while_the_questions_change(client_for):
    """Each application has answered the questions that the job has in the end."""
    resume = ResumeFactory()
    seeker = client_for(resume.job_seeker.user)
    outcomes = set()
    for _ in range(10):
        job = JobFactory()
        employer = client_for(job.employer.user)
        asked, applied = at_once(
            partial(put, employer, f"/api/jobs/{job.pk}/questions/", QUESTIONS[:1]), partial(apply, seeker, job)
        )
        outcomes.add((asked.status_code, applied.status_code))
        assert Question.objects.filter(job=job).exists() != Application.objects.filter(job=job).exists()
    assert outcomes <= {(200, 400), (409, 201)}


# --- Answering --------------------------------------------------------------------------------------------------------


def test_applicant_answers_and_both_sides_read_it(seeker, employer, job, ids):
    answers = answered(ids, *ANSWERS)

    applied = apply(seeker, job, answers=answers)

    assert applied.status_code == 201
    assert list(applied.json()) == [
        "application_id",
        "cover_letter",
        "status",
        "applied_at",
        "job_seeker",
        "job",
        "resume",
    ]
    one = f"{URL}{applied.json()['application_id']}/"
    for client in (seeker, employer):
        assert "answers" not in client.get(one).json()
        assert client.get(one, {"expand": "answers"}).json()["answers"] == answers
        assert client.get(URL, {"expand": "answers"}).json()["results"][0]["answers"] == answers


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (0, ""),
        (0, None),
        (0, " \n"),
        (0, 7),
        (0, ["Soon"]),
        (0, "x" * 5_001),
        (0, "a\0b"),
        (1, None),
        (1, "2"),
        (1, True),
        (1, 10**12 + 1),
        (1, -1e13),
        (1, [2]),
        (2, 0),
        (2, "yes"),
        (2, {}),
        (3, "Noon"),
        (3, ["Day"]),
        (3, True),
        (4, []),
        (4, "Igbo"),
        (4, ["Igbo", "Igbo"]),
        (4, ["Igbo", "Latin"]),
        (4, ["Igbo", ["Hausa"]]),
        (4, [{"Igbo": 1}]),
        (4, {"Igbo": True}),
    ],
)
def test_applicant_answers_wrongly_and_reads_where(seeker, job, ids, number, value):
    answers = answered(ids, *ANSWERS)

    response = apply(seeker, job, answers={**answers, ids[number]: value})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [f"answers.{ids[number]}"]
    assert response.json()["message"].startswith("Answers")
    assert not Application.objects.exists()


@pytest.mark.parametrize("body", [{}, {"answers": {}}])
def test_applicant_leaves_out_what_is_required(seeker, job, ids, body):
    response = apply(seeker, job, **body)

    assert response.status_code == 400
    assert response.json()["errors"] == {
        f"answers.{ids[number]}": ["This question needs an answer."] for number in (0, 1, 4)
    }


@pytest.mark.parametrize("nothing", [..., None, ""])
def test_applicant_leaves_out_what_is_not_required(seeker, job, ids, nothing):
    response = apply(seeker, job, answers=answered(ids, "Soon", -2.5, nothing, nothing, ["Igbo"]))

    assert response.status_code == 201
    assert Application.objects.get().answers == answered(ids, "Soon", -2.5, ..., ..., ["Igbo"])


def test_applicant_answers_what_is_not_asked(seeker, job, ids):
    foreign, unknown = str(QuestionFactory().pk), str(uuid.uuid4())

    response = apply(seeker, job, answers={**answered(ids, *ANSWERS), foreign: True, unknown: 1, "": 2})

    assert response.status_code == 400
    assert response.json()["errors"] == {
        f"answers.{foreign}": ["This job has no such question."],
        f"answers.{unknown}": ["This job has no such question."],
        "answers": ["This job has no such question."],
    }
    assert apply(seeker, JobFactory(), answers={unknown: 1}).status_code == 400
    assert not Application.objects.exists()


@pytest.mark.parametrize("answers", [None, [], "a", 7, {str(number): 1 for number in range(21)}])
def test_applicant_sends_answers_that_are_none(seeker, job, answers):
    response = apply(seeker, job, answers=answers)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["answers"]


def test_applicant_who_may_not_apply_reads_that_first(seeker, job, ids):
    job.is_active = False
    job.save()

    assert list(apply(seeker, job).json()["errors"]) == ["job"]


# --- Screening --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case",
    [
        (1, 2, True),
        (1, 9.5, True),
        (1, 1.99, False),
        (1, 10, False),
        (2, False, True),
        (2, True, False),
        (2, ..., False),
        (3, "Day", True),
        (3, "Night", False),
        (4, ["Igbo"], True),
        (4, ["Yoruba"], False),
    ],
)
def test_employer_reads_which_answers_pass_and_nothing_is_rejected(seeker, employer, job, ids, case):
    number, answer, passes = case
    answers = list(ANSWERS)
    answers[number] = answer
    applied = apply(seeker, job, answers=answered(ids, *answers)).json()

    [row] = employer.get(URL, {"expand": "screening"}).json()["results"]

    assert row["screening"] == {
        "passed": passes,
        "questions": {**dict.fromkeys(ids[1:], True), ids[number]: passes},
    }
    assert (
        employer.get(f"{URL}{applied['application_id']}/", {"expand": "screening"}).json()["screening"]
        == (row["screening"])
    )
    assert row["status"] == "pending"
    assert seeker.get(URL, {"expand": "screening"}).status_code == 400


@pytest.mark.parametrize("case", [("minimum", 5), ("maximum", -5)])
def test_one_bound_is_enough(seeker, employer, job, url, case):
    bound, passing = case
    question = {"text": "How many?", "kind": "number", "required": True, "knock_out": {bound: 0}}
    [row] = put(employer, url, [question]).json()["results"]
    apply(seeker, job, answers={row["question_id"]: passing})

    [listed] = employer.get(URL, {"expand": "screening"}).json()["results"]

    assert listed["screening"] == {"passed": True, "questions": {row["question_id"]: True}}


def test_job_without_knock_outs_screens_nothing(seeker, employer, job, url):
    put(employer, url, QUESTIONS[:1])
    key = str(Question.objects.get().pk)
    assert apply(seeker, job, answers={key: "Soon"}).status_code == 201
    ApplicationFactory(job__employer=job.employer)

    rows = employer.get(URL, {"expand": "answers,screening"}).json()["results"]

    assert [row["screening"] for row in rows] == [None, None]
    assert [row["answers"] for row in rows] == [{}, {key: "Soon"}]


# --- Whose answers they are -------------------------------------------------------------------------------------------


def test_withdrawn_answers_are_the_applicants_alone(seeker, employer, admin, job, ids):
    answers = answered(ids, *ANSWERS)
    one = f"{URL}{apply(seeker, job, answers=answers).json()['application_id']}/"
    assert seeker.delete(one).status_code == 204

    for client in (employer, admin):
        for row in (
            client.get(one, {"expand": "answers,screening"}).json(),
            client.get(URL, {"expand": "answers,screening"}).json()["results"][0],
        ):
            assert (row["answers"], row["screening"]) == (None, None)
    assert seeker.get(one, {"expand": "answers"}).json()["answers"] == answers


def test_erased_applicant_leaves_no_answers(seeker, employer, job, ids):
    apply(seeker, job, answers=answered(ids, *ANSWERS))

    assert seeker.delete("/api/auth/me/", {"password": "correct-horse-42"}, format="json").status_code == 204

    assert Application.objects.get().answers == {}
    [row] = employer.get(URL, {"expand": "answers,screening"}).json()["results"]
    assert row["screening"] is None


def test_erased_employer_leaves_no_questions(seeker, employer, job, url, ids):
    kept = QuestionFactory()
    answers = answered(ids, *ANSWERS)
    apply(seeker, job, answers=answers)

    assert employer.delete("/api/auth/me/", {"password": "correct-horse-42"}, format="json").status_code == 204

    assert Question.objects.get() == kept
    assert seeker.get(url).json()["results"] == []
    assert seeker.get(URL, {"expand": "answers"}).json()["results"][0]["answers"] == answers


def test_letters_of_answers_are_not_read_with_an_application(seeker, employer, job, ids):
    one = f"{URL}{apply(seeker, job, answers=answered(ids, *ANSWERS)).json()['application_id']}/"

    with CaptureQueriesContext(connection) as captured:
        employer.get(one)
        employer.get(URL)
        employer.patch(one, {"status": "reviewed"}, format="json")

    assert not any('"answers"' in query["sql"] for query in captured)
