"""Hooks of MkDocs: documents outside docs/ are on the site, too, and links lead to them there."""

import os
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
    "changelog.md": "CHANGELOG.md",
    "client.md": "clients/typescript/README.md",
    "search-code.md": "jobs/searching/README.md",
    "nginx.conf": "deploy/nginx.conf",
    "prometheus.yml": "deploy/monitoring/prometheus.yml",
    "alerts.yml": "deploy/monitoring/alerts.yml",
    "dashboard.json": "deploy/monitoring/dashboard.json",
    "pgbouncer.ini": "deploy/pgbouncer.ini",
    "swagger_ui.css": "anywork/static/anywork/swagger_ui.css",
}


def on_files(files: Any, *, config: Any) -> None:
    """Add the documents outside docs/."""
    for name, path in OUTSIDE.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Return the page with links between places in the repository as links between places on the site."""
    places = {file.abs_src_path: file.src_uri for file in files}
    here = Path(page.file.abs_src_path).parent

    def relocated(link: re.Match[str]) -> str:
        place = places.get(os.path.normpath(here / link["path"]))
        return link[0] if place is None else f"]({posixpath.relpath(place, posixpath.dirname(page.file.src_uri))}"

    return re.sub(r"\]\((?P<path>[^)#:]+)", relocated, markdown)


def on_post_build(*, config: Any) -> None:
    """Give the reference the plugin of our own Swagger UI; the plugin of MkDocs has no option for that."""
    script = Path(config.site_dir) / "assets" / "javascripts" / "swagger-ui-standalone-preset.js"
    with script.open("a", encoding="utf-8") as file:
        file.write((ROOT / "anywork" / "static" / "anywork" / "swagger_ui.js").read_text(encoding="utf-8"))
