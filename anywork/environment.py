"""Environment variables: typed, with errors of one sentence that names the variable."""

import difflib
import os
import sys
from pathlib import Path
from typing import Any, ClassVar, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from psycopg2 import ProgrammingError
from psycopg2.extensions import make_dsn

# Exit status; that of gunicorn when a worker fails to boot.
WRONG_SETTING = 3

POSTGRESQL = {"postgres", "postgresql", "pgsql", "psql"}
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
BOOLEANS = {
    **dict.fromkeys(("true", "on", "ok", "y", "yes", "1"), True),
    **dict.fromkeys(("false", "off", "n", "no", "0", ""), False),
}


class Env(environ.Env):
    """django-environ's reader, which collects the names that it reads and names them in its errors."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get_value(self, var: str, *args: Any, default: Any = environ.Env.NOTSET, **kwargs: Any) -> Any:
        self.names.add(var)
        if not self.ENVIRON.get(var, "").strip():
            # Empty means not set: an empty signing key, or no redirect to https, is never intended.
            if default is environ.Env.NOTSET:
                raise ImproperlyConfigured(f"{var} is required and not set.")
            return default
        try:
            return super().get_value(var, *args, default=default, **kwargs)
        except ImproperlyConfigured as error:
            # The value begins with `$` and names another variable, which is not set.
            raise ImproperlyConfigured(f"{var} has a wrong value: {error}") from None
        except (LookupError, TypeError, ValueError) as error:
            raise ImproperlyConfigured(f"{var} has a wrong value: {error}.") from error

    def int(self, var: str, default: int, *, at_least: int = 1, at_most: int = 1_000_000) -> int:
        text = str(self.get_value(var, cast=str, default=default)).strip()
        try:
            number = int(text)
        except ValueError:
            raise ImproperlyConfigured(f"{var} is not a whole number: {text}.") from None
        if not at_least <= number <= at_most:
            raise ImproperlyConfigured(f"{var} is not between {at_least} and {at_most}: {number}.")
        return number

    def bool(self, var: str, default: Any = environ.Env.NOTSET) -> bool:
        text = str(self.get_value(var, cast=str, default=default)).strip().lower()
        try:
            return BOOLEANS[text]
        except KeyError:
            raise ImproperlyConfigured(f"{var} is neither on nor off.") from None

    def keys(self, var: str) -> list[str]:
        """Read a list of keys, none of which is empty: every caller knows that one."""
        return [key for text in self.list(var, default=[]) if (key := text.strip())]

    def db_url(self, var: str) -> dict[str, Any]:
        return self._database(var, self.get_value(var))

    def db_urls(self, var: str) -> list[dict[str, Any]]:
        return [self._database(var, url) for url in self.list(var, default=[])]

    def _database(self, var: str, url: str) -> dict[str, Any]:
        example = "postgres://user:password@host/name"
        try:
            is_postgresql = urlsplit(url).scheme in POSTGRESQL
            config: dict[str, Any] = self.db_url_config(url) if is_postgresql else {}
        except ValueError:
            # Without the error, which may contain a part of the password.
            hint = f"{example}, where a special character in the password is percent-encoded"
            raise ImproperlyConfigured(f"{var} has no valid host or port: {hint}.") from None
        options = config.get("OPTIONS", {})
        if not config or not (config["NAME"] or "service" in options):
            raise ImproperlyConfigured(f"{var} is not a URL of a database of PostgreSQL: {example}.")
        try:
            make_dsn(**options)
        except ProgrammingError as error:
            raise ImproperlyConfigured(f"{var} has an unknown option: {str(error).strip()}.") from None
        if options.get("sslmode", SSL_MODES[0]) not in SSL_MODES:
            raise ImproperlyConfigured(f"{var}: sslmode is none of {', '.join(SSL_MODES)}.")
        return config

    def email_url(self, var: str, default: Any = environ.Env.NOTSET) -> dict[str, Any]:
        url = self.get_value(var, default=default)
        try:
            config: dict[str, Any] = self.email_url_config(url)
        except (ImproperlyConfigured, ValueError) as error:
            raise ImproperlyConfigured(f"{var} is not a URL of a mail server, such as smtp://localhost:25.") from error
        return config


def misspelt_names(path: Path, known: set[str]) -> dict[str, str]:
    """Return unknown names in the file at `path` that resemble a known name, each with that name."""
    if not path.exists():
        return {}

    class File(environ.Env):
        """Names of the file only, not those of the environment."""

        ENVIRON: ClassVar[dict[str, str]] = {}

    File.read_env(path)
    unknown = File.ENVIRON.keys() - known
    # DATABASE_URL_OLD is not a misspelt DATABASE_URL.
    unknown = {name for name in unknown if not name.startswith(tuple(f"{other}_" for other in known))}
    similar = {name: difflib.get_close_matches(name, known, n=1, cutoff=0.85) for name in sorted(unknown)}
    return {name: names[0] for name, names in similar.items() if names}


def require_settings() -> None:
    """Load and check the settings; an invalid one ends the process with one sentence and status WRONG_SETTING."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywork.settings")
    try:
        from django.conf import settings  # noqa: PLC0415 - after the environment is complete

        from anywork.checks import check_settings  # noqa: PLC0415 - reads settings

        settings.SECRET_KEY  # noqa: B018 - loads the settings, and raises if it is empty
        problems = check_settings()
    except ImproperlyConfigured as error:
        _refuse(str(error))
    if problems:
        _refuse(" ".join(filter(None, (problems[0].msg, problems[0].hint))))


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(f"error: {sentence}\n")
    sys.exit(WRONG_SETTING)
