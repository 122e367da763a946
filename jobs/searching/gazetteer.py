"""Where cities of 5,000 inhabitants or more are, from GeoNames (https://www.geonames.org, CC BY 4.0).

`cities.csv.gz` has a line for each, the most populous first: country, region, inhabitants, latitude, longitude and main
name. `city_names.txt.gz` has their names, each with the numbers of these lines; a main name is marked by a star, one of
a part or of the region by a minus. Both are written by `build_gazetteer`. A place that may be another is none: no
coordinates are better than wrong ones.
"""

import gzip
import math
import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from jobs.searching.countries import Country, Region, country_title, find_country, find_regions
from jobs.searching.folding import fold_place
from jobs.searching.sorted_lines import SortedLines

CITIES = Path(__file__).with_name("cities.csv.gz")
CITY_NAMES = Path(__file__).with_name("city_names.txt.gz")
# Other names of cities and countries that mean something else in a search: of the 20,000 most frequent words of English
# and the 3,000 of sixteen other languages.
_FREQUENT_WORDS = Path(__file__).with_name("frequent_words.txt")

# Namesakes that are nearer are one place; of others, one must have this many times the inhabitants of the next.
_ONE_PLACE_KM = 100
_CERTAIN_RATIO = 5
# The parts of "Lekki, Lagos" are one place.
_SAME_PLACE_KM = 60
# "West Salem" is no part of Salem, but "East London" is one of London, and "Amsterdam Zuid" one of Amsterdam.
_LARGE = 300_000
_VERY_LARGE = 600_000

# By another name, a search finds cities with this many inhabitants, unless it is the main name of one with a tenth of
# them; shorter names are mostly codes.
_KNOWN = 100_000
_SURE_RATIO = 10
_MIN_NAME = 4
# From the first letter of Japanese on, names of two letters are usual.
_EAST_ASIAN = "\u3040"
_MAX_NAME_WORDS = 3

# Words that name no place.
_VAGUE_WORDS = """
    remote remotely anywhere everywhere nationwide statewide worldwide global international national virtual online
    field various multiple several many any all different other others flexible confidential unknown none na tbd tba tbc
    onsite offsite on site hybrid wfh work working from home homeoffice office offices head hq headquarters based job
    telecommute location locations place places city cities town towns state states country countries region regions
    bundesweit deutschlandweit weltweit europaweit ortsunabhangig mobil mobiles arbeiten
    remoto teletrabajo teletravail a distance partout in pan the across
"""
_VAGUE = frozenset(_VAGUE_WORDS.split())
_WORKPLACE = re.compile(
    r"\b(?:(?:fully|100) )?(?:remote|remotely|hybrid|onsite|on site|wfh|work from home|home ?office|based|remoto|"
    r"teletravail|teletrabajo)\b"
)
_SEPARATORS = re.compile(r"[,/;|()&+\u3001\u30fb\uff0c]|\s[-\u2013\u2014]\s|\s(?:and|or|und|oder|et|ou|y|e|o)\s")
# Of districts: "Lyon 03", "Paris 8e", "London SW1A 1AA", "Dublin D02", "Praha 4", "10115 Berlin", "Budapest XIII".
_DISTRICT = re.compile(
    r"\b(?:\d+(?:e|er|eme|em|st|nd|rd|th|o|a)?|cedex|arr|arrondissement|district|dist|sector|sectorul|bezirk|ward|zone|"
    r"phase|block|postcode|zip|quan|d\d+|[a-z]{1,2}\d{1,2}[a-z]?|\d[a-z]{2}|[ivx]+(?=$))\b"
)
_BEFORE = re.compile(
    r"^(?:the|greater|gran|grand|metro|metropolitan|grossraum|raum|region|area|city of|town of|ville de|ciudad de|"
    r"cidade de|stadt|near|nr|around|in|um|bei|pres de|downtown|central|inner|outer)\s+"
)
_AFTER = re.compile(
    r"\s+(?:area|bay area|metro|metro area|metropolitan|metropolitan area|metropolis|metroplex|region|ncr|cbd|downtown|"
    r"central|centre|center|city centre|city center|city area|und umgebung|und umland|umgebung|umland|surroundings|"
    r"and surroundings|metropole|regional municipality|suburbs|suburb|municipality|municipio|ku|shi|si|gu|cho|shahr)$"
)
_CJK_SUFFIX = re.compile(r"(?<=..)(?:市|区|區|都|府|縣|县|県|町|村|시|구)$")
# Only of large cities.
_PART_BEFORE = re.compile(r"^(?:(?:north|south|east|west)(?:ern)?\s+){1,2}")
_PART_AFTER = re.compile(
    r"\s+(?:city|island|mainland|north|south|east|west|nord|sud|ost|mitte|norte|sur|est|ouest|hq|airport|office|state)$"
)
_UMLAUTS = re.compile(r"([aou])e")
# Countries that are hardly larger than one city.
_CITY_STATES = {"SG": "singapore", "HK": "hong kong", "MO": "macau", "MC": "monaco", "GI": "gibraltar", "BH": "manama"}
_MAX_LENGTH = 200

Coordinates = tuple[float, float]


class Place(NamedTuple):
    country: str
    region: str
    population: int
    latitude: float
    longitude: float
    name: str
    mark: str

    @property
    def is_main_name(self) -> bool:
        return self.mark == "*"


class _Area(NamedTuple):
    """Where to look: countries (all if there are none), and regions of the first (all if there are none)."""

    countries: tuple[str, ...] = ()
    regions: frozenset[str] = frozenset()

    def has(self, place: Place) -> bool:
        return (not self.countries or place.country in self.countries) and (
            not self.regions or place.region in self.regions
        )


class _UncertainError(Exception):
    """Several places may be meant."""


@lru_cache(maxsize=10_000)
def find_place(city: str, country: str, state: str = "") -> Place | None:
    """Return the city of a location, or None if it is unknown or uncertain."""
    nation = find_country(country)
    if nation is None or not city or len(city) > _MAX_LENGTH:
        return None
    try:
        return _find(city, nation, state)
    except _UncertainError:
        return None


def coordinates(city: str, country: str, state: str = "") -> Coordinates | None:
    """Return latitude and longitude of a city, or None if it is unknown or uncertain."""
    place = find_place(city, country, state)
    return (place.latitude, place.longitude) if place else None


def load() -> None:
    """Read the data, which takes 0.2 s, before a request needs it."""
    coordinates("Paris", "France")


def main_names(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield other names of large cities and countries among neighbouring words, each with the main name.

    Of "chef munique allemagne": "munique" with "Munich", "allemagne" with "Germany".
    """
    folded = [fold_place(word) for word in words]
    for start in range(len(words)):
        for end in range(start + 1, min(start + _MAX_NAME_WORDS, len(words)) + 1):
            name = " ".join(filter(None, folded[start:end]))
            if len(name) < (2 if name >= _EAST_ASIAN else _MIN_NAME) or name in _frequent_words() or _is_vague(name):
                continue
            if (main_name := _main_name(name)) and fold_place(main_name) != name:
                yield " ".join(words[start:end]), main_name


@lru_cache(maxsize=10_000)
def _main_name(name: str) -> str | None:
    """Return the English name of a country, or the main name of a large city unless it may be another city."""
    if country := find_country(name):
        return None if country.region else country_title(country.code)
    try:
        place = _choose([place for place in _namesakes(name) if place.mark != "-"])
    except _UncertainError:
        return None
    if not place or place.is_main_name or place.population < _KNOWN:
        return None
    namesakes = (other.population for other in _namesakes(name) if other.is_main_name)
    return place.name if max(namesakes, default=0) * _SURE_RATIO < place.population else None


@lru_cache(maxsize=10_000)
def find_city(text: str) -> Coordinates | None:
    """Return the coordinates of "Lagos", "Lagos, Nigeria", "Boston, MA" or "London, Ontario, Canada"."""
    if len(text) > _MAX_LENGTH:
        return None
    city, *rest = (part.strip() for part in text.split(","))
    places = [place for area in _areas(rest) if (place := _certain(city, area))]
    if not places:
        return None
    # Regions come before countries: CA is California, unless the other is far larger.
    best = max(places, key=lambda place: place.population)
    place = best if best.population >= _CERTAIN_RATIO * places[0].population else places[0]
    return place.latitude, place.longitude


def _areas(rest: list[str]) -> Iterator[_Area]:
    if not rest:
        yield _Area()
        return
    nation = find_country(rest[-1])
    if len(rest) == 1:
        for region in find_regions(rest[0]):
            yield _Area((region.country,), region.codes)
    if nation:
        yield _area(nation, rest[0] if len(rest) > 1 else "")


def _area(nation: Country, state: str) -> _Area:
    region = _region_of(nation, state)
    if region:
        return _Area((nation.code,), region.codes)
    if state and (island := find_country(state)) and island.code in nation.codes[1:]:
        return _Area((island.code,))
    return _Area(nation.codes, frozenset({nation.region} - {""}))


def _region_of(nation: Country, state: str) -> Region | None:
    return next((region for region in find_regions(state) if region.country == nation.code), None) if state else None


def _certain(city: str, area: _Area) -> Place | None:
    try:
        return _find_name(fold_place(city), area)
    except _UncertainError:
        return None


def _find(city: str, nation: Country, state: str) -> Place | None:
    if place := _choose(_candidates(_without_workplace(city), _area(nation, state))):
        return place
    names, state = _parts(city, nation, state)
    if not names:
        return None
    area = _area(nation, state)
    place = _find_in_parts(names, area)
    if place or any(map(_is_vague, names)):
        return place
    # A part of it that is unknown.
    region = _region_of(nation, state)
    known = (region and region.city) or _CITY_STATES.get(nation.code)
    return _choose(_candidates(fold_place(known), area)) if known else None


def _parts(city: str, nation: Country, state: str) -> tuple[list[str], str]:
    """Return the names in "Lekki, Lagos" or "London (UK)" that may be cities, and the state: the given, or theirs."""
    parts = list(filter(None, map(_without_workplace, _SEPARATORS.split(city))))
    names = parts[:1]
    for name in parts[1:]:
        country = find_country(name)
        if country and country.code == nation.code:
            continue
        if not state and _region_of(nation, name):
            state = name
        else:
            names.append(name)
    return names, state


def _without_workplace(text: str) -> str:
    return _WORKPLACE.sub(" ", fold_place(text)).strip()


def _find_in_parts(names: list[str], area: _Area) -> Place | None:
    """Return the place of the first name; the others are larger ones around it, or other names of it."""
    first, *others = names
    around = [place for name in others if (place := _find_name(name, area))]
    if not around:
        return _find_name(first, area)
    namesakes = [place for name in _readings(first) for place in _candidates(name, area)]
    near = [place for place in namesakes if _distance(place, around[0]) <= _SAME_PLACE_KM]
    if any(_distance(place, around[0]) > _SAME_PLACE_KM for place in around) or (namesakes and not near):
        raise _UncertainError
    return near[0] if near else around[0]


def _find_name(name: str, area: _Area) -> Place | None:
    """Return the place of this name; of several readings the first that is known."""
    if _is_vague(name):
        return None
    for reading in _readings(name):
        if place := _choose(_candidates(reading, area)):
            return place
    return _find_before_state(name, area) or _find_around_part(name, area)


def _find_before_state(name: str, area: _Area) -> Place | None:
    """Return the place of "Washington DC" or "London UK"."""
    words = name.split()
    for start in range(len(words) - 1, max(0, len(words) - 4), -1):
        city, rest = " ".join(words[:start]), " ".join(words[start:])
        narrower = [_Area((region.country,), region.codes) for region in find_regions(rest)]
        if nation := find_country(rest):
            narrower.append(_area(nation, ""))
        for inner in narrower:
            if place := _choose([place for place in _candidates(city, inner) if area.has(place)]):
                return place
    return None


def _find_around_part(name: str, area: _Area) -> Place | None:
    """Return the large city of "East London", "Lagos Mainland" or "Amsterdam Zuid"."""
    words = name.split()
    cities = [(pattern.sub("", name), _LARGE) for pattern in (_PART_BEFORE, _PART_AFTER)]
    cities += [(" ".join(words[:end]), _VERY_LARGE) for end in range(len(words) - 1, 0, -1)]
    for city, inhabitants in cities:
        if place := _choose([place for place in _candidates(city, area) if place.population >= inhabitants]):
            return place
    return None


def _readings(name: str) -> Iterator[str]:
    """Yield the name, then the same without what surrounds the name of a city."""
    seen = {""}
    forms = [name]
    while forms:
        form = forms.pop(0)
        if form in seen:
            continue
        seen.add(form)
        if _is_vague(form):
            continue
        yield form
        if (plain := _UMLAUTS.sub(r"\1", form)) != form:
            forms.append(plain)
        forms.append(" ".join(_DISTRICT.sub(" ", form).split()))
        forms.append(_BEFORE.sub("", form))
        forms.append(_AFTER.sub("", form))
        forms.append(_CJK_SUFFIX.sub("", form))


def _is_vague(name: str) -> bool:
    return all(word in _VAGUE for word in name.split())


def _choose(candidates: list[Place]) -> Place | None:
    """Return the place that is meant, of all countries the most populous one's.

    Raises:
        _UncertainError: namesakes are far apart, and none is far larger.
    """
    if not candidates:
        return None
    largest, *others = candidates
    for place in others:
        is_rival = place.country == largest.country and place.is_main_name >= largest.is_main_name
        is_far = largest.population < _CERTAIN_RATIO * place.population and _distance(largest, place) > _ONE_PLACE_KM
        if is_rival and is_far:
            raise _UncertainError
    return largest


def _candidates(name: str, area: _Area) -> list[Place]:
    """Return the places of this name, the most populous first; those of the country itself before an island's."""
    places = [place for place in _namesakes(name) if area.has(place)]
    return [place for place in places if place.country == area.countries[0]] or places if area.countries else places


def _namesakes(name: str) -> Iterable[Place]:
    cities = _cities()
    for row in (_city_names().get(name) or "").split():
        fields = cities[int(row.rstrip("*-"))].decode().split(",", maxsplit=5)
        country, region, population, latitude, longitude, main_name = fields
        mark = row[-1] if row[-1] in "*-" else ""
        yield Place(country, region, int(population), float(latitude), float(longitude), main_name, mark)


def _distance(one: Place, other: Place) -> float:
    """Return the distance in km, by the haversine formula on a globe of 6,371 km."""
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(south) * math.cos(north) * math.sin(math.radians(one.longitude - other.longitude) / 2) ** 2
    return 12742 * math.asin(min(1, math.sqrt(half)))


@cache
def _frequent_words() -> frozenset[str]:
    return frozenset(map(fold_place, _FREQUENT_WORDS.read_text(encoding="utf-8").split()))


@cache
def _cities() -> list[bytes]:
    with gzip.open(CITIES) as file:
        return file.read().splitlines()


@cache
def _city_names() -> SortedLines:
    return SortedLines(CITY_NAMES)
