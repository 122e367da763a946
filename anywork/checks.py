"""What `manage.py check` says of settings that would fail later, or silently."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's names
from django.core.files.storage import FileSystemStorage, default_storage

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}


@register
def check_database(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """PostgreSQL is the only engine that the code knows."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine == "django.db.backends.postgresql":
        return []
    return [Error(f"DATABASE_URL names {engine}.", hint="Use postgres://user:password@host/name.", id="anywork.E001")]


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
    """A lifetime of nothing would sign everybody out, or make every link useless."""
    durations = {
        "JWT_ACCESS_MINUTES": settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"].total_seconds(),
        "JWT_REFRESH_DAYS": settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"].total_seconds(),
        "RESUME_LINK_MINUTES": settings.RESUME_LINK_MINUTES,
        "ADMIN_SESSION_HOURS": settings.SESSION_COOKIE_AGE,
        "AUDIT_DAYS": settings.AUDIT_DAYS,
    }
    return [Error(f"{name} must be positive.", id="anywork.E003") for name, value in durations.items() if value <= 0]


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
    return problems
