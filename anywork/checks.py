"""What `manage.py check` says of settings that would fail later, or silently."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's names
from django.core.files.storage import FileSystemStorage, default_storage
from kombu.transport import TRANSPORT_ALIASES

from anywork.environment import misspelt_names

_BIND = re.compile(r"unix:.+|fd://\d+|(?:\[[0-9A-Fa-f:.]+\]|[\w.-]*):\d{1,5}", re.ASCII)
LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


@register
def check_urls(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Links in mails start with FRONTEND_URL or PUBLIC_URL."""
    problems: list[CheckMessage] = []
    for name in ("FRONTEND_URL", "PUBLIC_URL"):
        parts = urlsplit(getattr(settings, name))
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            problems.append(Error(f"{name} is no URL.", hint="For example https://www.example.org", id="anywork.E002"))
    return problems


@register
def check_durations(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Lifetimes and numbers that would end every session, or make every link useless."""
    durations = {
        "JWT_ACCESS_MINUTES": settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"].total_seconds(),
        "JWT_REFRESH_DAYS": settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"].total_seconds(),
        "RESUME_LINK_MINUTES": settings.RESUME_LINK_MINUTES,
        "ADMIN_SESSION_HOURS": settings.SESSION_COOKIE_AGE,
        "JWT_SESSION_DAYS": settings.JWT_SESSION_DAYS,
        "AUDIT_DAYS": settings.AUDIT_DAYS,
        "MAIL_BODY_DAYS": settings.MAIL_BODY_DAYS,
        "WEB_CONCURRENCY": settings.WEB_CONCURRENCY,
    }
    problems: list[CheckMessage] = [
        Error(f"{name} must be positive.", id="anywork.E003") for name, n in durations.items() if n <= 0
    ]
    at_least_zero = {"NUM_PROXIES": settings.NUM_PROXIES, "HSTS_SECONDS": settings.HSTS_SECONDS}
    problems += [
        Error(f"{name} is negative.", id="anywork.E003") for name, number in at_least_zero.items() if number < 0
    ]
    return problems


@register
def check_admin_path(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The admin site has a folder of its own."""
    if settings.ADMIN_PATH and not {"api", "media", "static"} & {settings.ADMIN_PATH.split("/")[0]}:
        return []
    return [Error("ADMIN_PATH is empty or a folder in use.", hint="For example admin", id="anywork.E004")]


@register
def check_accel(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A proxy sends files from MEDIA_ROOT, by a path that is joined to the prefix."""
    prefix = settings.MEDIA_ACCEL_PREFIX
    if not prefix:
        return []
    problems: list[CheckMessage] = []
    if not (prefix.startswith("/") and prefix.endswith("/")):
        problems.append(Error("MEDIA_ACCEL_PREFIX is no path.", hint="For example /private-media/", id="anywork.E005"))
    if not isinstance(default_storage, FileSystemStorage):
        hint = "Leave MEDIA_ACCEL_PREFIX or AWS_STORAGE_BUCKET_NAME empty."
        problems.append(Error("A proxy cannot send what lies on S3.", hint=hint, id="anywork.E006"))
    return problems


@register
def check_hosts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A URL never equals the Host of a request."""
    if wrong := [host for host in settings.ALLOWED_HOSTS if "/" in host]:
        hint = "Name hosts alone, such as api.example.org."
        return [Error(f"ALLOWED_HOSTS names {wrong[0]}, which is no host.", hint=hint, id="anywork.E007")]
    return []


@register
def check_google(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Sign-in with Google needs an id and a secret."""
    names = ("GOOGLE_OAUTH_CLIENT_ID", "GOOGLE_OAUTH_CLIENT_SECRET")
    missing = [name for name in names if not getattr(settings, name)]
    if len(missing) != 1:
        return []
    (given,) = set(names) - set(missing)
    return [Error(f"{missing[0]} is not set, but {given} is.", hint="Set both, or neither.", id="anywork.E008")]


@register
def check_media(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Resumes are written to MEDIA_ROOT."""
    root = Path(settings.MEDIA_ROOT)
    folder = next(path for path in (root, *root.parents) if path.exists())
    if not isinstance(default_storage, FileSystemStorage) or (folder.is_dir() and os.access(folder, os.W_OK)):
        return []
    return [Error(f"MEDIA_ROOT is no folder that can be written to: {root}.", id="anywork.E009")]


@register
def check_services(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """URLs of broker and cache, and the address of the web server."""
    problems: list[CheckMessage] = []
    if urlsplit(settings.CELERY_BROKER_URL).scheme not in TRANSPORT_ALIASES:
        hint = "For example amqp://user:password@host:5672/vhost"
        problems.append(Error("CELERY_BROKER_URL is no URL of a broker.", hint=hint, id="anywork.E010"))
    cache = urlsplit(settings.CACHES["default"]["LOCATION"])
    if cache.scheme != "dbcache" and not cache.hostname:
        problems.append(Error("CACHE_URL names no host.", hint="For example redis://host:6379/0", id="anywork.E011"))
    if not _BIND.fullmatch(settings.BIND):
        hint = "For example 0.0.0.0:8000 or unix:/run/anywork.sock"
        problems.append(Error(f"BIND is no address: {settings.BIND}.", hint=hint, id="anywork.E012"))
    return problems


@register
def check_names(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A misspelt name in .env would silently be ignored."""
    misspelt = misspelt_names(settings.BASE_DIR / ".env", settings.ENVIRONMENT_NAMES)
    return [
        Error(f"{name} in .env is not known.", hint=f"Did you mean {known}?", id="anywork.E013")
        for name, known in misspelt.items()
    ]


SETTINGS_CHECKS = (
    check_urls,
    check_durations,
    check_admin_path,
    check_accel,
    check_hosts,
    check_google,
    check_media,
    check_services,
    check_names,
)


def check_settings() -> list[CheckMessage]:
    """Return what is wrong with the settings, without a database or broker."""
    return [problem for check in SETTINGS_CHECKS for problem in check(None)]


@register(deploy=True)
def check_deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Defaults that suit one's own machine only."""
    problems: list[CheckMessage] = []
    problems += [
        Warning(f"Mails link to {name}, which is this machine.", id="anywork.W001")
        for name in ("FRONTEND_URL", "PUBLIC_URL")
        if urlsplit(getattr(settings, name)).hostname in LOCAL_HOSTS
    ]
    if settings.DEFAULT_FROM_EMAIL.rstrip(">").endswith("@localhost"):
        problems.append(Warning("DEFAULT_FROM_EMAIL is an address that nobody can answer.", id="anywork.W002"))
    if settings.SECURE_SSL_REDIRECT and not settings.NUM_PROXIES:
        hint = "gunicorn speaks plain HTTP: set NUM_PROXIES to the number of proxies that end TLS in front of it."
        problems.append(Warning("Every request would be redirected for ever.", hint=hint, id="anywork.W003"))
    if not settings.REQUIRE_VERIFIED_EMAIL:
        hint = "With REQUIRE_VERIFIED_EMAIL=on, users post and apply once they have opened a mailed link."
        problems.append(Warning("Any address can be registered and written to.", hint=hint, id="anywork.W004"))
    if not settings.THROTTLE_RATES:
        problems.append(Warning("THROTTLE_RATES=off: requests are not limited.", id="anywork.W005"))
    if "*" in settings.ALLOWED_HOSTS:
        problems.append(Warning("ALLOWED_HOSTS=* lets links name any host.", id="anywork.W006"))
    return problems
