"""The TypeScript client, and the examples of docs/frontend.md, against a server."""

import json
import os
import re
import shutil
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings as configured

from anywork.api.throttling.rates import parse_rates
from anywork.local import demo
from anywork.local.environment import FRONTEND_ORIGINS
from anywork.local.pdf import make_pdf

ROOT = Path(configured.BASE_DIR)
CLIENT = ROOT / "clients" / "typescript"
HOW_TO_REGENERATE = "clients/typescript/src/schema.ts is behind docs/openapi.yaml; run: make client"
MAX_LINES = 300
PAGE = (ROOT / "docs" / "frontend.md").read_text(encoding="utf-8")
API = "http://127.0.0.1:8000"

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
    """The client, its tests and the examples of the page as JavaScript; a wrong type fails here."""
    examples = CLIENT / "examples" / "frontend.ts"
    examples.parent.mkdir(exist_ok=True)
    examples.write_text("\n".join(blocks("ts")) + '\nconsole.log("the end");\n', encoding="utf-8")
    run("npm", "run", "build")


def blocks(language):
    """Return the examples of the page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


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


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def frontend(compiled, live_server, settings, tmp_path):
    """The URL of a front end, on a port of its own: a page that can import the client and the examples."""
    demo.load()
    shutil.copytree(CLIENT / "build" / "src", tmp_path / "client")
    shutil.copy(CLIENT / "node_modules" / "openapi-fetch" / "dist" / "index.mjs", tmp_path / "openapi-fetch.mjs")
    examples = (CLIENT / "build" / "examples" / "frontend.js").read_text(encoding="utf-8")
    (tmp_path / "examples.js").write_text(examples.replace(API, live_server.url), encoding="utf-8")
    (tmp_path / "resume.pdf").write_bytes(make_pdf("Ada Okafor"))
    modules = {"anywork-client": "/client/index.js", "openapi-fetch": "/openapi-fetch.mjs"}
    import_map = f'<script type="importmap">{json.dumps({"imports": modules})}</script>'
    (tmp_path / "index.html").write_text(f"<!doctype html>{import_map}", encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=tmp_path)) as server:
        Thread(target=server.serve_forever).start()
        url = f"http://localhost:{server.server_port}"
        settings.CORS_ALLOWED_ORIGINS = [url]
        settings.THROTTLE_RATES = parse_rates("", {"user": "1200/min"})
        yield url
        server.shutdown()


@pytest.fixture
def context(frontend, browser):
    """A profile of a browser, whose tabs share their storage."""
    return browser.new_context()


def test_examples_of_the_page_run_in_a_browser(context, frontend):
    page, printed = context.new_page(), []
    page.on("console", lambda line: printed.append(line.text))

    page.goto(frontend)
    page.evaluate("import('/examples.js').catch(error => console.log(error.stack))")

    assert printed[-1] == "the end", printed
    for line in (
        "Frontend Engineer Lagoon Software Lagos",
        "job_seeker",
        "beside name: This field may not be blank.",
        "above the form: Name may not be blank.",
        "Sign language",
        "pending",
        "Did you mean engineer",
        "3 unread",
        "304",
    ):
        assert line in printed
    assert any(re.fullmatch(r"10 of \d\d", line) for line in printed)
    assert any(re.fullmatch(r'"user";r=\d+;t=\d+', line) for line in printed)
    assert any(re.fullmatch(r"open \d{4}-\d\d-\d\dT00:00:00Z", line) for line in printed)


def test_two_tabs_of_a_browser_refresh_once(context, frontend, live_server):
    refreshes = []
    context.on("response", lambda response: refreshes.append(response.status) if "/refresh/" in response.url else None)
    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:
        tab.goto(frontend)
        tab.evaluate(
            """async url => {
                const { AnyWork, unwrap } = await import("/client/index.js");
                const client = globalThis.client = new AnyWork(url);
                globalThis.callAt = moment => new Promise(done => setTimeout(done, moment - Date.now())).then(
                    () => Promise.all([1, 2, 3].map(() => unwrap(client.api.GET("/api/auth/me/")))));
            }""",
            live_server.url,
        )
    tabs[0].evaluate(f"client.login({{email: 'ada@example.com', password: '{demo.PASSWORD}'}})")

    for _ in range(3):
        refreshes.clear()
        tabs[0].evaluate("client.tokens.set({...client.tokens.get(), accessToken: 'expired'})")
        moment = tabs[0].evaluate("Date.now() + 300")
        for tab in tabs:
            tab.evaluate("moment => { globalThis.called = callAt(moment) }", moment)
        assert [len(tab.evaluate("called")) for tab in tabs] == [3, 3]
        assert refreshes == [200]


@pytest.fixture
def shell(live_server, settings):
    """Return a function that runs a script for bash against the server, as under `make run`."""
    if missing := [program for program in ("bash", "curl") if shutil.which(program) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    demo.load()
    settings.CORS_ALLOWED_ORIGINS = list(FRONTEND_ORIGINS)
    return lambda script: run("bash", "-euo", "pipefail", "-c", script.replace(API, live_server.url))


def test_commands_of_the_page_work_when_pasted(shell):
    [script] = blocks("bash")

    output = shell(script)

    assert '"email":"ada@example.com"' in output
    assert "refresh_token_used" in output
    assert "access-control-allow-origin: http://localhost:5173" in output
    assert "authorization" in output.partition("access-control-allow-headers:")[2].partition("\n")[0]


def test_page_has_no_other_examples():
    languages = set(re.findall(r"^```(\w+)", PAGE, re.MULTILINE))

    assert languages == {"ts", "bash", "yaml"}
