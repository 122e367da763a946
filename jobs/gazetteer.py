"""Where cities are: those of 15,000 people or more, from GeoNames (https://www.geonames.org, CC BY 4.0).

`data/cities.csv.gz` has a line for each, the most populous first: names, country and its codes, latitude, longitude;
several names are joined by `|`, all of them folded as `_folded` does.
"""

import csv
import gzip
import unicodedata
from functools import lru_cache
from pathlib import Path

_CITIES = Path(__file__).parent / "data" / "cities.csv.gz"
# What people call some of them besides.
_COUNTRIES = {
    "united states of america": "usa",
    "uk": "gbr",
    "great britain": "gbr",
    "england": "gbr",
    "netherlands": "nld",
    "czech republic": "cze",
}


@lru_cache(maxsize=1_000)
def coordinates(city: str, country: str = "") -> tuple[float, float] | None:
    """Return latitude and longitude of a city, or None; without a country, of the most populous of that name."""
    city, country = _folded(city), _folded(country)
    country = _COUNTRIES.get(country, country)
    # Read anew, which takes a twentieth of a second: nobody asks often, and all cities would fill every process.
    with gzip.open(_CITIES, "rt", encoding="utf-8", newline="") as file:
        for names, countries, latitude, longitude in csv.reader(file):
            if city in names and city in names.split("|") and (not country or country in countries.split("|")):
                return float(latitude), float(longitude)
    return None


def _folded(text: str) -> str:
    """Return `text` without accents, capitals and surrounding space, as people type it."""
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
