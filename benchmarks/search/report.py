"""Tables of the results, for docs/search-speed.md."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.search.cases import CASES
from benchmarks.search.goals import growth, judge, ratio

Results = Mapping[str, Any]

START, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


def tables(results: Results) -> str:
    """Return all results in Markdown."""
    parts = [_machine(results), "### Goals\n", _goals(results), "### Figures\n", _figures(results)]
    if "writes" in results:
        parts += ["### While jobs change\n", _writes(results["writes"])]
    if "servers" in results:
        parts += ["### Servers, on the first page of the list\n", _servers(results["servers"])]
    if "memory" in results:
        parts += ["### Memory of a worker\n", _memory(results["memory"])]
    return "\n".join(parts)


def write_into(page: Path, results: Results) -> None:
    """Replace the tables of a page with those of the results."""
    text = page.read_text(encoding="utf-8")
    figures = f"{START}{tables(results)}{END}"
    page.write_text(re.sub(f"{START}.*{END}", lambda _: figures, text, flags=re.DOTALL), encoding="utf-8")


def _machine(results: Results) -> str:
    machine = results["machine"]
    return (
        f"Measured on {machine['date']} with {machine['processors']} processors, {machine['postgresql']}, Python "
        f"{machine['python']}; medians of short rounds.\n"
    )


def _goals(results: Results) -> str:
    rows = []
    for case in CASES:
        if measured := results["cases"].get(case.name):
            verdicts = list(judge(case, measured))
            rows += [
                (case.name, verdict.what, f"{verdict.goal:g}", f"{verdict.figure:.3g}", _word(verdict.is_met))
                for verdict in verdicts
            ]
    return _table(("request", "what", "goal", "figure", ""), rows)


def _word(is_met: bool) -> str:  # noqa: FBT001 - a cell of a table
    return "met" if is_met else "**missed**"


def _figures(results: Results) -> str:
    head = (
        "request", "jobs", "found", "SQL", "SQL alone, ms", "p50 / p95 / p99, ms", "r/s", "nginx r/s", "floor p50, ms",
        "floor r/s", "cached r/s", "cached nginx r/s", "ours / floor", "cached / floor", "growth", "spread",
    )  # fmt: skip
    return _table(head, _figure_rows(results))


def _figure_rows(results: Results) -> Iterator[Sequence[str]]:
    for case in CASES:
        measured = results["cases"].get(case.name, {})
        for jobs in sorted(measured, key=int):
            one = measured[jobs]
            single, many = one["ours"]["1"], one["ours"]["16"]
            floor, cached = one.get("floor"), one.get("cached")
            proxied, proxied_cached = one.get("proxied"), one.get("proxied, cached")
            is_last = jobs == max(measured, key=int) and len(measured) > 1
            yield (
                case.name,
                f"{int(jobs):,}",
                "" if one["count"] is None else f"{one['count']:,}",
                str(one["queries"]),
                f"{one['sql']:.2f}",
                f"{single['p50']:.1f} / {single['p95']:.1f} / {single['p99']:.1f}",
                f"{many['requests_a_second']:,.0f}",
                f"{proxied['16']['requests_a_second']:,.0f}" if proxied else "",
                f"{floor['1']['p50']:.1f}" if floor else "",
                f"{floor['16']['requests_a_second']:,.0f}" if floor else "",
                f"{cached['16']['requests_a_second']:,.0f}" if cached else "",
                f"{proxied_cached['16']['requests_a_second']:,.0f}" if proxied_cached else "",
                f"{ratio(one):.2f}" if floor else "",
                f"{ratio(one, 'cached'):.2f}" if floor and cached else "",
                f"{growth(measured):.2f}" if is_last else "",
                f"{100 * many['spread']:.0f} %",
            )


def _writes(writes: Mapping[str, Mapping[str, float]]) -> str:
    at_rest, changing = ("uncached r/s", "cached r/s", "cached p95, ms"), ("r/s with ten changes a second", "p95, ms")
    head = ("request", *at_rest, *changing)
    return _table(
        head,
        (
            (
                name,
                f"{figures['uncached']:,.0f}",
                f"{figures['cached']:,.0f}",
                f"{figures['p95']:.1f}",
                f"{figures['cached_under_writes']:,.0f}",
                f"{figures['p95_under_writes']:.1f}",
            )
            for name, figures in writes.items()
        ),
    )


def _servers(servers: Mapping[str, Any]) -> str:
    head = ("server", "uncached r/s", "p50 / p95 / p99, ms", "cached r/s")
    rows = (
        (
            name,
            f"{figures['uncached']['requests_a_second']:,.0f}",
            " / ".join(f"{figures['uncached'][part]:.1f}" for part in ("p50", "p95", "p99")),
            f"{figures['cached']['requests_a_second']:,.0f}",
        )
        for name, figures in servers.items()
    )
    return _table(head, rows)


def _memory(memory: Sequence[Mapping[str, float]]) -> str:
    rows = ((f"{step['requests']:,}", f"{step['megabytes']:.1f}") for step in memory)
    return _table(("requests served", "MB"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
