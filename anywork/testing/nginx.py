"""A real nginx for tests."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from anywork.local.identity import Identity
from anywork.testing.processes import wait_for

_DEPLOYED = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
_MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
"""
_HTTP = """http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
"""


def deployed(port: int, *servers: str) -> str:
    """Return deploy/nginx.conf with its port and web servers replaced; all else is as it is deployed."""
    config = _DEPLOYED.read_text(encoding="utf-8")
    options = "fail_timeout=2s"
    for there, here in (
        ("listen 80 default_server;", f"listen 127.0.0.1:{port} default_server;"),
        (f"server web:8000 resolve {options};", " ".join(f"server {server} {options};" for server in servers)),
    ):
        assert config.count(there) == 1, there
        config = config.replace(there, here)
    return config


def write(config: str, folder: Path) -> Path:
    """Write the file of nginx in `folder`, where all its other files are, too."""
    # The default user of nginx may not read the folder of a test.
    main = _MAIN.format(user="user root;" if os.geteuid() == 0 else "", folder=folder)
    file = folder / "nginx.conf"
    file.write_text(main + config.replace("http {", _HTTP.format(folder=folder), 1))
    return file


def reload(config: str, folder: Path) -> None:
    """Let the nginx in `folder` go on with another configuration."""
    write(config, folder)
    os.kill(int((folder / "nginx.pid").read_text()), signal.SIGHUP)


@contextmanager
def running_nginx(config: str, *, port: int, folder: Path) -> Iterator[httpx.Client]:
    """Run nginx with `config`, which listens on `port` of localhost, and with its files in `folder`."""
    if (program := shutil.which("nginx")) is None:
        pytest.skip("nginx is not installed")
    command = Identity().command([program, "-c", write(config, folder), "-p", folder], signal.SIGTERM)
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)

    def responds() -> bool:
        assert process.poll() is None, (folder / "nginx.log").read_text()
        try:
            client.get("/")
        except httpx.TransportError:
            return False
        return True

    try:
        wait_for(responds, "nginx")
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(timeout=10)
