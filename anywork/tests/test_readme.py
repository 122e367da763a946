"""What README says is tried."""

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
from anywork.local import demo
from applications.models import Application, Status
from jobs.models import Job
from notifications.models import Notification, OutgoingEmail

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


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
    assert "You have applied to this job already." in done.stdout
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
        assert set(Job.objects.open().values_list("job_type", flat=True)) == set(Job.Type.values)
        assert Job.objects.filter(is_active=False).exists()
        assert Job.objects.filter(is_active=True, closes_at__lt=timezone.now()).exists()
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
    table = README.partition("## Environment")[2].partition("## In production")[0]
    in_table = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", "\n".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))))
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    in_example = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))

    assert in_table == in_example
