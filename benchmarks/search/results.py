"""The file of the results, and the page and chart that are generated from it."""

import json
from typing import Any

from benchmarks.search import chart, report
from benchmarks.search.servers import ROOT

RESULTS = ROOT / "docs" / "benchmarks" / "search.json"
PAGE = ROOT / "docs" / "search-speed.md"
PICTURE = ROOT / "docs" / "search-speed.svg"


def read() -> dict[str, Any]:
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"cases": {}}


def write(results: dict[str, Any]) -> None:
    """Write the results, and update the page and the chart."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    report.write_into(PAGE, results)
    PICTURE.write_text(chart.draw(results), encoding="utf-8")
