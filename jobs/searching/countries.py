"""Countries and their first-level regions, by the names that people write.

`country_names.txt.gz` has the names in all languages, written by `build_gazetteer` from Unicode's CLDR and the short
forms of `countries.csv`; `country_titles.csv` has the English names. `regions.csv` has the regions of eleven countries,
with the codes of GeoNames (several where people mean a neighbour, too), and of all that are hardly larger than a city,
with that city.
"""

import csv
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jobs.searching.folding import fold_place
from jobs.searching.sorted_lines import SortedLines

COUNTRY_NAMES = Path(__file__).with_name("country_names.txt.gz")
SHORT_FORMS = Path(__file__).with_name("countries.csv")
TITLES = Path(__file__).with_name("country_titles.csv")
_REGIONS = Path(__file__).with_name("regions.csv")

# Where people write another country with the city.
_WITHIN = {
    "CN": ("HK", "MO"),
    "US": ("PR", "GU", "VI", "AS", "MP"),
    "FR": ("GP", "MQ", "GF", "RE", "YT", "PM", "NC", "PF", "BL", "MF"),
    "NL": ("CW", "AW", "SX", "BQ"),
    "GB": ("IM", "JE", "GG", "GI", "BM"),
    "DK": ("FO", "GL"),
    "FI": ("AX",),
}
# "Federal Republic of", "Kingdom of", "State of", and "Province", "Prefecture"
_FORMAL = re.compile(
    r"^(?:the )?(?:[a-z]+ ){0,3}(?:republic|kingdom|commonwealth|sultanate|principality|state) of (?:the )?"
)
_REGION_WORDS = re.compile(
    r"^(?:the )?(?:state|province|freistaat|land|estado|provincia|prefecture|region) (?:of |de |do |da |del |den )?"
    r"| (?:state|province|prefecture|territory|region|ken|fu|to)$|[都府県]$"
)


_NOT_NAMIBIA = frozenset({"n/a", "n.a.", "n.a"})
_CODE = re.compile(r"(?!UK|US)[A-Z]{2}$")


class Country(NamedTuple):
    """The code of a country (ISO 3166-1), and that of a region if the name is the region's."""

    code: str
    region: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """The code, and those of places that people count to the country."""
        return (self.code, *_WITHIN.get(self.code, ()))


class Region(NamedTuple):
    country: str
    codes: frozenset[str]
    # Set if the region is hardly larger than this city.
    city: str


def find_country(name: str) -> Country | None:
    """Return the country of this name or code, in any language."""
    folded = "" if name.casefold() in _NOT_NAMIBIA else fold_place(name)
    for form in (folded, folded.removeprefix("the "), _FORMAL.sub("", folded)):
        if form and (found := _country_names().get(form)):
            return Country(*found.split())
    return None


def country_title(code: str) -> str:
    """Return the English name of a country; the code itself if it is unknown."""
    return _titles().get(code, code)


def usual_names(code: str) -> list[str]:
    """Return the English name and the short forms by which people search for a country."""
    return list(dict.fromkeys([country_title(code), *_short_forms().get(code, ())]))


def find_regions(name: str) -> list[Region]:
    """Return the regions of this name or short form, one a country at most."""
    folded = fold_place(name)
    regions = _regions()
    return regions.get(folded) or regions.get(_REGION_WORDS.sub("", folded)) or []


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _country_names() -> SortedLines:
    return SortedLines(COUNTRY_NAMES)


@cache
def _short_forms() -> dict[str, list[str]]:
    names = {row["code"]: row["names"].split("|") for row in read_table(SHORT_FORMS) if not row["region"]}
    # "U.S." is two words, and most codes are words of another meaning.
    return {
        code: [form for form in forms if "." not in form and not _CODE.match(form)] for code, forms in names.items()
    }


@cache
def _titles() -> dict[str, str]:
    return {row["code"]: row["name"] for row in read_table(TITLES)}


@cache
def _regions() -> dict[str, list[Region]]:
    regions: dict[str, list[Region]] = defaultdict(list)
    for row in read_table(_REGIONS):
        region = Region(row["country"], frozenset(row["code"].split("|")) - {""}, row["city"])
        for name in {fold_place(name) for name in row["names"].split("|")}:
            regions[name].append(region)
    return dict(regions)
