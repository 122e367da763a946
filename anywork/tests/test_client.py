"""The TypeScript client, and the examples of docs/frontend.md, against a server."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings as configured

from anywork.local.pdf import make_pdf

ROOT = Path(configured.BASE_DIR)
CLIENT = ROOT / "clients" / "typescript"
HOW_TO_REGENERATE = "clients/typescript/src/schema.ts is behind docs/openapi.yaml; run: make client"
MAX_LINES = 300

pytestmark = pytest.mark.slow


def run(*command, **environment):
    done = subprocess.run(
        command,
        cwd=CLIENT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def packages():
    """The client's packages, of exactly the versions in its lockfile."""
    if shutil.which("npm") is None:
        pytest.skip("needs Node")
    installed = CLIENT / "node_modules" / "installed-package-lock.json"
    locked = (CLIENT / "package-lock.json").read_text(encoding="utf-8")
    if not installed.exists() or installed.read_text(encoding="utf-8") != locked:
        if subprocess.run(("npm", "ping"), capture_output=True, timeout=30, check=False).returncode != 0:
            pytest.skip("needs the npm registry")
        run("npm", "ci", "--no-audit", "--no-fund")
        installed.write_text(locked, encoding="utf-8")


@pytest.fixture(scope="module")
def compiled(packages):
    """The client and its tests as JavaScript; a wrong type fails here."""
    run("npm", "run", "build")


def test_committed_types_are_the_generated_ones(packages):
    check = subprocess.run(("npm", "run", "check"), cwd=CLIENT, capture_output=True, text=True, timeout=60, check=False)

    assert check.returncode == 0, f"{HOW_TO_REGENERATE}\n{check.stderr}"


def test_hand_written_part_is_small():
    sources = [path for path in (CLIENT / "src").glob("*.ts") if path.name != "schema.ts"]

    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in sources) <= MAX_LINES


def test_client_makes_its_journey(compiled, live_server, tmp_path):
    resume = tmp_path / "resume.pdf"
    resume.write_bytes(make_pdf("Ben Carson"))

    output = run("npm", "test", ANYWORK_URL=live_server.url, RESUME=str(resume))

    assert "# fail 0" in output
    assert "# skipped 0" in output
