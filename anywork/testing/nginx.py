"""A real nginx for tests."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from anywork.testing.processes import wait_for

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


@contextmanager
def running_nginx(config: str, *, port: int, folder: Path) -> Iterator[httpx.Client]:
    """Run nginx with `config`, which listens on `port` of localhost, and with its files in `folder`."""
    if (program := shutil.which("nginx")) is None:
        pytest.skip("nginx is not installed")
    # The default user of nginx may not read the folder of a test.
    main = _MAIN.format(user="user root;" if os.geteuid() == 0 else "", folder=folder)
    file = folder / "nginx.conf"
    file.write_text(main + config.replace("http {", _HTTP.format(folder=folder), 1))
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(file), "-p", str(folder)], stdout=log, stderr=log)
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
