"""Environment variables of `make run`, and the file that keeps them for a second terminal."""

import os
import re
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

# Development servers of Create React App and Next.js, Vite, and Vue.
FRONTEND_ORIGINS = tuple(f"http://{host}:{port}" for port in (3000, 5173, 8080) for host in ("localhost", "127.0.0.1"))

_ASSIGNMENT = re.compile(r"(?:export )?([A-Za-z_0-9]+)=(.*)")


def write_env_file(path: Path, values: Mapping[str, str]) -> None:
    """Write `values` so that django-environ reads them back unchanged; only the owner may read the file.

    The file is replaced atomically, since a second terminal may read it at any moment.
    """
    lines = []
    for name, value in values.items():
        if not value.isprintable():
            raise ValueError(f"{name} can't be written to {path}: it contains a control character")
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'{name}="{escaped}"\n')
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text("# Written by `make run`, at every start.\n" + "".join(lines), encoding="utf-8")
    draft.replace(path)


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables of a file by write_env_file(), none without a file.

    Of a file in another style, at least the names are right.
    """
    if not path.exists():
        return {}
    values = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := _ASSIGNMENT.fullmatch(line):
            values[match[1]] = re.sub(r"\\(.)", r"\1", match[2].removeprefix('"').removesuffix('"'))
    return values


def instance_name(var: Path) -> str:
    """Return a name that is unique to this checkout."""
    return f"anywork.local.{sha256(str(var).encode()).hexdigest()[:8]}"


def _defaults(var: Path, port: str) -> dict[str, str]:
    # Every checkout has its own folders, so that two of them never consume each other's messages.
    path = quote(str(var))
    return {
        "DEBUG": "off",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "SECURE_SSL_REDIRECT": "off",
        "CORS_ALLOWED_ORIGINS": ",".join(FRONTEND_ORIGINS),
        "FRONTEND_URL": FRONTEND_ORIGINS[0],
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CELERY_BROKER_URL": f"filesystem://localhost{path}/broker",
        # For two checkouts that share a RabbitMQ.
        "CELERY_QUEUE": instance_name(var),
        # With an extra slash, since django-environ drops the first one of a path.
        "EMAIL_URL": f"filemail:///{path}/mail",
        "MEDIA_ROOT": str(var / "media"),
        "LOG_FORMAT": "plain",
    }


def local_environment(root: Path, *, database_url: str, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables that the processes of `make run` get in addition to `given`.

    The database is always the private one: demo accounts with published passwords must not get into another. All
    other variables are defaults: `given` and the `.env` in `root` win; an empty variable in `.env` is not set, as for
    Compose. The secret key is kept between starts.
    """
    var = root / "var"
    secret_key = read_env_file(var / "local.env").get("SECRET_KEY") or secrets.token_urlsafe(50)
    defaults = {"SECRET_KEY": secret_key, **_defaults(var, given.get("PORT") or "8000")}
    dotenv = read_env_file(root / ".env")
    names = [name for name in defaults if name in given or not dotenv.get(name)]
    return {**{name: given.get(name, defaults[name]) for name in names}, "DATABASE_URL": database_url}
