"""Comparison of application servers, and the memory of a worker: `python -m benchmarks.search.serving`.

Adds both to docs/benchmarks/search.json and docs/search-speed.md; see `python -m benchmarks.search`.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import databases
from benchmarks.fill.vocabulary import FREQUENT, WORDS
from benchmarks.search import load, results, servers

PORT = 8790
JOBS = 1_000_000
SECONDS, ROUNDS, WARM_UP_SECONDS = 3, 3, 3
PATH = "/api/jobs/"
# The worker's memory is read after each step.
STEPS, STEP_SECONDS = 10, 30
# Several times more searches than a worker caches.
SEARCHES = 4_000


class Setup(NamedTuple):
    """A server and its configuration."""

    name: str
    command: tuple[str, ...] = servers.GUNICORN
    workers: int | None = None
    arguments: str = ""

    @property
    def environment(self) -> dict[str, str]:
        chosen = {"WEB_CONCURRENCY": str(self.workers)} if self.workers else {}
        return {**chosen, "GUNICORN_CMD_ARGS": self.arguments}


def _granian(port: int) -> tuple[str, ...]:
    listening = ("--host", "127.0.0.1", "--port", str(port), "--no-ws", "--log-level", "error")
    return (
        "granian",
        "--interface",
        "wsgi",
        "--workers",
        "2",
        "--blocking-threads",
        "1",
        *listening,
        "anywork.wsgi:application",
    )


def _setups(port: int) -> Iterator[Setup]:
    yield Setup("gunicorn as configured")
    for workers in (2, 4, 5):
        yield Setup(f"gunicorn, {workers} sync workers", workers=workers)
    yield Setup("gunicorn, 2 workers of 4 threads", workers=2, arguments="--worker-class gthread --threads 4")
    yield Setup("granian, 2 workers of 1 thread", command=_granian(port))


def main() -> None:
    load.require_wrk()
    servers.require_nginx()
    database = databases.url_of(JOBS)
    ports = list(range(PORT, PORT + len(list(_setups(PORT)))))
    servers.require_free([*ports, *(ports[-1] + number for number in (1, 2, 3))])
    with tempfile.TemporaryDirectory(prefix="anywork-benchmark-") as logs:
        measured = results.read()
        measured["servers"] = _compare(database, ports, Path(logs))
        measured["memory"] = _memory(database, Path(logs))
    results.write(measured)
    print(measured["servers"], measured["memory"], sep="\n")


def _compare(database: str, ports: Sequence[int], logs: Path) -> dict[str, Any]:
    figures: dict[str, dict[str, list[load.Figures]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        running = {}
        for port in ports:
            setup = list(_setups(port))[port - ports[0]]
            serving = servers.ours(database, port, logs / str(port), command=setup.command, **setup.environment)
            running[setup.name] = load.Requests(stack.enter_context(serving).url, [PATH])
        for kind, port, bind in (("port", ports[-1] + 1, f"127.0.0.1:{ports[-1] + 2}"), ("socket", ports[-1] + 3, "")):
            url = stack.enter_context(servers.proxied(database, port, logs / kind, bind=bind))
            running[f"nginx, and gunicorn as configured on a {kind}"] = load.Requests(url, [PATH])
        for requests in running.values():
            load.run(requests, connections=16, seconds=WARM_UP_SECONDS, repeat=False)
        for _ in range(ROUNDS):
            for name, requests in running.items():
                for kind, repeat in (("uncached", False), ("cached", True)):
                    figures[name][kind].append(load.run(requests, connections=16, seconds=SECONDS, repeat=repeat))
    return {
        name: {kind: load.middle(samples)._asdict() for kind, samples in kinds.items()}
        for name, kinds in figures.items()
    }


def _memory(database: str, logs: Path) -> list[dict[str, float]]:
    """Return the memory of a single worker after increasing numbers of searches, most of them evicted."""
    words = WORDS.choices[len(FREQUENT.split()) :][:SEARCHES]
    served, sizes = 0, []
    unlimited = {"WEB_CONCURRENCY": "1", "GUNICORN_CMD_ARGS": "--max-requests 0"}
    with servers.ours(database, PORT, logs / "memory", **unlimited) as server:
        requests = load.Requests(server.url, [PATH, *(f"{PATH}?search={word}" for word in words)])
        for _ in range(STEPS):
            figures = load.run(requests, connections=4, seconds=STEP_SECONDS, repeat=False)
            served += round(figures.requests_a_second * STEP_SECONDS)
            sizes.append({"requests": served, "megabytes": _megabytes(server.worker)})
    return sizes


def _megabytes(process: int) -> float:
    """Return the proportional set size of a process. On Linux."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    (proportional,) = (line for line in lines if line.startswith("Pss:"))
    return round(int(proportional.split()[1]) / 1_024, 1)


if __name__ == "__main__":
    main()
