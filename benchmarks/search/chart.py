"""Chart of the results: requests a second relative to the floor, and the response time at each size."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import isnan, log10
from typing import Any

from benchmarks.search.cases import CASES, Case
from benchmarks.search.goals import ratio

WIDTH, ROW, TOP, BOTTOM = 960, 34, 74, 16
NAMES = 200
BAR = 9
# Left and right edges of the two halves.
RATIOS, TIMES = (NAMES + 10, 560), (620, 930)
# Longer bars are cut off; their number is shown.
LARGEST_RATIO = 3.0

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.head { font-weight: 600 }
.small { font-size: 11px; fill: #59636e }
.uncached, .many { fill: #0969da }
.cached { fill: #1a7f37 }
.few { fill: #8c959f }
.line, .goal { stroke: #d1d9e0; stroke-width: 1 }
.goal { stroke: #cf222e; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .small { fill: #9198a1 }
    .uncached, .many { fill: #4493f8 }
    .cached { fill: #3fb950 }
    .few { fill: #656c76 }
    .line { stroke: #3d444d }
    .goal { stroke: #f85149 }
}
"""

Measured = Mapping[str, Any]


def draw(results: Mapping[str, Any]) -> str:
    """Return an SVG image for light and dark pages."""
    cases = [(case, results["cases"][case.name]) for case in CASES if results["cases"].get(case.name)]
    height = TOP + ROW * len(cases) + BOTTOM
    parts = [*_legend(height), *_scale(cases, height)]
    slowest = max(max(_times(measured)) for _, measured in cases)
    for index, (case, measured) in enumerate(cases):
        top = TOP + ROW * index
        parts.append(_text(NAMES, top + 16, case.name, anchor="end"))
        parts += _ratios(case, measured, top)
        parts += _durations(measured, top, slowest)
    title = "Requests a second relative to the floor, and the response time by the number of jobs"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">\n'
        f"<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _legend(height: int) -> Iterator[str]:
    yield _text(RATIOS[0], 20, "Requests a second, floor = 1", css="head")
    yield f'<rect class="uncached" x="{RATIOS[0]}" y="31" width="10" height="10"/>'
    yield _text(RATIOS[0] + 15, 40, "uncached", css="small")
    yield f'<rect class="cached" x="{RATIOS[0] + 140}" y="31" width="10" height="10"/>'
    yield _text(RATIOS[0] + 155, 40, "cached", css="small")
    yield f'<path class="goal" d="M{RATIOS[0] + 225} 31v10"/>'
    yield _text(RATIOS[0] + 232, 40, "goal", css="small")
    yield _text(TIMES[0], 20, "Response time in ms, p50", css="head")
    yield f'<circle class="few" cx="{TIMES[0] + 5}" cy="36" r="5"/>'
    yield _text(TIMES[0] + 15, 40, "fewest jobs", css="small")
    yield f'<circle class="many" cx="{TIMES[0] + 105}" cy="36" r="5"/>'
    yield _text(TIMES[0] + 115, 40, "most jobs", css="small")


def _scale(cases: Sequence[tuple[Case, Measured]], height: int) -> Iterator[str]:
    for step in range(int(LARGEST_RATIO) + 1):
        yield _line(_ratio_x(step), height)
        yield _text(_ratio_x(step), TOP - 8, str(step), anchor="middle", css="small")
    slowest = max(max(_times(measured)) for _, measured in cases)
    for milliseconds in (1, 10, 100, 1_000):
        if milliseconds <= 10 * slowest and _time_x(milliseconds, slowest) <= TIMES[1]:
            yield _line(_time_x(milliseconds, slowest), height)
            yield _text(_time_x(milliseconds, slowest), TOP - 8, f"{milliseconds}", anchor="middle", css="small")


def _ratios(case: Case, measured: Measured, top: int) -> Iterator[str]:
    largest = measured[max(measured, key=int)]
    if "floor" not in largest:
        return
    bars = [("ours", "uncached", case.goals.ratio), ("cached", "cached", case.goals.cached)]
    for index, (variant, css, goal) in enumerate(bars):
        if variant not in largest or isnan(value := ratio(largest, variant)):
            continue
        y = top + 5 + index * (BAR + 2)
        end = _ratio_x(min(value, LARGEST_RATIO))
        yield f'<rect class="{css}" x="{RATIOS[0]}" y="{y}" width="{end - RATIOS[0]:.1f}" height="{BAR}"/>'
        mark = end if goal is None else _ratio_x(goal)
        if goal is not None:
            yield f'<path class="goal" d="M{mark:.1f} {y - 1}v{BAR + 2}"/>'
        # To the right of a goal that it would cover.
        beside = mark if end < mark < end + 40 else end
        yield _text(beside + 5, y + BAR, f"{value:.2f}", css="small")


def _durations(measured: Measured, top: int, slowest: float) -> Iterator[str]:
    times = _times(measured)
    places = [_time_x(milliseconds, slowest) for milliseconds in times]
    y = top + 12
    yield f'<path class="line" d="M{min(places):.1f} {y}H{max(places):.1f}"/>'
    for x, css in zip((places[0], places[-1]), ("few", "many"), strict=True):
        yield f'<circle class="{css}" cx="{x:.1f}" cy="{y}" r="5"/>'
    yield _text(max(places) + 10, y + 4, f"{times[-1]:.1f}", css="small")


def _times(measured: Measured) -> list[float]:
    return [measured[jobs]["ours"]["1"]["p50"] for jobs in sorted(measured, key=int)]


def _ratio_x(value: float) -> float:
    return RATIOS[0] + (RATIOS[1] - RATIOS[0] - 30) * value / LARGEST_RATIO


def _time_x(milliseconds: float, slowest: float) -> float:
    """Return the position on a logarithmic scale that starts at one millisecond."""
    return TIMES[0] + (TIMES[1] - TIMES[0] - 40) * log10(max(1, milliseconds)) / log10(max(10, slowest))


def _line(x: float, height: int) -> str:
    return f'<path class="line" d="M{x:.1f} {TOP - 4}V{height - BOTTOM}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", css: str = "") -> str:
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
