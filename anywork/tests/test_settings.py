"""Settings as a process reads them: each case in a process of its own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.checks import run_checks
from django.db import connection

from anywork.api.throttling.rates import Rate
from anywork.checks import check_accel, check_deployment, check_urls
from anywork.environment import misspelt_names

# Processes of their own.
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = {"SECRET_KEY": "k" * 50, "DATABASE_URL": "postgres://somebody@127.0.0.1:1/nothing"}


def read_settings(expression, **environment):
    """Return the value of `expression` (JSON) under settings read from `environment` alone."""
    code = f"import json; from django.conf import settings; print(json.dumps({expression}, default=str))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "anywork.settings", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def value(expression, **environment):
    done = read_settings(expression, **{**REQUIRED, **environment})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_settings_without_secret_key_refuse_to_load():
    done = read_settings("settings.DEBUG", DATABASE_URL=REQUIRED["DATABASE_URL"])

    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_the_two_required_variables_suffice_and_are_safe():
    assert value(
        "[settings.DEBUG, settings.SECURE_SSL_REDIRECT, settings.SESSION_COOKIE_SECURE, settings.CORS_ALLOWED_ORIGINS]"
    ) == [False, True, True, []]


def test_the_token_key_is_derived_but_not_the_secret_key():
    key = value("settings.JWT_KEYS[0]")

    assert len(key) == 64
    assert REQUIRED["SECRET_KEY"] not in key
    assert key != value("settings.JWT_KEYS[0]", SECRET_KEY="another" * 10)
    assert value("settings.JWT_KEYS[0]", JWT_SIGNING_KEY="chosen" * 10) == "chosen" * 10


def test_former_keys_verify_tokens_after_a_rotation():
    before = value("settings.JWT_KEYS")
    secret, token = REQUIRED["SECRET_KEY"], "chosen" * 10

    assert len(before) == 1
    rotated = {"SECRET_KEY": "another" * 10, "SECRET_KEY_FALLBACKS": f"{secret}, {'third' * 10}"}
    assert value("settings.SECRET_KEY_FALLBACKS", **rotated) == [secret, "third" * 10]
    assert value("settings.JWT_KEYS", **rotated)[1] == before[0]
    assert value("settings.JWT_KEYS", JWT_SIGNING_KEY=token, JWT_SIGNING_KEY_FALLBACKS="old" * 20) == [
        token,
        "old" * 20,
    ]
    # No one signs with an empty key, after a comma too many.
    assert value("settings.SECRET_KEY_FALLBACKS", SECRET_KEY_FALLBACKS=f"{secret}, ,") == [secret]
    assert len(value("settings.JWT_KEYS", JWT_SIGNING_KEY_FALLBACKS="old, ,")) == 2
    # From the derived key to one of its own.
    assert value("settings.JWT_KEYS", JWT_SIGNING_KEY=token, SECRET_KEY_FALLBACKS=secret) == [token, before[0]]


def test_stranger_cannot_sign_by_the_empty_end_of_a_list_of_keys():
    lists = {"SECRET_KEY_FALLBACKS": f"{'former' * 10}, , ", "JWT_SIGNING_KEY_FALLBACKS": ", "}

    assert value("settings.SECRET_KEY_FALLBACKS", **lists) == ["former" * 10]
    assert value("len(settings.JWT_KEYS)", **lists) == 2


def test_a_mail_folder_is_absolute_and_may_hold_a_space():
    assert value("settings.EMAIL_FILE_PATH", EMAIL_URL="filemail:///srv/any%20work/mail") == "/srv/any work/mail"


def test_a_filesystem_broker_keeps_its_messages_in_the_named_folder():
    options = value("settings.CELERY_BROKER_TRANSPORT_OPTIONS", CELERY_BROKER_URL="filesystem:///srv/any%20work/broker")

    assert options["data_folder_in"] == options["data_folder_out"] == "/srv/any work/broker"


def test_a_bucket_switches_s3_on_and_nothing_else_does():
    assert value("settings.STORAGES['default']", AWS_S3_ENDPOINT_URL="http://127.0.0.1:9000") == {
        "BACKEND": "django.core.files.storage.FileSystemStorage"
    }
    assert value("settings.STORAGES['default']", AWS_STORAGE_BUCKET_NAME="resumes") == {
        "BACKEND": "resumes.storage.PrivateS3Storage",
        "OPTIONS": {
            "bucket_name": "resumes",
            "endpoint_url": None,
            "region_name": None,
            "access_key": None,
            "secret_key": None,
        },
    }
    assert value(
        "settings.STORAGES['default']['OPTIONS']",
        AWS_STORAGE_BUCKET_NAME="resumes",
        AWS_S3_ENDPOINT_URL="http://127.0.0.1:9000",
        AWS_S3_REGION_NAME="eu-central-1",
        AWS_ACCESS_KEY_ID="someone",
        AWS_SECRET_ACCESS_KEY="secret",
    ) == {
        "bucket_name": "resumes",
        "endpoint_url": "http://127.0.0.1:9000",
        "region_name": "eu-central-1",
        "access_key": "someone",
        "secret_key": "secret",
    }


def test_forwarded_https_is_believed_behind_a_proxy_only():
    expression = "getattr(settings, 'SECURE_PROXY_SSL_HEADER', None)"

    assert value(expression) is None
    assert value(expression, NUM_PROXIES="1") == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_pooled_connection_asks_for_nothing_that_outlives_a_transaction():
    expression = "[DB['DISABLE_SERVER_SIDE_CURSORS'], DB['OPTIONS']]".replace("DB", "settings.DATABASES['default']")

    assert value(expression, DB_POOLED="on") == [True, {"connect_timeout": 3, "application_name": "anywork"}]
    assert value(expression)[1]["options"].startswith("-c statement_timeout=15000 -c lock_timeout=5000 -c jit=off")


def test_rates_have_defaults_and_are_changed_one_by_one():
    assert value("settings.THROTTLE_RATES['login']") == [60, 60]
    assert value("settings.THROTTLE_RATES['login']", THROTTLE_RATES="login=20/min,apply=5/hour") == [20, 60]
    assert value("settings.THROTTLE_RATES", THROTTLE_RATES="off") == {}


@pytest.mark.parametrize(
    ("url", "backend"),
    [
        ("dbcache://", "anywork.api.throttling.counting.DatabaseCache"),
        ("redis://127.0.0.1:6379/0", "anywork.api.throttling.counting.RedisCache"),
        ("rediss://:secret@redis.example.org:6380/0", "anywork.api.throttling.counting.RedisCache"),
    ],
)
def test_the_cache_is_chosen_by_its_url(url, backend):
    default = value("settings.CACHES['default']", CACHE_URL=url)

    assert (default["BACKEND"], default["LOCATION"]) == (backend, url)


@pytest.mark.parametrize(
    ("name", "mistake"),
    [("CACHE_URL", "locmem://"), ("THROTTLE_RATES", "login=often"), ("LOG_FORMAT", "xml")],
)
def test_settings_with_a_mistake_refuse_to_load_and_name_it(name, mistake):
    done = read_settings("settings.DEBUG", **REQUIRED, **{name: mistake})

    assert done.returncode != 0
    assert name in done.stderr


WRONG = [
    ("SECRET_KEY", ""),
    ("DATABASE_URL", ""),
    ("DATABASE_URL", "foo"),
    ("DATABASE_OWNER_URL", "foo"),
    ("DB_POOLED", "maybe"),
    ("DATABASE_URL", "mysql://root@127.0.0.1/anywork"),
    ("DATABASE_URL", "postgres://anywork@127.0.0.1:port/anywork"),
    ("DATABASE_REPLICA_URLS", "postgres://anywork@127.0.0.1/anywork,mysql://root@127.0.0.1/anywork"),
    ("REPLICA_MAX_LAG_SECONDS", "0"),
    ("CACHE_URL", "redis:/x"),
    ("CACHE_URL", "redis://"),
    ("CACHE_URL", "locmem://"),
    ("CELERY_BROKER_URL", "amqpp://"),
    ("CELERY_BROKER_URL", "rabbitmq"),
    ("EMAIL_URL", "mail.example.org"),
    ("EMAIL_URL", "smpt://localhost:25"),
    ("ALLOWED_HOSTS", "https://api.example.org"),
    ("ALLOWED_HOSTS", "api.example.org,example.org/api"),
    ("NUM_PROXIES", "one"),
    ("NUM_PROXIES", "-1"),
    ("GOOGLE_OAUTH_CLIENT_ID", "half"),
    ("GOOGLE_OAUTH_CLIENT_SECRET", "half"),
    ("MEDIA_ROOT", "/etc/hostname/media"),
    ("LOG_FORMAT", "xml"),
    ("BIND", "8000"),
    ("BIND", "0.0.0.0:http"),
    ("WEB_CONCURRENCY", "0"),
    ("WEB_CONCURRENCY", "two"),
    ("DEBUG", "ture"),
    ("REQUIRE_VERIFIED_EMAIL", "maybe"),
    ("SECURE_SSL_REDIRECT", "2"),
    ("THROTTLE_RATES", "login=often"),
    ("THROTTLE_RATES", "logn=60/min"),
    ("FRONTEND_URL", "www.example.org"),
    ("PUBLIC_URL", "ftp://example.org"),
    ("JOB_PAGE_URL", "https://www.example.org/jobs/"),
    ("JOB_PAGE_URL", "www.example.org/jobs/{job_id}"),
    ("JOB_PAGE_URL", "https://{job_id}.example.org/"),
    ("JOB_PAGE_URL", "https://www.example.org{job_id}"),
    ("JOB_PAGE_URL", "https://www.example.org/{slug}/{job_id}"),
    ("JOB_PAGE_URL", "https://www.example.org/{job_id}/{job_id}"),
    ("JOB_PAGE_URL", "https://www.example.org/a job/{job_id}"),
    ("JOB_PAGE_URL", "javascript://www.example.org/{job_id}"),
    ("JWT_ACCESS_MINUTES", "0"),
    ("JWT_SESSION_DAYS", "-1"),
    ("RESUME_LINK_MINUTES", "an hour"),
    ("HSTS_SECONDS", "-1"),
    ("ADMIN_PATH", "api"),
    ("ADMIN_PATH", "healthz"),
    ("ADMIN_PATH", "metrics"),
    ("METRICS_TOKEN", "fifteen-letters"),
    ("METRICS_TOKEN", "sixteen or more letters"),
    ("ADMIN_PATH", "ad min"),
    ("DATABASE_URL", "postgres://anywork:hush/hush@127.0.0.1:5432/anywork"),
    ("DATABASE_URL", "postgres://anywork@[::1/anywork"),
    ("DATABASE_URL", "postgres://anywork@127.0.0.1/"),
    ("DATABASE_URL", "postgres://anywork@127.0.0.1/anywork?sslmod=require"),
    ("DATABASE_URL", "postgres://anywork@127.0.0.1/anywork?sslmode=requir"),
    ("CACHE_URL", "redis://127.0.0.1:hush/0"),
    ("CELERY_BROKER_URL", "amqp://anywork:anywork@127.0.0.1:hush//"),
    ("CELERY_BROKER_URL", "amqp:/x"),
    ("CELERY_BROKER_URL", "filesystem://"),
    ("CELERY_BROKER_URL", "filesystem:///etc/hostname/broker"),
    ("EMAIL_URL", "smtp://"),
    ("EMAIL_URL", "filemail://"),
    ("EMAIL_URL", "filemail:///etc/hostname/mail"),
    ("ALLOWED_HOSTS", "api.example.org:8000"),
    ("ALLOWED_HOSTS", "*.example.org"),
    ("ALLOWED_HOSTS", "a.example.org b.example.org"),
    ("CORS_ALLOWED_ORIGINS", "www.example.org"),
    ("CORS_ALLOWED_ORIGINS", "https://www.example.org/app"),
    ("FRONTEND_URL", "https://www.example.org:port"),
    ("PUBLIC_URL", "https://[::1"),
    ("GOOGLE_TOKEN_URI", "token"),
    ("BIND", "0.0.0.0:65536"),
    ("JWT_ACCESS_MINUTES", "9" * 20),
    ("AUDIT_DAYS", "999999999999"),
    ("RETENTION_MONTHS", "-1"),
    ("RETENTION_MONTHS", "1201"),
    ("MAIL_DAYS", "59"),
    ("NOTIFICATION_DAYS", "1"),
    ("MEDIA_PREFIX", "../resumes"),
    ("TERMS_VERSION", "v" * 33),
    ("TERMS_VERSION", "2030\u200b01"),
    ("TERMS_VERSION", "2030  01"),
    ("DB_STATEMENT_TIMEOUT_MS", "-1"),
    ("DEFAULT_FROM_EMAIL", "AnyWork"),
    ("SUPPORT_EMAIL", "support"),
    ("SENTRY_DSN", "https://sentry.example.org"),
    ("MEDIA_ACCEL_PREFIX", "private"),
]


@pytest.mark.parametrize(("name", "mistake"), WRONG)
def test_wrong_setting_is_told_in_one_sentence(name, mistake):
    code = "from anywork.environment import require_settings; require_settings()"
    done = start([sys.executable, "-c", code], **{name: mistake})

    assert done.returncode == 3
    assert re.fullmatch(rf"error: [^\n]*\b{name}\b[^\n]*\n", done.stderr), done.stderr
    assert "hush" not in done.stderr


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("RETENTION_MONTHS", "0"),
        ("RETENTION_MONTHS", "1200"),
        ("MAIL_DAYS", "0"),
        ("MAIL_DAYS", "60"),
        ("MEDIA_PREFIX", "resumes-2"),
        ("TERMS_VERSION", ""),
        ("TERMS_VERSION", "ü " + "v" * 30),
    ],
)
def test_right_setting_is_taken(name, text):
    code = "from anywork.environment import require_settings; require_settings(); from anywork import settings"
    done = start([sys.executable, "-c", f"{code}; print(settings.{name})"], PYTHONIOENCODING="utf-8", **{name: text})

    assert (done.stdout, done.stderr) == (f"{text}\n", "")


@pytest.mark.parametrize(
    "command",
    [
        ("gunicorn", "anywork.wsgi"),
        ("celery", "-A", "anywork", "worker"),
        ("celery", "-A", "anywork", "beat"),
        ("manage.py", "migrate"),
    ],
    ids=lambda command: command[-1],
)
def test_every_process_ends_with_status_3(command):
    program = [sys.executable, *(() if command[0].endswith(".py") else ("-m",)), *command]
    done = start(program, NUM_PROXIES="one")

    assert done.returncode == 3
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert lines == ["error: NUM_PROXIES is not a whole number: one."]


def start(command, **environment):
    values = {"PATH": os.environ["PATH"], **REQUIRED, **environment}
    return subprocess.run(command, cwd=ROOT, env=values, capture_output=True, text=True, timeout=60, check=False)


def test_half_a_pair_of_bucket_keys_is_told():
    code = "from anywork.environment import require_settings; require_settings()"
    done = start([sys.executable, "-c", code], AWS_STORAGE_BUCKET_NAME="resumes", AWS_ACCESS_KEY_ID="half")

    assert done.returncode == 3
    assert done.stderr == ("error: AWS_SECRET_ACCESS_KEY is not set, but AWS_ACCESS_KEY_ID is. Set both, or neither.\n")


def test_empty_variable_is_not_set():
    names = ["DEBUG", "SECURE_SSL_REDIRECT", "CACHES['default']['LOCATION']", "LOG_FORMAT", "NUM_PROXIES"]
    empty = dict.fromkeys(("SECURE_SSL_REDIRECT", "CACHE_URL", "LOG_FORMAT", "NUM_PROXIES", "JWT_SIGNING_KEY"), "")

    assert value(f"[{', '.join(f'settings.{name}' for name in names)}]", **empty) == [
        False,
        True,
        "dbcache://",
        "json",
        0,
    ]
    assert len(value("settings.JWT_KEYS[0]", **empty)) == 64


def test_misspelt_names_of_a_file_are_told(tmp_path):
    file = tmp_path / ".env"
    file.write_text(
        "ALLOWED_HOST=a\nDATABSE_URL=b\nSECRET_KEY=c\nPOSTGRES_PASSWORD=d\nMY_OWN_THING=e\nDATABASE_URL_OLD=f\n"
    )
    before = dict(os.environ)

    assert misspelt_names(file, {"ALLOWED_HOSTS", "DATABASE_URL", "SECRET_KEY"}) == {
        "ALLOWED_HOST": "ALLOWED_HOSTS",
        "DATABSE_URL": "DATABASE_URL",
    }
    assert misspelt_names(tmp_path / "none", {"SECRET_KEY"}) == {}
    assert dict(os.environ) == before


def test_services_that_are_away_are_told_in_the_drivers_words_and_nothing_else_fails():
    health = "__import__('anywork.operations.health').operations.health"
    expression = f"(__import__('django').setup(), {health}.warn_of_what_is_away())"
    done = read_settings(
        expression,
        **REQUIRED
        | {
            "DATABASE_URL": "postgres://anywork:hush@127.0.0.1:1/anywork",
            "CELERY_BROKER_URL": "amqp://anywork:hush@127.0.0.1:1//",
            "CACHE_URL": "redis://:hush@127.0.0.1:1/0",
        },
    )

    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["WARNING"] * 3
    messages = [line["message"] for line in lines]
    for message, name in zip(messages, ("database", "broker", "cache"), strict=True):
        assert message.startswith(f"The {name} cannot be reached: ")
        assert "refused" in message
    assert "hush" not in done.stderr


class TestDatabaseURL:
    def test_what_the_url_asks_of_the_driver_holds(self):
        url = f"{REQUIRED['DATABASE_URL']}?sslmode=verify-full&application_name=me&options=-c%20search_path%3Dmine"
        options = value("settings.DATABASES['default']['OPTIONS']", DATABASE_URL=url)

        assert options["sslmode"] == "verify-full"
        assert options["application_name"] == "me"
        assert options["connect_timeout"] == 3
        assert "-c statement_timeout=15000" in options["options"]
        assert options["options"].endswith("-c search_path=mine")

    def test_connection_is_encrypted_or_refused_where_the_url_requires_it(self, db):
        own = connection.settings_dict
        user = f"{own['USER']}:{quote(own['PASSWORD'])}"
        url = f"postgres://{user}@{own['HOST'] or 'localhost'}:{own['PORT'] or 5432}/postgres?sslmode=require"
        code = (
            "import django; django.setup(); from django.db import connection as c; k = c.cursor();"
            "k.execute('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'); print(k.fetchone()[0])"
        )

        done = start([sys.executable, "-c", code], DATABASE_URL=url, DJANGO_SETTINGS_MODULE="anywork.settings")

        assert done.stdout.strip() == "True" or "server does not support SSL" in done.stderr


def test_https_is_remembered_by_browsers_for_a_day_and_for_this_host_alone():
    names = ["SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD"]
    expression = f"[{', '.join(f'settings.{name}' for name in names)}]"

    assert value(expression) == [86_400, False, False]
    assert value(expression, HSTS_SECONDS="60", HSTS_SUBDOMAINS="on", HSTS_PRELOAD="on") == [60, True, True]
    assert value(expression, SECURE_SSL_REDIRECT="off") == [0, False, False]


def test_front_ends_may_send_headers_of_tracing():
    assert {"sentry-trace", "baggage", "if-match"} <= set(value("settings.CORS_ALLOW_HEADERS"))
    headers = value("settings.CORS_ALLOW_HEADERS", CORS_ALLOWED_HEADERS="x-mine")
    assert "x-mine" in headers
    assert "baggage" not in headers


def test_the_admin_session_lasts_as_long_as_is_said():
    assert value("settings.SESSION_COOKIE_AGE", ADMIN_SESSION_HOURS="2") == 7_200
    assert value("[settings.SESSION_COOKIE_PATH, settings.CSRF_COOKIE_PATH]", ADMIN_PATH="/office/") == ["/office/"] * 2


def test_the_checks_have_nothing_to_say_of_the_test_settings():
    assert run_checks() == []


@pytest.mark.parametrize("name", ["FRONTEND_URL", "PUBLIC_URL"])
def test_checks_refuse_a_url_without_scheme(settings, name):
    setattr(settings, name, "www.example.org")

    assert [message.id for message in check_urls()] == ["anywork.E002"]


@pytest.mark.parametrize("prefix", ["private", "/private", "private/"])
def test_checks_refuse_a_prefix_for_the_proxy_that_is_no_path(settings, prefix):
    settings.MEDIA_ACCEL_PREFIX = prefix

    assert [message.id for message in check_accel()] == ["anywork.E005"]


def test_checks_refuse_to_let_a_proxy_send_what_lies_on_s3(settings):
    settings.MEDIA_ACCEL_PREFIX = "/private-media/"
    assert check_accel() == []

    options = {"bucket_name": "resumes", "region_name": "eu-central-1"}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "resumes.storage.PrivateS3Storage", "OPTIONS": options},
    }

    assert [message.id for message in check_accel()] == ["anywork.E006"]


def test_deployment_checks_name_what_suits_one_machine_only(settings):
    settings.FRONTEND_URL = "http://localhost:3000"
    settings.DEFAULT_FROM_EMAIL = "AnyWork <no-reply@localhost>"
    settings.SECURE_SSL_REDIRECT = True
    settings.NUM_PROXIES = 0
    settings.THROTTLE_RATES = {}
    settings.ALLOWED_HOSTS = ["*"]

    assert [message.id for message in check_deployment(None)] == [
        "anywork.W001",
        "anywork.W001",
        "anywork.W002",
        "anywork.W003",
        "anywork.W004",
        "anywork.W005",
        "anywork.W006",
    ]


def test_deployment_checks_are_content_with_a_deployment(settings):
    settings.FRONTEND_URL = settings.PUBLIC_URL = "https://www.example.org"
    settings.DEFAULT_FROM_EMAIL = "AnyWork <no-reply@example.org>"
    settings.NUM_PROXIES = 1
    settings.REQUIRE_VERIFIED_EMAIL = True
    settings.THROTTLE_RATES = {"login": Rate(60, 60)}

    assert check_deployment(None) == []
