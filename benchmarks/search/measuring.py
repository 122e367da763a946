"""Measurement of one case after the other, of AnyWork and the floor in turn, under the same conditions."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

import httpx

from benchmarks import databases
from benchmarks.search import load
from benchmarks.search.cases import Case
from benchmarks.search.shapes import comparable

CONNECTIONS = (1, 16)
WARM_UP_SECONDS, MAX_WARM_UPS = 1, 6
# The server is warm when two warm-ups differ by less.
STEADY_DIFFERENCE = 0.15


class Site(NamedTuple):
    """A database, served by AnyWork, by AnyWork behind nginx, and by the floor."""

    jobs: int
    ours: str
    proxied: str
    floor: str
    recordings: Mapping[str, Any]


class Variant(NamedTuple):
    """A server and the requests for it."""

    name: str
    requests: load.Requests
    repeat: bool = False


class Sample(NamedTuple):
    """Key of figures that are summarized together."""

    jobs: int
    variant: str
    connections: int


def measure(case: Case, sites: Sequence[Site], *, seconds: int, rounds: int) -> dict[str, Any]:
    """Return the figures of a case by the number of jobs, as JSON.

    Raises:
        RuntimeError: both servers do not return the same rows, or one returns errors.
    """
    for site in sites:
        _compare(case, site)
    variants = {site.jobs: list(variants_of(case, site)) for site in sites}
    for site in sites:
        for variant in variants[site.jobs]:
            warm_up(variant)
    samples: dict[Sample, list[load.Figures]] = defaultdict(list)
    statements: dict[int, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for connections in CONNECTIONS:
            for site in sites:
                for variant in variants[site.jobs]:
                    databases.wait_until_idle()
                    figures = load.run(
                        variant.requests, connections=connections, seconds=seconds, repeat=variant.repeat
                    )
                    samples[Sample(site.jobs, variant.name, connections)].append(figures)
        databases.wait_until_idle()
        for site in sites:
            response = httpx.get(f"{site.floor}/statements/{case.slug}", params={"seconds": 1}, timeout=60)
            statements[site.jobs].append(response.raise_for_status().json()["p50"])
    length = {"rounds": rounds, "seconds": seconds}
    return {str(site.jobs): {**length, **_summary(case, site, samples, statements[site.jobs])} for site in sites}


def variants_of(case: Case, site: Site) -> Iterator[Variant]:
    recording = site.recordings[case.slug]
    posted = httpx.Request("POST", site.ours, json=recording["posted"]).content.decode() if recording["posted"] else ""
    requests = load.Requests(site.ours, recording["paths"], recording["token"], posted)
    yield Variant("ours", requests)
    if case.rows:
        yield Variant("floor", load.Requests(site.floor, list(_floor_paths(case, recording))))
    if case.goals.cached:
        yield Variant("cached", requests, repeat=True)
    if case.goals.ratio:
        proxied = requests._replace(url=site.proxied)
        yield Variant("proxied", proxied)
        if case.goals.cached:
            yield Variant("proxied, cached", proxied, repeat=True)


def _floor_paths(case: Case, recording: Mapping[str, Any]) -> Iterator[str]:
    for path in recording["paths"]:
        key = path.strip("/").rpartition("/")[2]
        yield f"/responses/{case.slug}/{key}" if len(recording["paths"]) > 1 else f"/responses/{case.slug}"


def _compare(case: Case, site: Site) -> None:
    """Check that both servers return the same rows, key by key and value by value."""
    if not case.rows:
        return
    recording = site.recordings[case.slug]
    headers = {"Authorization": f"Bearer {recording['token']}"} if recording["token"] else {}
    for path, floor_path in list(zip(recording["paths"], _floor_paths(case, recording), strict=True))[:3]:
        one = httpx.get(site.ours + path, headers=headers, timeout=60).raise_for_status().json()
        other = httpx.get(site.floor + floor_path, timeout=60).raise_for_status().json()
        if _rows(one) != _rows(other):
            raise RuntimeError(f"{case.name}, {site.jobs} jobs: both servers do not return the same rows")


def _rows(response: dict[str, Any]) -> Any:
    response = comparable(response)
    return response.get("results", response)


def warm_up(variant: Variant) -> None:
    """Send requests until the throughput is steady, since each process has caches of its own."""
    paces = []
    for _ in range(MAX_WARM_UPS):
        figures = load.run(variant.requests, connections=16, seconds=WARM_UP_SECONDS, repeat=variant.repeat)
        paces.append(figures.requests_a_second)
        if any(abs(one - other) <= STEADY_DIFFERENCE * one for one, other in pairwise(paces[-2:])):
            return


def _summary(
    case: Case, site: Site, samples: Mapping[Sample, list[load.Figures]], statements: list[float]
) -> dict[str, Any]:
    recording = site.recordings[case.slug]
    summary: dict[str, Any] = {
        "queries": recording["queries"],
        "rows": len(recording["response"]["results"]) if "results" in recording["response"] else None,
        "count": recording["response"].get("count"),
        "sql": round(median(statements), 3),
    }
    for (jobs, variant, connections), figures in samples.items():
        if jobs == site.jobs:
            summary.setdefault(variant, {})[str(connections)] = {
                **{name: round(value, 2) for name, value in load.middle(figures)._asdict().items()},
                "spread": round(_spread([each.requests_a_second for each in figures]), 3),
            }
    return summary


def _spread(values: Sequence[float]) -> float:
    """Return the range of the values relative to their median."""
    return (max(values) - min(values)) / (median(values) or 1)
