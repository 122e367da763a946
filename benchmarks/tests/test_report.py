"""docs/search-speed.md is up to date."""

from benchmarks.search import chart, report, results


def test_page_and_chart_match_the_results():
    measured = results.read()

    assert report.tables(measured) in results.PAGE.read_text()
    assert chart.draw(measured) == results.PICTURE.read_text()
