"""Benchmark of search: `python -m benchmarks.search`, beside a floor of FastAPI, asyncpg and the same SQL.

Measures the databases filled by `python -m benchmarks.fill`, on the server of DATABASE_URL, with any SECRET_KEY. Takes
three quarters of an hour on two idle processors; requires wrk, nginx and requirements-benchmarks.txt. Writes
docs/benchmarks/search.json, the tables in docs/search-speed.md and the chart beside it; requests that --only omits keep
their figures.
"""

import argparse
import os
import platform
import signal
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import httpx
import psycopg2

from benchmarks import databases
from benchmarks.search import load, pressure, results, servers
from benchmarks.search.cases import CASES, Case
from benchmarks.search.goals import judge
from benchmarks.search.measuring import Site, measure
from benchmarks.search.subjects import POSTED_TITLE


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, _exit)
    load.require_wrk()
    servers.require_nginx()
    sizes = [int(size) for size in options.sizes.split(",")]
    for size in sizes:
        if not databases.exists(size):
            raise SystemExit(f"No database of {size} jobs: python -m benchmarks.fill {size}")
    ports = list(range(options.port, options.port + 3 * len(sizes)))
    servers.require_free(ports)
    figures = results.read() | {"machine": _machine()}
    with ExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="anywork-benchmark-")))
        sites = [_open(stack, size, *ports[3 * index : 3 * index + 3], logs=logs) for index, size in enumerate(sizes)]
        for case in CASES:
            if options.only and not any(part in case.name for part in options.only):
                continue
            measured = measure(case, sites, seconds=options.seconds, rounds=options.rounds)
            if case.posted:
                _delete_posted(sizes)
            figures["cases"][case.name] = {**figures["cases"].get(case.name, {}), **measured}
            _print_result(case, figures["cases"][case.name])
            if case.goals.cached:
                database = databases.url_of(sizes[-1])
                changing = pressure.measure_under_writes(case, sites[-1], database)
                figures.setdefault("writes", {})[case.name] = changing
                print(f"  at {pressure.CHANGES_A_SECOND} changes a second: {changing}", flush=True)
            results.write(figures)


def _exit(*_: object) -> NoReturn:
    """Exit as on Ctrl-C, and only once, so that every server is stopped."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit("stopped")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="only requests whose name contains this; may be repeated"
    )
    parser.add_argument("--sizes", default="10000,1000000", help="numbers of jobs, smallest first")
    parser.add_argument("--seconds", type=int, default=2, help="duration of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--port", type=int, default=8790, help="the first port; there are three for each size")
    return parser.parse_args()


def _open(stack: ExitStack, jobs: int, port: int, nginx_port: int, floor_port: int, *, logs: Path) -> Site:
    url = databases.url_of(jobs)
    ours = stack.enter_context(servers.ours(url, port, logs / f"ours-{jobs}")).url
    proxied = stack.enter_context(servers.proxied(url, nginx_port, logs / f"proxied-{jobs}"))
    floor = stack.enter_context(servers.floor(url, floor_port, logs / f"floor-{jobs}")).url
    recordings = httpx.get(f"{floor}/recordings", timeout=servers.TIMEOUT_SECONDS).json()
    return Site(jobs, ours, proxied, floor, recordings)


def _delete_posted(sizes: list[int]) -> None:
    for size in sizes:
        with psycopg2.connect(databases.url_of(size)) as connection, connection.cursor() as cursor:
            cursor.execute("DELETE FROM jobs_job WHERE title = %s", [POSTED_TITLE])


def _machine() -> dict[str, Any]:
    with psycopg2.connect(databases.server_url()) as connection:
        version = connection.server_version
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processors": os.cpu_count(),
        "postgresql": f"PostgreSQL {version // 10_000}.{version % 10_000}",
        "python": platform.python_version(),
    }


def _print_result(case: Case, measured: dict[str, Any]) -> None:
    print(case.name)
    for jobs, figures in measured.items():
        print(f"  {int(jobs):,} jobs: {figures['queries']} queries, SQL alone {figures['sql']} ms")
        for variant in ("ours", "proxied", "floor", "cached", "proxied, cached"):
            for connections, values in figures.get(variant, {}).items():
                print(f"    {variant}, {connections} connections: {values}")
    for verdict in judge(case, measured):
        print(f"  {verdict}")
    print(flush=True)


if __name__ == "__main__":
    main()
