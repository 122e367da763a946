"""Flame graphs of requests: `python -m benchmarks.search.flames`. Writes docs/flames/, on the database of 10,000 jobs.

Of a worker under load from two connections, by py-spy, which needs the right to trace processes (root).
"""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import httpx

from benchmarks import databases
from benchmarks.search import load, servers

JOBS, PORT, SECONDS = 10_000, 8790, 6
FOLDER = servers.ROOT / "docs" / "flames"
# The file of each case.
CASES = {
    "list-page-1": "list",
    "detail-view-counted": "page",
    "applications-of-a-job-seeker": "applications",
}


def main() -> None:
    load.require_wrk()
    servers.require_free([PORT, PORT + 1])
    FOLDER.mkdir(exist_ok=True)
    database = databases.url_of(JOBS)
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="anywork-benchmark-")))
        floor = stack.enter_context(servers.floor(database, PORT, logs / "floor")).url
        ours = stack.enter_context(servers.ours(database, PORT + 1, logs / "ours", WEB_CONCURRENCY="1"))
        recordings = httpx.get(f"{floor}/recordings", timeout=servers.TIMEOUT_SECONDS).json()
        for slug, name in CASES.items():
            recording = recordings[slug]
            _draw(load.Requests(ours.url, recording["paths"], recording["token"]), ours.worker, FOLDER / f"{name}.svg")


def _draw(requests: load.Requests, worker: int, file: Path) -> None:
    load.run(requests, connections=2, seconds=2, repeat=False)
    sending = Thread(
        target=load.run, args=[requests], kwargs={"connections": 2, "seconds": SECONDS + 2, "repeat": False}
    )
    sending.start()
    program = str(Path(sys.executable).with_name("py-spy"))
    command = [program, "record", "--pid", str(worker), "--output", str(file), "--duration", str(SECONDS)]
    command += ["--rate", "500", "--nonblocking", "--function"]
    subprocess.run(command, check=True, capture_output=True)
    sending.join()
    # The title is the command, with paths of this machine.
    file.write_text(file.read_text().replace(" ".join(command), file.stem))


if __name__ == "__main__":
    main()
