"""The page tells what was measured."""

import json

from benchmarks.search import chart, report
from benchmarks.search.__main__ import DOCS, RESULTS


def test_page_and_picture_are_those_of_the_results():
    results = json.loads(RESULTS.read_text())

    assert report.tables(results) in (DOCS / "search-speed.md").read_text()
    assert chart.draw(results) == (DOCS / "search-speed.svg").read_text()
