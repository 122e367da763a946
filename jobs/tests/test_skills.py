"""Skills that jobs ask for: written, shown, filtered and counted, matched with those of job seekers, recommended."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.tests.factories import EmployerFactory, SkillFactory
from anywork.testing.concurrency import at_once
from jobs import skills
from jobs.models import Job, JobSkill
from jobs.searching.versions import current_version
from jobs.tests.factories import CategoryFactory, JobFactory, JobSkillFactory, LocationFactory, SynonymFactory

URL, OWN = "/api/jobs/", "/api/employer/jobs/"
RECOMMENDED = f"{URL}recommended/"
PYTHON = {"name": "Python", "importance": "required"}
DOCKER = {"name": "Docker", "importance": "useful"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def posting():
    """The body of a valid job."""
    return {
        "title": "Software Engineer",
        "description": "We are looking for a skilled software engineer.",
        "location": str(LocationFactory().pk),
        "category": str(CategoryFactory().pk),
        "job_type": "full-time",
        "expires_at": "2090-12-12",
    }


@pytest.fixture
def mine(employer):
    """A job of the employer that asks for Python and Docker."""
    return with_skills(JobFactory(employer=employer.user.employer), Python="required", Docker="useful")


def with_skills(job, **importance):
    for name, value in importance.items():
        JobSkillFactory(job=job, name=name, importance=value)
    return Job.objects.get(pk=job.pk)


def stored(job):
    return [{"name": skill.name, "importance": skill.importance} for skill in JobSkill.objects.filter(job=job)]


# --- Written and shown ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [URL, OWN])
def test_employer_posts_skills_and_all_read_them_by_expand(employer, anonymous, posting, url):
    response = employer.post(url, {**posting, "skills": [DOCKER, {"name": "  Pythön  3 ", "importance": "required"}]})

    assert response.status_code == 201
    assert "skills" not in response.json()
    path = f"{URL}{response.json()['job_id']}/"
    shown = [DOCKER, {"name": "Pythön 3", "importance": "required"}]
    assert anonymous.get(f"{path}?expand=skills").json()["skills"] == shown
    assert anonymous.get(f"{URL}?expand=skills").json()["results"][0]["skills"] == shown
    assert anonymous.get(f"{path}similar/?expand=skills").status_code == 200
    assert "skills" not in anonymous.get(path).json()
    assert "skills" not in anonymous.get(URL).json()["results"][0]
    # As all other details.
    assert employer.get(OWN).json()["results"][0]["skills"] == shown
    assert employer.get(f"{OWN}{response.json()['job_id']}/").json()["skills"] == shown


@pytest.mark.parametrize("url", [URL, OWN])
def test_employer_changes_a_job_and_its_skills_stay_unless_they_are_named(employer, mine, posting, url):
    path = f"{url}{mine.pk}/"

    for method, body, expected in [
        (employer.put, {**posting, "is_active": True}, [PYTHON, DOCKER]),
        (employer.patch, {"title": "Cook"}, [PYTHON, DOCKER]),
        (employer.patch, {"skills": [DOCKER]}, [DOCKER]),
        (employer.put, {**posting, "is_active": True, "skills": [PYTHON]}, [PYTHON]),
        (employer.patch, {"skills": []}, []),
    ]:
        response = method(path, body)

        assert response.status_code == 200
        assert "skills" not in response.json()
        assert stored(mine) == expected


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (None, ["skills"]),
        ("Python", ["skills"]),
        ({"name": "Python"}, ["skills"]),
        (["Python"], ["skills.0"]),
        ([[]], ["skills.0"]),
        ([{"name": "Python"}], ["skills.0.importance"]),
        ([{"importance": "useful"}], ["skills.0.name"]),
        ([PYTHON, {**DOCKER, "importance": "vital"}], ["skills.1.importance"]),
        ([{**PYTHON, "name": " \u200b "}], ["skills.0.name"]),
        ([{**PYTHON, "name": 7}], ["skills.0.name"]),
        ([{**PYTHON, "name": "Py\0thon"}], ["skills.0.name"]),
        ([{**PYTHON, "name": "Py\nthon"}], ["skills.0.name"]),
        ([{**PYTHON, "name": "x" * 101}], ["skills.0.name"]),
        ([{**PYTHON, "name": "x" * 5_000}], ["skills.0.name"]),
        ([{**PYTHON, "name": "a" + "\u0301" * 40}], ["skills.0.name"]),
        ([{**PYTHON, "name": "www.example.org"}], ["skills.0.name"]),
        ([{**PYTHON, "name": f"Skill {number}"} for number in range(31)], ["skills"]),
        ([PYTHON, {**DOCKER, "name": "PYTHON"}], ["skills"]),
        ([{**PYTHON, "name": "Café"}, DOCKER, {**DOCKER, "name": "cafe"}], ["skills"]),
    ],
)
def test_employer_posts_bad_skills_and_is_refused(employer, posting, mine, value, fields):
    for response in (
        employer.post(URL, {**posting, "skills": value}, format="json"),
        employer.patch(f"{URL}{mine.pk}/", {"skills": value}, format="json"),
    ):
        assert response.status_code == 400
        assert sorted(response.json()["errors"]) == fields, response.json()
    assert Job.objects.count() == 1
    assert stored(mine) == [PYTHON, DOCKER]


def test_refusal_names_the_skill_that_is_given_twice(employer, mine):
    response = employer.patch(f"{URL}{mine.pk}/", {"skills": [PYTHON, DOCKER, {**DOCKER, "name": "python"}]})

    assert response.json()["errors"] == {"skills": ["“python” is given twice."]}


def test_employer_posts_thirty_skills_of_any_script(employer, posting):
    names = [*(f"Skill {number}" for number in range(25)), "C++", "C#", "ソフトウェア", "مهندس", "%_\\'\""]
    body = {**posting, "skills": [{"name": name, "importance": "useful"} for name in names]}

    assert employer.post(URL, body).status_code == 201
    assert [skill["name"] for skill in stored(Job.objects.get())] == names


def test_database_refuses_the_same_skill_and_an_unknown_importance():
    job = JobFactory()
    JobSkillFactory(job=job, name="Café")

    with pytest.raises(IntegrityError, match="jobs_jobskill_unique_name"), transaction.atomic():
        JobSkillFactory(job=job, name="CAFE")
    with pytest.raises(IntegrityError, match="jobs_jobskill_importance_known"), transaction.atomic():
        JobSkillFactory(job=job, importance="vital")
    JobSkillFactory(name="Café")


def test_duplicate_has_the_skills(employer, mine):
    copy = employer.post(f"{OWN}{mine.pk}/duplicate/").json()["job_id"]

    assert stored(copy) == stored(mine) == [PYTHON, DOCKER]


def test_history_tells_a_change_of_skills(employer, mine):
    path = f"{URL}{mine.pk}/"
    for body in ({"skills": [PYTHON]}, {"skills": [PYTHON]}, {"title": "Cook"}):
        assert employer.patch(path, body).status_code == 200

    changes = [row["changes"] for row in employer.get(f"{path}history/").json()["results"]]

    assert changes == [{"title": [mine.title, "Cook"]}, {"skills": [[PYTHON, DOCKER], [PYTHON]]}]


def test_change_that_has_not_seen_the_skills_is_not_made(employer, mine):
    path = f"{URL}{mine.pk}/"
    tag = employer.get(path).headers["ETag"]
    changed = employer.patch(path, {"skills": [PYTHON]}, headers={"If-Match": tag})
    assert changed.status_code == 200

    late = employer.patch(path, {"title": "Cook"}, headers={"If-Match": tag})

    assert (late.status_code, stored(mine)) == (412, [PYTHON])
    assert employer.get(path, headers={"If-None-Match": tag}).status_code == 200
    assert employer.get(path).headers["ETag"] == changed.headers["ETag"] != tag
    assert employer.patch(path, {"title": "Cook"}, headers={"If-Match": changed.headers["ETag"]}).status_code == 200


def test_tag_of_a_posted_job_is_that_of_the_job(employer, posting):
    response = employer.post(URL, {**posting, "skills": [PYTHON]})

    path = f"{URL}{response.json()['job_id']}/"
    assert employer.get(path).headers["ETag"] == response.headers["ETag"]


@pytest.mark.parametrize(
    "change",
    [
        lambda: JobSkillFactory(job=Job.objects.get()),
        lambda: JobSkill.objects.update(name="Go"),
        lambda: JobSkill.objects.update(importance="useful"),
        lambda: JobSkill.objects.all().delete(),
    ],
)
def test_every_change_of_a_skill_makes_a_new_version_of_lists(change):
    JobSkillFactory()
    before = current_version()

    change()

    assert current_version().everything != before.everything
    assert current_version().names == before.names


def test_list_with_skills_is_never_an_old_one(anonymous, employer, mine):
    urls = [f"{URL}?expand=skills", f"{URL}?skill=go", f"{URL}facets/"]
    before = [anonymous.get(url).json() for url in urls]

    employer.patch(f"{URL}{mine.pk}/", {"skills": [{"name": "Go", "importance": "useful"}]})

    listed, found, facets = (anonymous.get(url).json() for url in urls)
    assert listed["results"][0]["skills"] == [{"name": "Go", "importance": "useful"}]
    assert (before[1]["count"], found["count"]) == (0, 1)
    assert facets["skill"] == [{"value": "go", "name": "Go", "count": 1}]


def test_reading_skills_takes_no_query_more(anonymous, employer, mine, django_assert_num_queries):
    for _ in range(3):
        with_skills(JobFactory(employer=employer.user.employer), Python="required", Docker="useful")
    # The version, the count and the page.
    with django_assert_num_queries(3):
        anonymous.get(f"{URL}?expand=skills")
    with django_assert_num_queries(1):
        anonymous.get(f"{URL}{mine.pk}/jsonld/")


@pytest.mark.django_db(transaction=True)
def test_of_two_replacements_at_once_one_is_the_last(client_for):
    job = JobSkillFactory().job
    clients = [client_for(job.employer.user) for _ in range(4)]
    lists = [[{"name": f"Skill {n}", "importance": "useful"} for n in range(k, k + 20)] for k in range(4)]

    statuses = at_once(
        *(
            lambda client=client, skills=skills: client.patch(f"{URL}{job.pk}/", {"skills": skills}).status_code
            for client, skills in zip(clients, lists, strict=True)
        )
    )

    assert statuses == [200] * 4
    assert stored(job) in lists


# --- Filter and facet -------------------------------------------------------------------------------------------------


def found(client, query):
    return {row["title"] for row in client.get(f"{URL}?{query}").json()["results"]}


def test_jobs_are_found_by_a_skill_in_any_spelling_and_by_its_synonyms(anonymous):
    SynonymFactory(name="zs", meaning="ZealScript")
    with_skills(JobFactory(title="Coder"), ZealScript="required", Docker="useful")
    with_skills(JobFactory(title="Tester"), ZS="useful")
    with_skills(JobFactory(title="Barista"), Café="required")
    with_skills(JobFactory(title="Closed", closed=True), ZS="required")
    JobFactory(title="Clerk")

    assert found(anonymous, "skill=zealscript") == found(anonymous, "skill=ZS") == {"Coder", "Tester"}
    assert found(anonymous, "skill=CAFE") == {"Barista"}
    assert found(anonymous, "skill=docker&skill=café") == found(anonymous, "skill[]=Docker&skill[]=Cafe")
    assert found(anonymous, "skill=docker&skill=café") == {"Coder", "Barista"}
    assert found(anonymous, "skill=zs&search=coder") == {"Coder"}
    # No part of a name, no list.
    assert found(anonymous, "skill=zeal") == found(anonymous, "skill=docker,café") == set()
    assert len(found(anonymous, "skill=")) == 4
    assert anonymous.get(f"{URL}?skill={'x' * 5_000}").status_code == 400
    assert anonymous.get(f"{URL}?skill=%00").status_code == 400
    assert found(anonymous, "skill=%25") == found(anonymous, "skill=%27") == set()


def test_former_name_of_a_merged_category_is_no_synonym_of_a_skill(anonymous):
    SynonymFactory(name="Cooking", meaning="Kitchen", is_former_name=True)
    with_skills(JobFactory(), Kitchen="required")

    assert found(anonymous, "skill=cooking") == set()


def test_employer_and_administrator_find_closed_jobs_by_skill(employer, admin):
    job = with_skills(JobFactory(employer=employer.user.employer, closed=True), Python="required")

    assert employer.get(f"{OWN}?skill=python").json()["results"][0]["job_id"] == str(job.pk)
    assert admin.get(f"{URL}?skill=python").json()["count"] == 1


def test_skills_are_counted_by_their_usual_spelling(anonymous):
    for number, name in enumerate(["Python", "python", "Python", "Docker"]):
        JobSkillFactory(job__title=f"Coder {number}", name=name)
    with_skills(JobFactory(closed=True), Python="required")

    facets = anonymous.get(f"{URL}facets/").json()

    assert facets["skill"] == [
        {"value": "python", "name": "Python", "count": 3},
        {"value": "docker", "name": "Docker", "count": 1},
    ]
    assert anonymous.get(f"{URL}facets/?skill=docker").json()["skill"] == [facets["skill"][1]]
    dropped = anonymous.get(f"{URL}facets/?skill=go&job_type=full-time").json()["without"]
    assert dropped == [{"filter": "skill", "count": 4}]


def test_skills_of_the_newest_jobs_are_counted(anonymous, monkeypatch):
    monkeypatch.setattr("jobs.searching.discovery.MAX_SKILL_FACET_JOBS", 2)
    for days, name in enumerate(["Go", "Go", "Cobol"]):
        JobSkillFactory(job__posted_at=timezone.now() - timedelta(days=days), name=name)

    assert [row["name"] for row in anonymous.get(f"{URL}facets/").json()["skill"]] == ["Go"]


# --- Match ------------------------------------------------------------------------------------------------------------


def test_seeker_gets_the_match_with_a_job(seeker):
    SynonymFactory(name="zs", meaning="ZealScript")
    SynonymFactory(name="gsql", meaning="GraalSQL")
    job = with_skills(
        JobFactory(), ZealScript="required", gsql="required", Café="useful", Go="required", Docker="useful"
    )
    for name in ("ZS", "graalsql", "CAFE", "Knitting"):
        SkillFactory(user=seeker.user, name=name)

    response = seeker.get(f"{URL}{job.pk}/match/")

    assert response.status_code == 200
    assert response.json() == {
        "score": 62,
        "matched": [
            {"name": "ZealScript", "importance": "required", "own_name": "ZS"},
            {"name": "gsql", "importance": "required", "own_name": "graalsql"},
            {"name": "Café", "importance": "useful", "own_name": "CAFE"},
        ],
        "missing_required": ["Go"],
        "missing_useful": ["Docker"],
        "formula": "100 * (2 * required matched + useful matched) / (2 * required + useful), rounded down",
    }


@pytest.mark.parametrize(
    ("asked", "own", "score"),
    [
        ({}, ["Python"], None),
        ({"Python": "required"}, [], 0),
        ({"Python": "required"}, ["python"], 100),
        ({"Python": "useful"}, ["python"], 100),
        ({"Python": "required", "Go": "useful"}, ["python"], 66),
        ({"Python": "required", "Go": "useful"}, ["go"], 33),
        ({"Python": "required", "Go": "required"}, ["go", "knitting"], 50),
    ],
)
def test_score_follows_the_formula(seeker, asked, own, score):
    job = with_skills(JobFactory(), **asked)
    for name in own:
        SkillFactory(user=seeker.user, name=name)

    body = seeker.get(f"{URL}{job.pk}/match/").json()

    def number(importance, names):
        return sum(asked[name] == importance for name in names)

    required, useful = (number(importance, asked) for importance in ("required", "useful"))
    names = [skill["name"] for skill in body["matched"]]
    variables = {
        "required matched": number("required", names),
        "useful matched": number("useful", names),
        "required": required,
        "useful": useful,
    }
    formula = body["formula"].removesuffix(", rounded down")
    for words, value in variables.items():
        formula = formula.replace(words, str(value))
    assert body["score"] == score
    if asked:
        assert int(eval(formula)) == score  # noqa: S307 - of the response, which is compared above


def test_the_skill_itself_comes_before_its_synonym(seeker):
    SynonymFactory(name="zs", meaning="ZealScript")
    job = with_skills(JobFactory(), ZealScript="required")
    for name in ("ZS", "ZealScript"):
        SkillFactory(user=seeker.user, name=name)

    assert [row["own_name"] for row in seeker.get(f"{URL}{job.pk}/match/").json()["matched"]] == ["ZealScript"]


def test_of_too_many_skills_the_first_by_name_are_compared(seeker, monkeypatch):
    monkeypatch.setattr(skills, "MAX_OWN", 2)
    job = with_skills(JobFactory(), Ada="useful", Basic="useful", Cobol="useful")
    for name in ("COBOL", "basic", "Ada"):
        SkillFactory(user=seeker.user, name=name)

    assert seeker.get(f"{URL}{job.pk}/match/").json()["missing_useful"] == ["Cobol"]
    assert [row["name"] for row in recommended(seeker)["results"][0]["because"]] == ["Ada", "Basic"]


def test_others_get_no_match(anonymous, employer, admin, mine):
    for path in (f"{URL}{mine.pk}/match/", RECOMMENDED):
        assert [client.get(path).status_code for client in (anonymous, employer, admin)] == [401, 403, 403]


def test_seeker_gets_no_match_with_a_hidden_job(seeker):
    assert seeker.get(f"{URL}{JobFactory(closed=True).pk}/match/").status_code == 404
    assert seeker.get(f"{URL}no-such-job/match/").status_code == 404


def test_match_takes_as_many_queries_for_thirty_skills(seeker, mine, django_assert_num_queries):
    with django_assert_num_queries(5):
        seeker.get(f"{URL}{mine.pk}/match/")
    for number in range(28):
        JobSkillFactory(job=mine)
        SkillFactory(user=seeker.user, name=f"Own {number}")
    with django_assert_num_queries(5):
        seeker.get(f"{URL}{mine.pk}/match/")


# --- Recommended ------------------------------------------------------------------------------------------------------


def recommended(client, query=""):
    response = client.get(f"{RECOMMENDED}{query}")
    assert response.status_code == 200
    return response.json()


def test_seeker_gets_the_best_matches_first_and_why(seeker):
    SynonymFactory(name="zs", meaning="ZealScript")
    half = with_skills(JobFactory(), zealscript="required", Go="required")
    full = with_skills(JobFactory(), ZealScript="required")
    newer = with_skills(JobFactory(), zs="useful", Docker="useful")
    with_skills(JobFactory(), Go="required")
    JobFactory()
    SkillFactory(user=seeker.user, name="ZS")

    body = recommended(seeker)

    assert [row["job_id"] for row in body["results"]] == [str(job.pk) for job in (full, newer, half)]
    assert {**body, "results": []} == {"count": 3, "next": None, "previous": None, "results": []}
    plain = {row["job_id"]: row for row in seeker.get(URL).json()["results"]}
    assert body["results"][0] == {
        **plain[str(full.pk)],
        "score": 100,
        "because": [{"name": "ZealScript", "importance": "required", "own_name": "ZS"}],
    }
    assert [row["score"] for row in body["results"]] == [100, 50, 50]
    for row in body["results"]:
        match = seeker.get(f"{URL}{row['job_id']}/match/").json()
        assert (row["score"], row["because"]) == (match["score"], match["matched"])
    [expanded, *_] = recommended(seeker, "?expand=skills,employer")["results"]
    assert expanded["skills"] == [{"name": "ZealScript", "importance": "required"}]
    assert expanded["employer_details"]["company_name"] == full.employer.company_name
    assert seeker.get(f"{RECOMMENDED}?expand=nothing").status_code == 400


def test_seeker_without_skills_gets_no_recommendations(seeker, mine):
    assert recommended(seeker)["results"] == []


def test_only_open_jobs_are_recommended_as_they_are_now(seeker, employer, mine):
    SkillFactory(user=seeker.user, name="python")
    path = f"{OWN}{mine.pk}/"

    def are_any():
        return bool(recommended(seeker)["count"])

    assert are_any()
    for action, body, expected in [
        ("pause", {}, False),
        ("resume", {}, True),
        ("close", {"reason": "filled"}, False),
        ("relist", {"expires_at": "2999-12-31"}, True),
    ]:
        assert employer.post(f"{path}{action}/", body).status_code == 200
        assert are_any() is expected, action
    Job.objects.update(expires_at=timezone.now() - timedelta(days=2), closes_at=timezone.now() - timedelta(days=2))
    assert not are_any()
    for traits in ({"draft": True}, {"scheduled": True}, {"expired": True}):
        JobSkillFactory(job=JobFactory(**traits), name="Python")
    assert not are_any()


def test_jobs_of_blocked_employers_are_not_recommended(seeker, mine, monkeypatch):
    monkeypatch.setattr(skills, "CANDIDATES", 1)
    SkillFactory(user=seeker.user, name="Python")
    other = JobSkillFactory(job__posted_at=timezone.now() - timedelta(days=1), name="Python").job
    assert [row["job_id"] for row in recommended(seeker)["results"]] == [str(mine.pk)]

    assert seeker.post("/api/blocked-employers/", {"employer": str(mine.employer_id)}).status_code == 201

    # They take no place of others.
    assert [row["job_id"] for row in recommended(seeker)["results"]] == [str(other.pk)]
    assert seeker.get(f"{URL}{mine.pk}/match/").status_code == 200


def test_skills_have_the_columns_of_their_job(employer, mine):
    def copied():
        return set(JobSkill.objects.filter(job=mine).values_list("employer_id", "posted_at", "open_until"))

    assert copied() == {(mine.employer_id, mine.posted_at, mine.closes_at)}
    employer.post(f"{OWN}{mine.pk}/pause/")
    assert copied() == {(mine.employer_id, mine.posted_at, None)}
    Job.objects.update(posted_at=timezone.now(), employer=EmployerFactory(), is_active=True)
    job = Job.objects.get(pk=mine.pk)
    assert copied() == {(job.employer_id, job.posted_at, job.closes_at)}


def test_the_newest_that_share_a_skill_are_candidates_and_the_best_are_shown(seeker, monkeypatch):
    monkeypatch.setattr(skills, "CANDIDATES", 4)
    monkeypatch.setattr(skills, "MAX_RECOMMENDED", 3)
    for name in ("Python", "Go"):
        SkillFactory(user=seeker.user, name=name)
    now = timezone.now()
    jobs = [JobFactory(posted_at=now - timedelta(days=days)) for days in range(6)]
    for number, job in enumerate(jobs):
        # Each is found by two names.
        with_skills(job, Python="required", Go="required", **({"Cobol": "useful"} if number < 2 else {}))

    body = recommended(seeker)

    assert [row["job_id"] for row in body["results"]] == [str(jobs[number].pk) for number in (2, 3, 0)]


def test_recommending_takes_as_many_queries_for_ten_jobs_as_for_one(seeker, django_assert_num_queries):
    SkillFactory(user=seeker.user, name="Python")
    JobSkillFactory(name="Python")
    with django_assert_num_queries(5):
        assert recommended(seeker, "?expand=employer,location,category,skills,state")["count"] == 1
    for _ in range(9):
        JobSkillFactory(name="Python")
    with django_assert_num_queries(5):
        assert recommended(seeker, "?expand=employer,location,category,skills,state")["count"] == 10


def test_fifty_are_recommended_on_one_page(seeker):
    SkillFactory(user=seeker.user, name="Python")
    job = JobFactory()
    for _ in range(52):
        JobSkillFactory(
            job=JobFactory(employer=job.employer, location=job.location, category=job.category), name="python"
        )

    body = recommended(seeker)

    assert (body["count"], len(body["results"]), body["next"]) == (50, 50, None)


# --- Administrators, structured data ----------------------------------------------------------------------------------


def admin_form(job, *rows):
    stored_rows = list(JobSkill.objects.filter(job=job))
    form = {
        **{name: getattr(job, name) for name in ("title", "job_type", "workplace", "salary_range", "description")},
        "location": job.location_id,
        "category": job.category_id,
        "expires_at_0": f"{job.expires_at:%Y-%m-%d}",
        "expires_at_1": f"{job.expires_at:%H:%M:%S}",
        "skills-TOTAL_FORMS": len(rows),
        "skills-INITIAL_FORMS": len(stored_rows),
    }
    for number, row in enumerate(rows):
        key = {"id": stored_rows[number].pk} if number < len(stored_rows) else {}
        form |= {f"skills-{number}-{name}": value for name, value in {"job": job.pk, **key, **row}.items()}
    return form


def test_administrator_edits_the_skills_of_a_job(admin_client, mine):
    url = f"/admin/jobs/job/{mine.pk}/change/"
    page = admin_client.get(url).content.decode()
    assert 'value="Python"' in page

    rows = (
        {**PYTHON, "DELETE": "on"},
        {**DOCKER, "importance": "required"},
        {"name": " Go  lang ", "importance": "useful"},
    )
    response = admin_client.post(url, admin_form(mine, *rows))

    assert response.status_code == 302
    after = [{**DOCKER, "importance": "required"}, {"name": "Go lang", "importance": "useful"}]
    assert stored(mine) == after
    change = mine.changes.get()
    assert (change.actor, change.changes["skills"]) == ("administrator", [[PYTHON, DOCKER], after])


@pytest.mark.parametrize("name", ["DOCKER", "Döcker", "x" * 101, "www.example.org", "Do\0cker"])
def test_administrator_gives_a_bad_skill_and_reads_why(admin_client, mine, name):
    form = admin_form(mine, PYTHON, DOCKER, {"name": name, "importance": "useful"})
    response = admin_client.post(f"/admin/jobs/job/{mine.pk}/change/", form)

    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert stored(mine) == [PYTHON, DOCKER]


def test_administrator_gives_thirty_skills_at_most(admin_client, mine):
    many = [{"name": f"Skill {number}", "importance": "useful"} for number in range(29)]
    response = admin_client.post(f"/admin/jobs/job/{mine.pk}/change/", admin_form(mine, PYTHON, DOCKER, *many))

    assert "at most 30" in response.content.decode()
    assert stored(mine) == [PYTHON, DOCKER]


def test_search_engines_are_told_the_skills(anonymous, mine):
    body = json.loads(anonymous.get(f"{URL}{mine.pk}/jsonld/").content)
    assert body["skills"] == "Python, Docker"
    without = json.loads(anonymous.get(f"{URL}{JobFactory().pk}/jsonld/").content)
    assert "skills" not in without
