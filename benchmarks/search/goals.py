"""Comparison of the results with the goals."""

from collections.abc import Iterator, Mapping
from math import nan
from typing import Any, NamedTuple

from benchmarks.search.cases import Case

Results = Mapping[str, Any]


class Verdict(NamedTuple):
    """One goal of a case and its figure."""

    what: str
    figure: float
    goal: float
    is_met: bool

    def __str__(self) -> str:
        sign = "≥" if self.what in _AT_LEAST else "≤"
        return f"{self.what} {self.figure:.4g} (goal {sign} {self.goal:g}): {'met' if self.is_met else 'MISSED'}"


_AT_LEAST = {"ours / floor, uncached", "ours / floor, cached"}


def ratio(measured: Results, variant: str = "ours", connections: str = "16") -> float:
    """Return the requests a second of a variant divided by the floor's; NaN if those are zero."""
    one, other = (measured[name][connections]["requests_a_second"] for name in (variant, "floor"))
    return float(one / other) if other else nan


def growth(results: Results) -> float:
    """Return the p50 at the largest size divided by that at the smallest."""
    smallest, largest = _ends(results)
    return float(largest["ours"]["1"]["p50"] / smallest["ours"]["1"]["p50"])


def judge(case: Case, results: Results) -> Iterator[Verdict]:
    """Yield the verdict on each goal of a case.

    Args:
        case: what was measured.
        results: figures by the number of jobs.
    """
    goals = case.goals
    smallest, largest = _ends(results)
    if goals.ratio is not None:
        yield _at_least("ours / floor, uncached", ratio(largest), goals.ratio)
    if goals.cached is not None:
        yield _at_least("ours / floor, cached", ratio(largest, "cached"), goals.cached)
    if goals.growth is not None and smallest is not largest:
        yield _at_most("growth", growth(results), goals.growth)
    if goals.queries is not None:
        yield _at_most("queries", largest["queries"], goals.queries)
    if goals.p50 is not None:
        yield _at_most("p50 in ms", largest["ours"]["1"]["p50"], goals.p50)
    if goals.p95 is not None:
        yield _at_most("p95 in ms", largest["ours"]["1"]["p95"], goals.p95)


def _ends(results: Results) -> tuple[Results, Results]:
    sizes = sorted(results, key=int)
    return results[sizes[0]], results[sizes[-1]]


def _at_least(what: str, figure: float, goal: float) -> Verdict:
    return Verdict(what, figure, goal, is_met=figure >= goal)


def _at_most(what: str, figure: float, goal: float) -> Verdict:
    return Verdict(what, figure, goal, is_met=figure <= goal)
