"""Load, made by wrk (https://github.com/wg/wrk), which must be installed."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

_SCRIPT = Path(__file__).with_name("load.lua")


class Figures(NamedTuple):
    """How fast answers came; latencies in milliseconds, from the request's first byte on.

    Where no answer came in time, they are as long as was waited.
    """

    requests_a_second: float
    p50: float
    p95: float
    p99: float


class Requests(NamedTuple):
    """What is sent over and over."""

    url: str
    paths: Sequence[str]
    token: str = ""
    posted: str = ""


def require_wrk() -> None:
    """Raises SystemExit where wrk is missing."""
    if not shutil.which("wrk"):
        raise SystemExit("wrk makes the load and is not installed: apt-get install wrk")


def run(requests: Requests, *, connections: int, seconds: float, repeat: bool) -> Figures:
    """Send requests for some seconds, and return how fast they were answered.

    Args:
        requests: what to send.
        connections: how many requests are under way at any time.
        seconds: for how long.
        repeat: send the same URLs again and again; else none is ever sent twice.

    Raises:
        RuntimeError: an answer was an error.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths, body = Path(folder, "paths"), Path(folder, "body")
        paths.write_text("\n".join(requests.paths))
        body.write_text(requests.posted)
        arguments = [
            str(paths),
            "same" if repeat else str(time.time_ns() // 1_000),
            requests.token,
            str(body) if requests.posted else "",
        ]
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout=15s", f"-s{_SCRIPT}", requests.url]
        done = subprocess.run([*command, "--", *arguments], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    if told["errors"]:
        raise RuntimeError(f"{requests.url}{requests.paths[0]}: {told}")
    if not told["requests"]:
        return Figures(0.0, *[1_000 * told["seconds"]] * 3)
    return Figures(told["requests"] / told["seconds"], told["p50"], told["p95"], told["p99"])


def middle(figures: Sequence[Figures]) -> Figures:
    """Return the median of each."""
    return Figures(*(median(values) for values in zip(*figures, strict=True)))
