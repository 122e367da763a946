"""Load generation by wrk (https://github.com/wg/wrk), which must be installed."""

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
    """Throughput and latencies, in milliseconds from the first byte of the request on.

    Without any response in time, the latencies are the duration of the measurement.
    """

    requests_a_second: float
    p50: float
    p95: float
    p99: float


class Requests(NamedTuple):
    """Requests that are sent repeatedly."""

    url: str
    paths: Sequence[str]
    token: str = ""
    posted: str = ""


def require_wrk() -> None:
    """Raise SystemExit if wrk is missing."""
    if not shutil.which("wrk"):
        raise SystemExit("The load generator wrk is not installed: apt-get install wrk")


def run(requests: Requests, *, connections: int, seconds: float, repeat: bool) -> Figures:
    """Send requests for some seconds, and return the figures.

    Args:
        requests: what to send.
        connections: how many requests are in flight at any time.
        seconds: duration.
        repeat: repeat the same URLs; otherwise every URL is new.

    Raises:
        RuntimeError: a response was an error.
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
    output = json.loads(done.stdout.splitlines()[-1])
    if output["errors"]:
        raise RuntimeError(f"{requests.url}{requests.paths[0]}: {output}")
    if not output["requests"]:
        return Figures(0.0, *[1_000 * output["seconds"]] * 3)
    return Figures(output["requests"] / output["seconds"], output["p50"], output["p95"], output["p99"])


def middle(figures: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    return Figures(*(median(values) for values in zip(*figures, strict=True)))
