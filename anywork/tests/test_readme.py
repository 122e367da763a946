"""What README says is tried."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from accounts.models import User
from anywork.local import demo
from applications.models import Application
from jobs.models import Job
from notifications.models import OutgoingEmail

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


def test_the_demo_has_what_the_readme_promises(db):
    demo.load()
    demo.load()

    assert Job.objects.count() == 60
    assert set(Application.objects.values_list("status", flat=True)) == {
        "pending",
        "reviewed",
        "accepted",
        "rejected",
        "withdrawn",
    }
    assert User.objects.filter(role="employer").count() == 3
    assert User.objects.filter(role="job_seeker", job_seeker__resumes__isnull=False).count() == 10
    for email, password, _ in demo.ACCOUNTS:
        assert User.objects.get(email=email).check_password(password)


def test_the_environment_table_names_what_the_example_file_names():
    table = README.partition("## Environment")[2].partition("## In production")[0]
    in_table = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", "\n".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))))
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    in_example = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))

    assert in_table == in_example
