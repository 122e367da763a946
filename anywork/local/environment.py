"""The variables under which `make run` runs the project, and the file that keeps them for a second terminal."""

import os
import re
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

# Where Create React App and Next.js, Vite, and Vue serve a front end that is being developed.
FRONTEND = tuple(f"http://{host}:{port}" for port in (3000, 5173, 8080) for host in ("localhost", "127.0.0.1"))

_ASSIGNMENT = re.compile(r"(?:export )?([A-Za-z_0-9]+)=(.*)")


def write_env_file(path: Path, values: Mapping[str, str]) -> None:
    """Write `values` so that django-environ reads them back unchanged; only the owner may read the file.

    Replaces the file at once, since a second terminal may read it at any moment.
    """
    lines = []
    for name, value in values.items():
        if not value.isprintable():
            raise ValueError(f"{name} can't be written to {path}: it contains a line break or the like")
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'{name}="{escaped}"\n')
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text("# Written by `make run`, at every start.\n" + "".join(lines), encoding="utf-8")
    draft.replace(path)


def read_env_file(path: Path) -> dict[str, str]:
    """What write_env_file() wrote; of a file by somebody else at least the names are right. Empty without a file."""
    if not path.exists():
        return {}
    values = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := _ASSIGNMENT.fullmatch(line):
            values[match[1]] = re.sub(r"\\(.)", r"\1", match[2].removeprefix('"').removesuffix('"'))
    return values


def copy_name(var: Path) -> str:
    """Return a name that no other copy of the project has."""
    return f"anywork.local.{sha256(str(var).encode()).hexdigest()[:8]}"


def _defaults(var: Path, port: str) -> dict[str, str]:
    # Every copy of the project has its own folders, so that two of them never take each other's messages.
    path = quote(str(var))
    return {
        "DEBUG": "off",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "SECURE_SSL_REDIRECT": "off",
        "CORS_ALLOWED_ORIGINS": ",".join(FRONTEND),
        "FRONTEND_URL": FRONTEND[0],
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CELERY_BROKER_URL": f"filesystem://localhost{path}/broker",
        # For two copies that share a RabbitMQ.
        "CELERY_QUEUE": copy_name(var),
        # One slash more than elsewhere: django-environ drops the first one of a path.
        "EMAIL_URL": f"filemail:///{path}/mail",
        "MEDIA_ROOT": str(var / "media"),
        "LOG_FORMAT": "plain",
    }


def local_environment(root: Path, *, database_url: str, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the processes of `make run` get on top of `given`.

    The database is always the private one, lest demo accounts with published passwords end up anywhere else. All
    other variables are defaults: what `given` or the `.env` in `root` sets stands; an empty one in `.env` is not set,
    as for Compose. The secret key is kept.
    """
    var = root / "var"
    kept = read_env_file(var / "local.env").get("SECRET_KEY") or secrets.token_urlsafe(50)
    values = {"SECRET_KEY": kept, **_defaults(var, given.get("PORT") or "8000")}
    elsewhere = read_env_file(root / ".env")
    left = {name: value for name, value in values.items() if name in given or not elsewhere.get(name)}
    return {**{name: given.get(name, value) for name, value in left.items()}, "DATABASE_URL": database_url}
