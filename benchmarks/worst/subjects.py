"""Callers with the most rows, and rows that benchmarks.fill omits: notifications, sessions, skills, analytics."""

from typing import Any, NamedTuple
from uuid import uuid4

from benchmarks.worst.inputs import INPUTS, PASSWORD

MANY = 5_000
LONG_JOBS = 300
REINDEXED_AT_ONCE = 20

# A row of every job's first day, and a month of the largest employer's jobs.
_ANALYTICS = """
    INSERT INTO analytics_analytics (analytics_id, job_id, date, views, applications)
    SELECT gen_random_uuid(), job_id, posted_at::date, 1, 0 FROM jobs_job
    UNION ALL
    SELECT gen_random_uuid(), job_id, current_date - day + 1000, 1, 0
    FROM jobs_job, generate_series(1, 10) AS day WHERE employer_id = %s
"""
# Five a job, the first ones most often.
_SKILLS = f"""
    INSERT INTO jobs_jobskill (job_id, name, importance)
    SELECT DISTINCT job_id, 'Skill ' || floor(exp(random() * ln({MANY}))), 'required'
    FROM jobs_job, generate_series(1, 5)
"""


class Subjects(NamedTuple):
    """Values for the inputs: access tokens by caller, and values by the name that inputs have in braces."""

    tokens: dict[str, str]
    values: dict[str, str]
    admin_cookie: str


def prepare() -> Subjects:
    """Write the missing rows to Django's database, and choose the callers and rows."""
    from django.db import connection
    from django.db.models import Count

    from accounts.models import Employer, JobSeeker, Session, Skill, User
    from analytics.models import Analytics
    from applications.models import Application, Note
    from jobs.models import Category, Job, Location
    from jobs.saving.models import SavedJob, SavedSearch
    from notifications.models import Notification

    employer, other_employer = Employer.objects.annotate(number=Count("jobs")).order_by("-number")[:2]
    seeker, other_seeker = JobSeeker.objects.annotate(number=Count("applications")).order_by("-number")[:2]
    leaver = JobSeeker.objects.exclude(pk__in=[seeker.pk, other_seeker.pk]).earliest("pk")
    own = list(Application.objects.filter(job_seeker=seeker, status="pending").select_related("job")[:2])
    receiver: Any = own[0].job.employer
    # `verbose` has more jobs than are reindexed at once, `concise` just as many.
    verbose, concise = _write_long_jobs("verbose", LONG_JOBS), _write_long_jobs("concise", REINDEXED_AT_ONCE)
    admin = User.objects.create_superuser("worst-admin@example.com", PASSWORD)
    users = {
        "seeker": seeker.user,
        "other_seeker": other_seeker.user,
        "leaver": leaver.user,
        "employer": employer.user,
        "other_employer": other_employer.user,
        "receiver": receiver.user,
        "verbose": verbose.user,
        "concise": concise.user,
        "admin": admin,
    }
    for user in users.values():
        user.set_password(PASSWORD)
        user.save()
    Skill.objects.bulk_create(Skill(user=seeker.user, name=f"Skill {number}") for number in range(MANY))
    Notification.objects.bulk_create(Notification(user=seeker.user, message="Hello") for _ in range(MANY))
    newest = Job.objects.open().order_by("-posted_at")[1 : MANY + 1]
    SavedJob.objects.bulk_create(SavedJob(job_seeker=seeker, job=job) for job in newest)
    search = SavedSearch(job_seeker=seeker, name="Engineers", query="search=engineer")
    search.begin()
    search.plan(search.told_until)
    search.save()
    for user in (seeker.user, leaver.user):
        Session.objects.bulk_create(Session(user=user) for _ in range(MANY))
    with connection.cursor() as cursor:
        cursor.execute(_ANALYTICS, [employer.pk])
        cursor.execute(_SKILLS)
        cursor.execute("VACUUM ANALYZE")
    own_jobs = Job.objects.filter(employer=employer, applications__isnull=False).distinct()[:2]
    busiest = {model: model.objects.annotate(number=Count("jobs")).latest("number") for model in (Category, Location)}
    rows: dict[str, Any] = {
        **{name: user.pk for name, user in users.items()},
        "job": Job.objects.open().latest("posted_at").pk,
        "long_job": verbose.jobs.all()[0].pk,
        "own_job": own_jobs[0].pk,
        "other_own_job": own_jobs[1].pk,
        "category": busiest[Category].pk,
        "location": busiest[Location].pk,
        "skill": seeker.user.skills.all()[0].pk,
        "saved_job": seeker.saved_jobs.all()[0].pk,
        "saved_search": search.pk,
        "notification": seeker.user.notifications.all()[0].pk,
        "session": seeker.user.sessions.all()[0].pk,
        "resume": own[0].resume_id,
        "application": own[0].pk,
        "other_application": own[1].pk,
        "note": Note.objects.create(application=own[0], author=receiver.user, text="n" * 5_000).pk,
        "analytics": Analytics.objects.filter(job__employer=employer)[0].pk,
        "seeker_email": seeker.user.email,
        "deep_page": Job.objects.open().count() // 400,
        "deep_applications": Application.objects.count() // 400,
        "deep_analytics": Analytics.objects.count() // 400,
    }
    return Subjects(_tokens(users), {name: str(value) for name, value in rows.items()}, _admin_cookie(admin))


def _write_long_jobs(name: str, number_of_jobs: int) -> Any:
    from accounts.models import Employer, Role, User
    from jobs.models import Job

    user = User.objects.create_user(f"worst-{name}@example.com", PASSWORD, role=Role.EMPLOYER)
    employer = Employer.objects.create(user=user, company_name=name)
    like = Job.objects.open().latest("posted_at")
    text = next(request.json for request in INPUTS["POST /api/jobs/"] if request.name == "description: different words")
    for number in range(number_of_jobs):
        Job.objects.create(
            job_id=uuid4(),
            employer=employer,
            category=like.category,
            location=like.location,
            title=f"{number} {text['title']}"[:255],
            description=text["description"],
            job_type=like.job_type,
            expires_at=like.expires_at,
        )
    return employer


def _tokens(users: dict[str, Any]) -> dict[str, str]:
    from accounts.tokens import open_session

    return {name: open_session(user).access for name, user in users.items()}


def _admin_cookie(admin: Any) -> str:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(admin.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = admin.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
