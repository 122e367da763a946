"""The page tells what was measured."""

from benchmarks.search import chart, report, results


def test_page_and_picture_are_those_of_the_results():
    measured = results.read()

    assert report.tables(measured) in results.PAGE.read_text()
    assert chart.draw(measured) == results.PICTURE.read_text()
