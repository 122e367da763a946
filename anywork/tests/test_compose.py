"""What docker-compose.yml gives the processes, by Compose's rules: there need be no Docker."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from anywork.local.environment import read_env_file

ROOT = Path(__file__).resolve().parents[2]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
OURS = sorted(name for name, service in SERVICES.items() if service.get("image") == "anywork")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
# What depends on the other services and volumes of the file.
FIXED = {
    "DATABASE_URL": "postgres://anywork:named-POSTGRES_PASSWORD@postgres:5432/anywork",
    "CELERY_BROKER_URL": "amqp://anywork:named-RABBITMQ_PASSWORD@rabbitmq:5672//",
    "BIND": "0.0.0.0:8000",
    "MEDIA_ROOT": "/srv/media",
    "STATIC_ROOT": "/srv/static",
}
_SUBSTITUTION = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?:(?P<operator>:?[-?])(?P<operand>[^}]*))?\})")


class Unset(Exception):
    """A required variable is not set; the text is Compose's message."""


def interpolate(text, variables):
    """Return `text` with Compose's ${NAME}, ${NAME:-default} and ${NAME:?message} replaced, and `$$` by `$`."""

    def value(match):
        if match["escaped"]:
            return "$"
        operator, found = match["operator"] or "", variables.get(match["name"])
        # With a colon, an empty variable is as good as none.
        if found is not None and (found or not operator.startswith(":")):
            return found
        if operator.endswith("?"):
            raise Unset(f"{match['name']}: {match['operand']}")
        return match["operand"] or ""

    replaced = _SUBSTITUTION.sub(value, text)
    assert "$" not in _SUBSTITUTION.sub("", text), f"not understood: {text}"
    return replaced


def environment_of(service, dotenv):
    """Return the variables that the container of `service` is given, with a `.env` that holds `dotenv`."""
    settings = SERVICES[service]
    assert settings["env_file"] == ".env"
    named = settings["environment"]
    return {**dotenv, **{name: interpolate(text, dotenv) for name, text in named.items()}}


@pytest.fixture
def copied(tmp_path):
    """Return the variables of a copy of .env.example in which what is required is filled in."""
    dotenv = tmp_path / ".env"
    dotenv.write_text(re.sub(r"^(SECRET_KEY|\w+_PASSWORD)=$", r"\1=Filled1In", EXAMPLE, flags=re.MULTILINE))
    return read_env_file(dotenv)


def settings_in(service, dotenv, expression):
    """Return the value of `expression` (JSON) under the settings that a process of `service` reads."""
    done = subprocess.run(
        [sys.executable, "-c", f"import json; from django.conf import settings; print(json.dumps({expression}))"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "anywork.settings",
            **environment_of(service, dotenv),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_all_processes_are_in_the_file():
    assert OURS == ["beat", "migrate", "web", "worker"]


@pytest.mark.parametrize("service", OURS)
def test_every_variable_of_the_example_file_reaches_the_process(service):
    names = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE)
    # A migration may take longer than a request.
    fixed = FIXED | ({"DB_STATEMENT_TIMEOUT_MS": "0"} if service == "migrate" else {})

    environment = environment_of(service, {name: f"named-{name}" for name in names})

    assert {name: environment.get(name) for name in names} == {name: f"named-{name}" for name in names} | fixed


def test_copied_example_file_sends_mail_to_the_catcher_and_redirects_nowhere(copied):
    assert settings_in(
        "web",
        copied,
        "[settings.DATABASES['default']['HOST'], settings.DATABASES['default']['PASSWORD'],"
        " settings.CELERY_BROKER_URL, settings.EMAIL_HOST, settings.EMAIL_PORT, settings.SECURE_SSL_REDIRECT,"
        " settings.SESSION_COOKIE_SECURE, settings.CORS_ALLOWED_ORIGINS, str(settings.MEDIA_ROOT)]",
    ) == [
        "postgres",
        "Filled1In",
        "amqp://anywork:Filled1In@rabbitmq:5672//",
        "mailpit",
        1025,
        False,
        False,
        ["http://localhost:3000"],
        "/srv/media",
    ]


def test_mail_server_and_https_of_the_env_file_are_used(copied):
    dotenv = copied | {"EMAIL_URL": "smtp+tls://me:secret@mail.example.org:587", "SECURE_SSL_REDIRECT": "on"}

    assert settings_in(
        "worker", dotenv, "[settings.EMAIL_HOST, settings.EMAIL_USE_TLS, settings.SECURE_SSL_REDIRECT]"
    ) == ["mail.example.org", True, True]


@pytest.mark.parametrize("name", ["SECRET_KEY", "POSTGRES_PASSWORD", "RABBITMQ_PASSWORD"])
@pytest.mark.parametrize("service", OURS)
def test_compose_names_what_is_required_and_empty(copied, service, name):
    with pytest.raises(Unset, match=f"{name}: set it in .env"):
        environment_of(service, copied | {name: ""})


def test_nginx_is_published_and_the_web_server_is_not():
    # What is for the machine's own administrator listens at its loopback address alone.
    published = {
        name
        for name, service in SERVICES.items()
        if any(not port.startswith("127.0.0.1:") for port in service.get("ports", []))
    }

    assert published == {"nginx"}
    assert SERVICES["nginx"]["volumes"] == ["./deploy/nginx.conf:/etc/nginx/nginx.conf:ro"]
    assert (ROOT / "deploy" / "nginx.conf").is_file()


@pytest.mark.parametrize("service", [*OURS, "nginx"])
def test_container_is_read_only_and_has_no_rights(service):
    settings = SERVICES[service]

    assert (settings["read_only"], settings["cap_drop"]) == (True, ["ALL"])
    assert settings["security_opt"] == ["no-new-privileges:true"]


def test_client_is_known_by_what_nginx_says_of_it(copied):
    assert settings_in("web", copied, "settings.NUM_PROXIES") == 1


def test_example_file_means_the_same_to_every_reader():
    values = re.findall(r"^#?[A-Z][A-Z0-9_]+=(.*)$", EXAMPLE, re.MULTILINE)

    # Compose expands `$`, takes off remarks and quotes; django-environ does other things with them.
    assert [value for value in values if re.search(r"""[$#'"]|^\s|\s$""", value)] == []
