"""A copy of .env.example, as README says, for `make run` and by hand; test_compose.py tries it with Compose."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from anywork.local.environment import local_environment
from anywork.local.tests.test_runner import filled
from anywork.testing.processes import database_url, is_up, wait_for
from anywork.testing.smtp import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
KEY = "Filled1In" * 6
# Nothing of this process: a user's terminal has none of it.
TERMINAL = {"PATH": os.environ["PATH"]}


@pytest.fixture
def project(tmp_path):
    """A copy of the project, whose settings read the `.env` in it."""
    copy = tmp_path / "anywork-copy"
    left_out = shutil.ignore_patterns(
        ".env", ".git", ".venv", ".*_cache", "var", "__pycache__", "tests", "benchmarks", "docs"
    )
    return shutil.copytree(ROOT, copy, ignore=left_out)


def write_env_file(project, **values):
    example = (project / ".env.example").read_text(encoding="utf-8")
    (project / ".env").write_text(filled(example, {"SECRET_KEY": KEY, **values}), encoding="utf-8")


def manage(project, *arguments, environment=TERMINAL):
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def serving(project):
    """Run the web server as README's commands do."""
    port = free_port()
    with (project / "web.log").open("wb") as log:
        web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "anywork.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1"],
            cwd=project,
            env=TERMINAL,
            stdout=log,
            stderr=log,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            wait_for(lambda: is_up(client), "the web server")
            yield client
    finally:
        web.terminate()
        web.wait(timeout=30)


def test_operator_copies_the_example_file_and_runs_by_hand(db, project):
    write_env_file(project, DATABASE_URL=database_url())

    manage(project, "migrate", "--check")
    manage(project, "collectstatic", "--noinput", "--verbosity", "0")
    with serving(project) as client:
        assert client.get("/readyz").json()["checks"]["database"] == "ok"
        # As behind a proxy that ends TLS, which is the default.
        assert client.get("/api/jobs/").headers["Location"].startswith("https://127.0.0.1")


def test_developer_copies_the_example_file_and_make_run_has_its_own_defaults(db, project):
    write_env_file(project)
    (project / "var").mkdir()
    values = local_environment(project, database_url=database_url(), given={})
    code = """
import json
from django.conf import settings
print(json.dumps([settings.SECRET_KEY, settings.SECURE_SSL_REDIRECT, settings.LOG_FORMAT, settings.EMAIL_FILE_PATH,
    settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"], settings.FRONTEND_URL,
    settings.CORS_ALLOWED_ORIGINS[0]]))
"""

    told = json.loads(manage(project, "shell", "--no-imports", "--command", code, environment=TERMINAL | values))

    var = project / "var"
    assert told == [KEY, False, "plain", f"{var}/mail", f"{var}/broker", *["http://localhost:3000"] * 2]
