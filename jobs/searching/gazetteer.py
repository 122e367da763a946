"""Coordinates of cities with 15,000 inhabitants or more, from GeoNames (https://www.geonames.org, CC BY 4.0).

`cities.csv.gz` has a line for each, the most populous first: names, names and codes of the country, latitude and
longitude. Several names are joined by `|`, all normalized as by `_folded`.
"""

import csv
import gzip
import sys
import unicodedata
from array import array
from functools import cache
from pathlib import Path
from typing import NamedTuple

_CITIES = Path(__file__).with_name("cities.csv.gz")
# Further names in common use.
_COUNTRIES = {
    "united states of america": "usa",
    "uk": "gbr",
    "great britain": "gbr",
    "england": "gbr",
    "netherlands": "nld",
    "czech republic": "cze",
}


class _Cities(NamedTuple):
    """The file in memory: 11 MB a process; a dictionary of tuples would take 18."""

    rows: dict[str, tuple[int, ...]]
    countries: list[str]
    latitudes: "array[float]"
    longitudes: "array[float]"


def coordinates(city: str, country: str = "") -> tuple[float, float] | None:
    """Return latitude and longitude of a city, or None; without a country, of the most populous one of this name."""
    city, country = _folded(city), _folded(country)
    country = _COUNTRIES.get(country, country)
    cities = _cities()
    for row in cities.rows.get(city, ()):
        if not country or country in cities.countries[row].split("|"):
            return cities.latitudes[row], cities.longitudes[row]
    return None


@cache
def _cities() -> _Cities:
    # Once a process, as reading takes 70 ms.
    cities = _Cities({}, [], array("d"), array("d"))
    with gzip.open(_CITIES, "rt", encoding="utf-8", newline="") as file:
        for row, (names, countries, latitude, longitude) in enumerate(csv.reader(file)):
            cities.countries.append(sys.intern(countries))
            cities.latitudes.append(float(latitude))
            cities.longitudes.append(float(longitude))
            for name in names.split("|"):
                cities.rows[name] = (*cities.rows.get(name, ()), row)
    return cities


def _folded(text: str) -> str:
    """Return `text` without accents, capitals and surrounding space."""
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
