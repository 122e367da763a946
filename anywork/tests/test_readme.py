"""README and the other documents are true."""

import re
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db.models import Max, Min, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import Employer, User
from analytics.models import Analytics
from anywork import __version__
from anywork.local import demo
from applications.choices import UNDECIDED, Status
from applications.models import Application, JobClosing, Question
from jobs.models import Job, JobType
from jobs.querysets import JobState
from jobs.saving.models import SavedJob, SavedSearch
from notifications.models import Notification, OutgoingEmail

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_tour_works_when_pasted(live_server, settings, tmp_path):
    if missing := [program for program in ("bash", "curl") if shutil.which(program) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    demo.load()
    tour = README.partition("## Five minutes with curl")[2].partition("```bash\n")[2].partition("```")[0]
    tour = tour.replace("http://127.0.0.1:8000", live_server.url).replace("/tmp/", f"{tmp_path}/")

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", tour], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert '"message":"User registered successfully"' in done.stdout
    assert '"status":"accepted"' in done.stdout
    assert "was accepted." in done.stdout
    assert "You have already applied to this job." in done.stdout
    application = Application.objects.get(job_seeker__first_name="Tour")
    assert application.status == "accepted"
    assert OutgoingEmail.objects.filter(recipient=application.applicant.user).count() == 2


@pytest.fixture
def demo_data(db):
    demo.load()
    demo.load()


@pytest.mark.usefixtures("demo_data")
class TestDemo:
    """A front end can be built against it."""

    def test_accounts_that_are_printed_can_log_in(self):
        for email, password, _ in demo.ACCOUNTS:
            assert User.objects.get(email=email).check_password(password)
        assert User.objects.filter(role="job_seeker", job_seeker__resumes__isnull=False).count() == 10

    def test_jobs_fill_a_second_page_and_show_every_type_and_state(self, anonymous):
        page = anonymous.get("/api/jobs/").json()
        closing = anonymous.get("/api/jobs/", {"ordering": "closing"}).json()["results"][0]

        assert page["count"] > len(page["results"]) == 20
        assert len({job["employer"] for job in page["results"]}) > 4
        assert datetime.fromisoformat(closing["expires_at"]) < timezone.now() + timedelta(days=2)
        assert set(Job.objects.open().values_list("job_type", flat=True)) == set(JobType.values)
        assert set(Job.objects.with_state().values_list("state", flat=True)) == set(JobState.values)
        assert not Job.objects.filter(location__latitude=None).exists()

    def test_pay_is_in_the_currency_of_the_place(self):
        paid = Job.objects.exclude(salary_range="").values_list("location__country", "salary_currency")

        assert set(paid) == {
            *(("Nigeria", "NGN"), ("Ghana", "GHS"), ("Kenya", "KES"), ("Germany", "EUR")),
            *(("Sweden", "SEK"), ("United Kingdom", "GBP"), ("Canada", "CAD")),
        }
        assert not Job.objects.exclude(salary_range="").filter(salary_minimum=None).exists()

    def test_applications_are_in_every_state_with_a_history_in_order(self):
        for application in Application.objects.select_related("job").prefetch_related("status_changes"):
            changes = list(application.status_changes.all())
            moments = [application.job.posted_at, *(change.at for change in changes), timezone.now()]
            assert moments == sorted(moments)
            assert [change.from_status for change in changes[1:]] == [change.to_status for change in changes[:-1]]
            assert (changes[0].at, changes[-1].to_status) == (application.applied_at, application.status)
            assert application.applied_at < application.job.closes_at
        assert set(Application.objects.values_list("status", flat=True)) == set(Status.values)
        assert set(Notification.objects.values_list("is_read", flat=True)) == {True, False}
        # One that waits for the worker each: a receipt, and each decision.
        assert OutgoingEmail.objects.filter(kind="application_received").count() == Application.objects.count()

    def test_each_job_seeker_has_saved_jobs_in_several_states_and_a_search_with_an_alert(self, client_for):
        client = client_for(User.objects.get(email="ada@example.com"))
        rows = client.get("/api/saved-jobs/?expand=job,state").json()["results"]
        assert len(rows) == 5
        assert set(SavedJob.objects.values_list("job__is_active", flat=True)) == {True, False}
        [search] = client.get("/api/saved-searches/").json()["results"]
        assert search["query"].startswith("category=")
        assert OutgoingEmail.objects.filter(kind="job_alert").exists()
        assert not SavedSearch.objects.filter(alert_at__lte=timezone.now()).exists()

    def test_the_printed_job_seeker_has_revoked_blocked_and_muted(self, client_for):
        client = client_for(User.objects.get(email="ada@example.com"))
        [revoked] = Application.objects.exclude(revoked_at=None)
        assert client.get(f"/api/applications/{revoked.pk}/").json()["status"] == "rejected"
        [muted], [blocked] = (client.get(f"/api/{name}-employers/").json()["results"] for name in ("muted", "blocked"))
        assert muted["employer"] == str(revoked.job.employer_id)
        recommended = {row["employer"] for row in client.get("/api/jobs/recommended/").json()["results"]}
        assert recommended & {muted["employer"], blocked["employer"]} == {muted["employer"]}

    def test_the_desk_of_the_printed_employer_has_something_of_all(self):
        employer = Employer.objects.get(user__email=demo.ACCOUNTS[1][0])
        jobs = Job.objects.filter(employer=employer)
        applications = Application.objects.filter(job__employer=employer)

        assert set(jobs.with_state().values_list("state", flat=True)) == set(JobState.values)
        assert {change.actor for job in jobs for change in job.changes.all()} == {"employer"}
        held = applications.get(told_status="reviewed")
        assert held.status == "rejected"
        assert held.told == "reviewed"
        rejections = applications.filter(status="rejected")
        assert set(rejections.values_list("status_changes__reason_shared", flat=True)) == {True, False}
        assert applications.exclude(notes=None).exclude(assessment__tags=[]).exists()
        assert applications.exclude(answers={}).exists()
        assert not applications.filter(posting=None).exists()
        assert Question.objects.filter(job__employer=employer).exclude(knock_out=None).exists()
        assert JobClosing.objects.filter(job__applications__status__in=UNDECIDED).exists()

    def test_each_employer_finds_a_month_of_counters_that_fit_the_applications(self):
        for employer in Employer.objects.all():
            counters = Analytics.objects.filter(job__employer=employer)
            days = counters.aggregate(first=Min("date"), last=Max("date"))
            assert (days["last"] - days["first"]).days >= 20
            total = counters.aggregate(Sum("applications"), Sum("views"))
            applications = Application.objects.filter(job__employer=employer).count()
            assert total["applications__sum"] == applications > 0
            assert total["views__sum"] > 100
        assert not Analytics.objects.filter(date__lt=TruncDate("job__posted_at")).exists()


def test_the_environment_table_names_what_the_example_file_names():
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = operations.partition("## Environment")[2].partition("## In production")[0]
    in_table = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", "\n".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))))
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    in_example = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))

    assert in_table == in_example


DOCUMENTS = sorted(
    path.relative_to(ROOT) for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("jobs/**/*.md"))
)
MAP = README.partition("## Map of the code")[2]
PATHS = re.compile(r"[\w.-]+(?:/[\w.-]+)*\.(?:py|md|sql|conf|toml|svg)\b|[\w-]+(?:/[\w-]+)*/(?=`)")
# Modules that every app may have; the map explains them once.
CONVENTIONAL = set(re.findall(r"`(\w+\.py)`", MAP.partition("###")[0]))


def exists(name, *folders):
    return any((ROOT / folder / name).exists() for folder in folders)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_documents_name_files_and_links_that_exist(document):
    """CONTRIBUTING.md: Layout and direction."""
    text = (ROOT / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert [link for link in links if not exists(link, document.parent)] == []

    without_map = text.partition("## Map of the code")[0]
    code = [name for span in re.findall(r"`([^`\n]+)`", without_map) for name in PATHS.findall(span)]
    named = {name for name in code if name not in CONVENTIONAL and not name.startswith(("var/", "api/"))}
    assert {name for name in named if not exists(name, "", document.parent, "anywork")} == set()


def map_of_the_code():
    """Return the paths that the map names."""
    paths = set()
    for heading, section in re.findall(r"### (.*)\n([^#]*)", MAP):
        folder = Path(heading.split("`")[1]) if "`" in heading else Path()
        paths |= {
            folder / name
            for entry in re.findall(r"^- (.*):", section, re.MULTILINE)
            for name in re.findall(r"`([^`]+)`", entry)
        }
    return paths


def test_map_names_files_that_exist():
    assert {str(path) for path in map_of_the_code() if not (ROOT / path).exists()} == set()


def test_map_names_every_module_of_more_than_60_lines():
    named = map_of_the_code()
    apps = [path.parent for path in ROOT.glob("*/apps.py")]
    modules = [path for app in apps for path in app.rglob("*.py") if not {"tests", "migrations"} & set(path.parts)]
    long = {path.relative_to(ROOT) for path in modules if len(path.read_text(encoding="utf-8").splitlines()) > 60}
    assert {str(path) for path in long - named if path.name not in CONVENTIONAL} == set()


def test_rules_have_a_file():
    rules = re.findall(
        r"^\| (.+) \| (.+) \|$", README.partition("## Where is the rule")[2].partition("## Map")[0], re.MULTILINE
    )
    assert len(rules) > 20
    for rule, where in rules[2:]:
        assert PATHS.findall(where), rule


def test_changelog_begins_with_the_version():
    newest = re.search(
        r"^## (\S+) - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert newest
    assert newest[1] == __version__


def test_documents_name_make_targets_that_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = "\n".join((ROOT / document).read_text(encoding="utf-8") for document in DOCUMENTS)
    targets = set(re.findall(r"\bmake ([a-z-]+)", "\n".join(re.findall(r"`[^`]*`", text))))
    assert {"run", "test", "test-fast", "check"} <= targets
    assert {target for target in targets if f"\n{target}:" not in makefile} == set()
