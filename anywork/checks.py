"""System checks of settings that would otherwise fail later, or silently."""

import os
import re
from collections.abc import Sequence
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from corsheaders.checks import check_settings as check_origins
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's names
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.validators import validate_email
from kombu.transport import TRANSPORT_ALIASES

from anywork.api.text import clean_line
from anywork.environment import misspelt_names

# Up to port 65535.
_PORT = r"(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"
_BIND = re.compile(rf"unix:.+|fd://\d+|(?:\[[0-9A-Fa-f:.]+\]|[\w.-]*):{_PORT}", re.ASCII)
_ALLOWED_HOST = re.compile(r"\*|\[[0-9A-Fa-f:.]+\]|\.?[\w-]+(?:\.[\w-]+)*\.?")
_FOLDERS = re.compile(r"[\w-]+(?:/[\w-]+)*", re.ASCII)
FOLDERS_IN_USE = {"api", "feeds", "healthz", "mail", "media", "metrics", "readyz", "static"}
# As in the models.
TERMS_LENGTH = 32
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


def check_urls() -> list[CheckMessage]:
    """Check URLs."""
    names = ("FRONTEND_URL", "PUBLIC_URL", "GOOGLE_AUTH_URI", "GOOGLE_TOKEN_URI", "GOOGLE_CERTS_URI")
    urls = {name: getattr(settings, name) for name in names}
    if endpoint := settings.STORAGES["default"].get("OPTIONS", {}).get("endpoint_url"):
        urls["AWS_S3_ENDPOINT_URL"] = endpoint
    return [
        Error(f"{name} is not a URL.", hint="For example https://www.example.org", id="anywork.E002")
        for name, url in urls.items()
        if not _is_web_url(url) or re.search(r"[?#]", url)
    ]


def check_job_page_url() -> list[CheckMessage]:
    """Check JOB_PAGE_URL."""
    before, placeholder, after = settings.JOB_PAGE_URL.partition("{job_id}")
    if placeholder and _is_web_url(before) and urlsplit(before).path and not re.search(r"[\s{}]", before + after):
        return []
    hint = "For example https://www.example.org/jobs/{job_id}"
    return [Error("JOB_PAGE_URL is not a URL with {job_id} after the host.", hint=hint, id="anywork.E017")]


def check_metrics_token() -> list[CheckMessage]:
    """Check METRICS_TOKEN: anyone may try to guess it."""
    if re.fullmatch(r"(?:[!-~]{16,})?", settings.METRICS_TOKEN):
        return []
    hint = "For example the output of: openssl rand -hex 32"
    return [Error("METRICS_TOKEN is not 16 or more letters, digits and signs.", hint=hint, id="anywork.E019")]


def check_base_currency() -> list[CheckMessage]:
    """Check BASE_CURRENCY."""
    if re.fullmatch(r"[A-Z]{3}", settings.BASE_CURRENCY):
        return []
    return [Error("BASE_CURRENCY is not a code of ISO 4217.", hint="For example USD", id="anywork.E016")]


def check_terms_version() -> list[CheckMessage]:
    """Check TERMS_VERSION: a request can only contain the form of `clean_line`."""
    version = settings.TERMS_VERSION
    if len(version) <= TERMS_LENGTH and version.isprintable() and version == clean_line(version):
        return []
    problem = f"TERMS_VERSION is not a line of up to {TERMS_LENGTH} printable characters."
    return [Error(problem, hint="For example 2030-01", id="anywork.E018")]


def _is_web_url(url: str) -> bool:
    return bool(_host(url)) and urlsplit(url).scheme in {"http", "https"} and not re.search(r"\s", url)


def _host(url: str) -> str | None:
    """Return the host of `url`, or None if it has none or an invalid port."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError if invalid
    except ValueError:
        return None
    return parts.hostname


def _is_writable(folder: Path) -> bool:
    """Return whether files can be written to `folder`, which need not exist yet."""
    # Not Path.exists(), which raises if a parent is not readable.
    existing = next(path for path in (folder, *folder.parents) if os.path.exists(path))  # noqa: PTH110
    return existing.is_dir() and os.access(existing, os.W_OK)


def check_admin_path() -> list[CheckMessage]:
    """Check that the admin site has a path of its own."""
    if _FOLDERS.fullmatch(settings.ADMIN_PATH) and settings.ADMIN_PATH.split("/")[0] not in FOLDERS_IN_USE:
        return []
    return [Error("ADMIN_PATH is not a path, or is in use.", hint="For example admin", id="anywork.E004")]


def check_accel() -> list[CheckMessage]:
    """Check MEDIA_ACCEL_PREFIX: a proxy sends files from MEDIA_ROOT, by a path joined to the prefix."""
    prefix = settings.MEDIA_ACCEL_PREFIX
    if not prefix:
        return []
    problems: list[CheckMessage] = []
    if not (prefix.startswith("/") and prefix.endswith("/")):
        problems.append(
            Error("MEDIA_ACCEL_PREFIX is not a path.", hint="For example /private-media/", id="anywork.E005")
        )
    if not isinstance(default_storage, FileSystemStorage):
        hint = "Leave MEDIA_ACCEL_PREFIX or AWS_STORAGE_BUCKET_NAME empty."
        problems.append(Error("A proxy cannot send files that are stored in S3.", hint=hint, id="anywork.E006"))
    return problems


def check_hosts() -> list[CheckMessage]:
    """Check ALLOWED_HOSTS: a URL, or a name with a port or an asterisk, never matches a request."""
    if wrong := [host for host in settings.ALLOWED_HOSTS if not _ALLOWED_HOST.fullmatch(host)]:
        hint = "Give host names only, such as api.example.org, or .example.org for all its subdomains."
        return [Error(f"ALLOWED_HOSTS names {wrong[0]}, which is not a host.", hint=hint, id="anywork.E007")]
    return []


def check_pairs() -> list[CheckMessage]:
    """Check that login with Google, and the bucket, have both an id and a secret."""
    bucket = settings.STORAGES["default"].get("OPTIONS", {})
    pairs: list[dict[str, str | None]] = [
        {name: getattr(settings, name) for name in ("GOOGLE_OAUTH_CLIENT_ID", "GOOGLE_OAUTH_CLIENT_SECRET")},
        {"AWS_ACCESS_KEY_ID": bucket.get("access_key"), "AWS_SECRET_ACCESS_KEY": bucket.get("secret_key")},
    ]
    problems: list[CheckMessage] = []
    for pair in pairs:
        given, missing = ([name for name in pair if bool(pair[name]) == is_set] for is_set in (True, False))
        if given and missing:
            message = f"{missing[0]} is not set, but {given[0]} is."
            problems.append(Error(message, hint="Set both, or neither.", id="anywork.E008"))
    return problems


def check_folders() -> list[CheckMessage]:
    """Check that folders for resumes, and for mail and messages on one machine, can be written to."""
    folders = {}
    if isinstance(default_storage, FileSystemStorage):
        folders["MEDIA_ROOT"] = str(settings.MEDIA_ROOT)
    if settings.EMAIL_BACKEND.endswith(".filebased.EmailBackend"):
        folders["EMAIL_URL"] = getattr(settings, "EMAIL_FILE_PATH", "")
    if "data_folder_in" in settings.CELERY_BROKER_TRANSPORT_OPTIONS:
        folders["CELERY_BROKER_URL"] = str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"])
    return [
        Error(f"{name} is not a folder that can be written to: {folder}.", id="anywork.E009")
        for name, folder in folders.items()
        if not (folder and _is_writable(Path(folder)))
    ]


def check_services() -> list[CheckMessage]:
    """Check the URLs of broker, cache and mail server, and the address of the web server."""
    problems: list[CheckMessage] = []
    transport, _, rest = settings.CELERY_BROKER_URL.partition("://")
    # A URL without a host means localhost.
    if transport not in TRANSPORT_ALIASES or (rest.strip("/") and not _host(settings.CELERY_BROKER_URL)):
        hint = "For example amqp://user:password@host:5672/vhost"
        problems.append(Error("CELERY_BROKER_URL is not a URL of a broker.", hint=hint, id="anywork.E010"))
    cache = settings.CACHES["default"]["LOCATION"]
    if not cache.startswith("dbcache:") and not _host(cache):
        problems.append(Error("CACHE_URL has no host.", hint="For example redis://host:6379/0", id="anywork.E011"))
    if settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend") and not settings.EMAIL_HOST:
        problems.append(Error("EMAIL_URL has no host.", hint="For example smtp://localhost:25", id="anywork.E014"))
    if not _BIND.fullmatch(settings.BIND):
        hint = "For example 0.0.0.0:8000 or unix:/run/anywork.sock"
        problems.append(Error(f"BIND is not an address: {settings.BIND}.", hint=hint, id="anywork.E012"))
    return problems


def check_names() -> list[CheckMessage]:
    """Check for misspelt names in .env, which would be ignored."""
    misspelt = misspelt_names(settings.BASE_DIR / ".env", settings.ENVIRONMENT_NAMES)
    return [
        Error(f"{name} in .env is not known.", hint=f"Did you mean {known}?", id="anywork.E013")
        for name, known in misspelt.items()
    ]


def check_addresses() -> list[CheckMessage]:
    """Check the sender and the support address of emails."""
    problems: list[CheckMessage] = []
    for name in ("DEFAULT_FROM_EMAIL", "SUPPORT_EMAIL"):
        text = getattr(settings, name)
        try:
            validate_email(parseaddr(text)[1] if name == "DEFAULT_FROM_EMAIL" and text.isprintable() else text)
        except ValidationError:
            hint = "For example AnyWork <no-reply@example.org>" if name == "DEFAULT_FROM_EMAIL" else None
            problems.append(Error(f"{name} is not an email address.", hint=hint, id="anywork.E015"))
    return problems


def check_settings() -> list[CheckMessage]:
    """Return the problems of the settings; needs neither database nor broker."""
    # CORS_ALLOWED_ORIGINS is checked by its app.
    return [*check_project(), *check_origins(app_configs=None)]


@register
def check_project(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Check the settings of the project."""
    return [
        *check_urls(),
        *check_job_page_url(),
        *check_base_currency(),
        *check_metrics_token(),
        *check_terms_version(),
        *check_admin_path(),
        *check_accel(),
        *check_hosts(),
        *check_pairs(),
        *check_folders(),
        *check_services(),
        *check_names(),
        *check_addresses(),
    ]


@register(deploy=True)
def check_deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check for defaults that are for development only."""
    problems: list[CheckMessage] = []
    problems += [
        Warning(f"Mails link to {name}, which is this machine.", id="anywork.W001")
        for name in ("FRONTEND_URL", "PUBLIC_URL")
        if urlsplit(getattr(settings, name)).hostname in LOCAL_HOSTS
    ]
    if settings.DEFAULT_FROM_EMAIL.rstrip(">").endswith("@localhost"):
        problems.append(Warning("DEFAULT_FROM_EMAIL is an address that cannot receive replies.", id="anywork.W002"))
    if settings.SECURE_SSL_REDIRECT and not settings.NUM_PROXIES:
        hint = "gunicorn serves plain HTTP: set NUM_PROXIES to the number of proxies in front of it that end TLS."
        problems.append(Warning("Every request would be redirected endlessly.", hint=hint, id="anywork.W003"))
    if not settings.REQUIRE_VERIFIED_EMAIL:
        hint = "With REQUIRE_VERIFIED_EMAIL=on, users can post and apply after they have verified their address."
        problems.append(Warning("Any address can be registered and receives emails.", hint=hint, id="anywork.W004"))
    if not settings.THROTTLE_RATES:
        problems.append(Warning("THROTTLE_RATES=off: requests are not limited.", id="anywork.W005"))
    if "*" in settings.ALLOWED_HOSTS:
        problems.append(Warning("With ALLOWED_HOSTS=*, links may name any host.", id="anywork.W006"))
    return problems
