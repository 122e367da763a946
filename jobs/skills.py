"""Skills of jobs: how names are compared, how well a job seeker matches a job, and which jobs are recommended.

Two names are the same if they are equal without regard to case and accents, or if one is a synonym of the other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower

from accounts.models import Skill, User
from anywork.database.replicas import reading_connection
from jobs.models import Importance, Job, JobSkill

MAX_SKILLS = 30
MAX_RECOMMENDED = 50
# The newest jobs that share a skill, of which the best are recommended.
CANDIDATES = 500
# The names of a job seeker by which candidates are looked up, with synonyms. Each may have CANDIDATES jobs: with 100
# names this takes 40 ms.
MAX_COMPARED = 50

# The skills of a job seeker that are compared at all, the first by name: 5,000 take 80 ms.
MAX_OWN = 500

_WEIGHTS: Mapping[str, int] = {Importance.REQUIRED: 2, Importance.USEFUL: 1}
FORMULA = "100 * (2 * required matched + useful matched) / (2 * required + useful), rounded down"

_FIRST_REPEATED = """
    SELECT name FROM (
        SELECT name, number, row_number() OVER (PARTITION BY anywork_folded(name) ORDER BY number) AS occurrence
        FROM unnest(%s::text[]) WITH ORDINALITY AS given (name, number)
    ) AS counted WHERE occurrence > 1 ORDER BY number LIMIT 1
"""
# Former names of merged categories and cities are no names of skills.
_SAME_NAMES = """
    WITH given AS MATERIALIZED (
        SELECT name, anywork_folded(name) AS folded, number
        FROM unnest(%s::text[]) WITH ORDINALITY AS given (name, number)
    ),
    synonym AS MATERIALIZED (
        SELECT anywork_folded(name) AS name, anywork_folded(meaning) AS meaning
        FROM jobs_synonym WHERE NOT is_former_name
    )
    SELECT folded, name FROM (
        SELECT 1 AS step, number, folded, name FROM given
        UNION ALL SELECT 2, number, meaning, given.name FROM given JOIN synonym ON synonym.name = folded
        UNION ALL SELECT 2, number, synonym.name, given.name FROM given JOIN synonym ON meaning = folded
    ) AS same ORDER BY step, number, folded
"""
# Candidates with their skills. The ORM has no lateral joins.
_CANDIDATES = """
    WITH candidate AS (
        SELECT DISTINCT posted_at, job_id
        FROM unnest(%s::text[]) AS own (name), LATERAL ({newest}) AS newest
        ORDER BY posted_at DESC, job_id DESC LIMIT {most}
    )
    SELECT job_id, array_agg(name ORDER BY id), array_agg(importance ORDER BY id), array_agg(folded ORDER BY id)
    FROM candidate JOIN jobs_jobskill USING (job_id)
    GROUP BY job_id, candidate.posted_at ORDER BY candidate.posted_at DESC, job_id DESC
"""

Names = Mapping[str, str]
# Name, importance and folded name.
SkillRow = tuple[str, str, str]


def repetition(names: list[str]) -> str | None:
    """Return in words which name is given twice, without regard to case and accents."""
    with reading_connection().cursor() as cursor:
        cursor.execute(_FIRST_REPEATED, [names])
        repeated = cursor.fetchone()
    return repeated and f"“{repeated[0]}” is given twice."


def set_skills(job: Job, skills: Sequence[Mapping[str, str]]) -> None:
    """Replace the skills of a job, which is new or locked."""
    if skills == job.skill_list:
        return
    job.skills.all().delete()
    JobSkill.objects.bulk_create(JobSkill(job=job, **skill) for skill in skills)
    job.skill_list = list(map(dict, skills))


def same_names(names: Collection[str]) -> Names:
    """Return, folded, all names that are the same as one of `names`, and for each the first one of these."""
    same: dict[str, str] = {}
    with reading_connection().cursor() as cursor:
        cursor.execute(_SAME_NAMES, [list(names)])
        for folded, name in cursor.fetchall():
            same.setdefault(folded, name)
    return same


def own_names(user: User) -> Names:
    """Return the names that are the same as a skill of a job seeker, of up to MAX_OWN."""
    names = Skill.objects.filter(user=user).order_by(Lower("name")).values_list("name", flat=True)
    return same_names(list(names[:MAX_OWN]))


def match_job(job: Job, user: User) -> dict[str, Any]:
    """Return how well the skills of a job seeker match a job."""
    return match_skills(job.skills.values_list("name", "importance", "folded"), own_names(user))


def match_skills(skills: Iterable[SkillRow], own: Names) -> dict[str, Any]:
    """Return how many skills of a job are the same as own ones, by FORMULA; the score of no skills is None."""
    matched: list[dict[str, str]] = []
    missing: dict[str, list[str]] = {importance: [] for importance in _WEIGHTS}
    reached = most = 0
    for name, importance, folded in skills:
        most += _WEIGHTS[importance]
        if folded in own:
            reached += _WEIGHTS[importance]
            matched.append({"name": name, "importance": importance, "own_name": own[folded]})
        else:
            missing[importance].append(name)
    return {
        "score": 100 * reached // most if most else None,
        "matched": matched,
        "missing_required": missing[Importance.REQUIRED],
        "missing_useful": missing[Importance.USEFUL],
        "formula": FORMULA,
    }


def recommend_jobs(jobs: QuerySet[Any], user: User) -> list[Job]:
    """Return those of `jobs` that match the skills of a job seeker best, each with its `match`, the best first."""
    own = own_names(user)
    of_one_name = JobSkill.objects.offered_to(user.pk).filter(folded=RawSQL("own.name", ()))
    newest = of_one_name.order_by("-posted_at", "-job_id").values("posted_at", "job_id")[:CANDIDATES]
    sql, parameters = newest.query.sql_with_params()
    with reading_connection().cursor() as cursor:
        cursor.execute(_CANDIDATES.format(newest=sql, most=CANDIDATES), [list(own)[:MAX_COMPARED], *parameters])
        matches = {job_id: match_skills(zip(*skills, strict=True), own) for job_id, *skills in cursor.fetchall()}
    # Stable: of the same score, the newest come first.
    best = sorted(matches, key=lambda key: -matches[key]["score"])
    found = jobs.in_bulk(best[:MAX_RECOMMENDED])
    recommended = [found[key] for key in best if key in found]
    for job in recommended:
        job.match = matches[job.pk]
    return recommended
