"""Size of a database."""

from typing import NamedTuple


class Size(NamedTuple):
    """Numbers of rows; all but the first are the same in every database of the benchmarks."""

    jobs: int
    employers: int = 5_000
    seekers: int = 50_000
    applications: int = 200_000
    categories: int = 40
    locations: int = 200
