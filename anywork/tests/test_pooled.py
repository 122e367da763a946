"""AnyWork behind a real PgBouncer in transaction mode, with a role that does not own the tables."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import psycopg2
import pytest
from django.conf import settings

from anywork.local.pdf import make_pdf
from anywork.local.postgres import FAST_SETTINGS, PrivateServer, find_binaries
from anywork.testing.engines import PgBouncer
from anywork.testing.processes import Program, is_up, wait_for
from anywork.testing.smtp import free_port

pytestmark = pytest.mark.slow

PASSWORD = "correct-horse-42"
# Fewer than clients at once, so that a connection of PostgreSQL serves one after the other.
POOL_SIZE = 2
CLIENTS = 6


def execute(url, *statements, **options):
    """Run statements outside a transaction; return the rows of the last one."""
    connection = psycopg2.connect(url, **options)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Environment of processes that connect through PgBouncer, with migrated tables."""
    if (binaries := find_binaries()) is None:
        pytest.skip("needs PostgreSQL binaries")
    folder = tmp_path_factory.mktemp("pooled")
    with PrivateServer(folder / "postgres", binaries, settings=FAST_SETTINGS) as postgres:
        password = urlsplit(postgres.url).password
        execute(postgres.url.replace("//anywork:", "//postgres:"), f"CREATE ROLE site LOGIN PASSWORD '{password}'")
        pool = PgBouncer(postgres.url.replace("//anywork:", "//site:"), folder, size=POOL_SIZE)
        environment = {
            "DATABASE_URL": pool.url,
            "DATABASE_OWNER_URL": postgres.url,
            "DB_POOLED": "on",
            "SECURE_SSL_REDIRECT": "off",
            "THROTTLE_RATES": "off",
            "CELERY_BROKER_URL": "memory://",
            "MEDIA_ROOT": str(folder / "media"),
        }
        for command in (["migrate", "--verbosity", "0"], ["configure_database_role"]):
            program = Program("django", *command, log=folder / command[0], environment=environment)
            assert program.wait() == 0, program.log
        # Its connections have the parameters of before.
        pool.kill()
        pool.start()
        yield environment
        pool.kill()


def test_migrations_run_as_the_owner_and_the_site_only_writes_rows(environment):
    owners = execute(
        environment["DATABASE_URL"],
        "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'",
    )

    assert owners == [("anywork",)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        execute(environment["DATABASE_URL"], "ALTER TABLE jobs_job ADD COLUMN x integer")
    # A table of a later migration.
    execute(environment["DATABASE_OWNER_URL"], "CREATE TABLE later (id serial)")
    assert execute(environment["DATABASE_URL"], "INSERT INTO later DEFAULT VALUES RETURNING id") == [(1,)]


def test_pooled_connection_has_the_parameters_of_a_direct_one(environment):
    asked = [f"SHOW {name}" for name in settings.DATABASE_PARAMETERS]

    pooled = [execute(environment["DATABASE_URL"], show) for show in asked]

    options = settings.DATABASES["default"]["OPTIONS"]["options"]
    assert pooled == [execute(environment["DATABASE_OWNER_URL"], show, options=options) for show in asked]
    assert ("15s",) in pooled[0]


def test_people_post_apply_and_read_through_fewer_connections_than_they_are(environment, tmp_path):
    port = free_port()
    web = Program(
        "gunicorn",
        "anywork.wsgi",
        *("--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", str(CLIENTS)),
        log=tmp_path / "web",
        environment=environment,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            wait_for(lambda: is_up(client), "the web server")
            assert client.get("/readyz").json()["checks"]["database"] == "ok"
            with ThreadPoolExecutor(CLIENTS) as threads:
                found = list(threads.map(lambda number: journey(client, number), range(CLIENTS)))
    finally:
        web.stop()

    assert found == [(f"Welder {number}", "pending") for number in range(CLIENTS)]
    [[connections]] = execute(
        environment["DATABASE_OWNER_URL"], "SELECT count(*) FROM pg_stat_activity WHERE usename = 'site'"
    )
    assert 0 < connections <= POOL_SIZE


def journey(client, number):
    """Post a job, find it, and apply; return its title as found, and the state of the application."""
    employer = sign_up(client, f"employer{number}@example.org", "employer")
    category = post(client, "/api/categories/", employer, {"name": f"Trade {number}"})["category_id"]
    location = post(client, "/api/locations/", employer, {"city": f"Town {number}", "country": "France"})["location_id"]
    job = {
        "title": f"Welder {number}",
        "description": "Weld.",
        "category": category,
        "location": location,
        "job_type": "full-time",
        "expires_at": "2099-12-12",
    }
    post(client, "/api/jobs/", employer, job)
    [found] = client.get("/api/jobs/", params={"search": f"Welder {number}", "location": location}).json()["results"]
    seeker = sign_up(client, f"seeker{number}@example.org", "job_seeker")
    files = {"file_path": ("resume.pdf", make_pdf(f"Resume {number}"), "application/pdf")}
    resume = client.post("/api/resumes/", files=files, headers=seeker).json()["resume_id"]
    post(client, "/api/applications/", seeker, {"job": found["job_id"], "resume": resume})
    [application] = client.get("/api/applications/", headers=seeker).json()["results"]
    return found["title"], application["status"]


def sign_up(client, email, role):
    account = {"email": email, "password": PASSWORD, "role": role}
    post(client, "/api/auth/register/", {}, account)
    token = client.post("/api/auth/login/", json=account).json()["data"]["accessToken"]
    return {"Authorization": f"Bearer {token}"}


def post(client, path, headers, body):
    response = client.post(path, json=body, headers=headers)
    assert response.status_code == 201, response.text
    return response.json()
