"""Where cities are, and which country is meant."""

import csv
import gzip
import math
from pathlib import Path

import pytest

from jobs.searching.countries import _regions, find_country, find_regions
from jobs.searching.gazetteer import CITIES, coordinates, find_city, main_names

_FOLDER = Path(__file__).parent


def _cases(name):
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return [tuple(row.values()) for row in csv.DictReader(file)]


def _distance_km(one, other):
    south, north = math.radians(one[0]), math.radians(other[0])
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(south) * math.cos(north) * math.sin(math.radians(one[1] - other[1]) / 2) ** 2
    return 12742 * math.asin(math.sqrt(half))


@pytest.mark.parametrize(
    ("city", "state", "country", "latitude", "longitude"), [*_cases("places.csv"), *_cases("own_places.csv")]
)
def test_place_is_within_40_km_or_none(city, state, country, latitude, longitude):
    found = coordinates(city, country, state)

    if latitude:
        assert found is not None
        assert _distance_km(found, (float(latitude), float(longitude))) <= 40
    else:
        assert found is None


@pytest.mark.parametrize(
    ("text", "latitude", "longitude"),
    [
        ("Boston, MA", 42.36, -71.06),
        ("NYC", 40.71, -74),
        ("London", 51.51, -0.13),
        ("London, ON", 42.98, -81.25),
        ("London, Ontario, Canada", 42.98, -81.25),
        ("Portland, ME", 43.66, -70.26),
        ("Paris, Texas", 33.66, -95.56),
        ("Berlin, DE", 52.52, 13.4),
        ("Toronto, CA", 43.7, -79.42),
        ("Los Angeles, CA", 34.05, -118.24),
        ("Atlanta, Georgia", 33.75, -84.39),
        ("Tbilisi, Georgia", 41.69, 44.83),
        ("Washington DC", 38.9, -77.04),
        ("saint louis, mo", 38.63, -90.2),
        ("東京", 35.68, 139.69),
        ("Köln", 50.94, 6.96),
    ],
)
def test_city_of_a_search(text, latitude, longitude):
    found = find_city(text)

    assert found is not None
    assert _distance_km(found, (latitude, longitude)) <= 40


@pytest.mark.parametrize(
    "text", ["", ",", "Narnia", "Lagos, Narnia", "Springfield", "Remote", "a" * 1_000, "a b " * 100]
)
def test_city_of_a_search_is_unknown_or_uncertain(text):
    assert find_city(text) is None


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("GB", "UK|U.K.|gb|GBR|United Kingdom|Great Britain|England|Scotland|Wales|Northern Ireland|Royaume-Uni|英国"),
        ("US", "US|U.S.|USA|U.S.A.|United States|The United States of America|Estados Unidos|Vereinigte Staaten|美国"),
        ("AE", "UAE|U.A.E.|United Arab Emirates|Émirats arabes unis"),
        ("DE", "DE|DEU|Germany|Deutschland|Allemagne|Alemania|Германия|ドイツ|Federal Republic of Germany"),
        ("NG", "NG|Nigeria|Nigéria|Federal Republic of Nigeria"),
        ("NL", "Holland|The Netherlands|Nederland|Pays-Bas|Kingdom of the Netherlands"),
        ("CI", "Côte d'Ivoire|Côte d\u2019Ivoire|Cote d'Ivoire|Ivory Coast"),
        ("CD", "DRC|Democratic Republic of the Congo"),
        ("CG", "Republic of the Congo"),
        ("KR", "Korea|South Korea|Republic of Korea|대한민국"),
        ("KP", "North Korea|DPRK"),
        ("CN", "PRC|P.R. China|People's Republic of China|中国"),
        ("TW", "Taiwan|Republic of China"),
        ("NE", "Niger"),
        ("GE", "Georgia"),
        ("IE", "Ireland|Éire|Republic of Ireland"),
        ("CZ", "Czech Republic|Czechia|Česko"),
        ("TR", "Turkey|Türkiye"),
        ("VN", "Vietnam|Viet Nam|Việt Nam"),
        ("ZA", "RSA|South Africa|Südafrika"),
    ],
)
def test_country_has_one_code_by_all_its_names(code, names):
    found = {name: find_country(name) for name in names.split("|")}

    assert {name: country and country.code for name, country in found.items()} == dict.fromkeys(found, code)


@pytest.mark.parametrize("name", ["", " ", "Remote", "Worldwide", "Europe", "N/A", "Narnia", "\u0301", "a" * 1_000])
def test_country_is_unknown(name):
    assert find_country(name) is None


def test_every_region_has_a_city_and_names_are_unique_in_a_country():
    with gzip.open(CITIES, "rt", encoding="utf-8") as file:
        known = {tuple(line.split(",")[:2]) for line in file}

    for name, regions in _regions().items():
        assert len({region.country for region in regions}) == len(regions), name
        assert all((region.country, code) in known for region in regions for code in region.codes), name


def test_region_words_are_left_out():
    names = ("Lagos State", "State of Lagos", "lagos", "Free State", "東京都", "Province of Ontario", "Osaka-fu")

    regions = {name: [region.country for region in find_regions(name)] for name in names}

    assert regions == {
        "Lagos State": ["NG"],
        "State of Lagos": ["NG"],
        "lagos": ["NG"],
        "Free State": ["ZA"],
        "東京都": ["JP"],
        "Province of Ontario": ["CA"],
        "Osaka-fu": ["JP"],
    }


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("chef munique allemagne", {"munique": "Munich", "allemagne": "Germany"}),
        ("慕尼黑", {"慕尼黑": "Munich"}),
        ("القاهرة", {"القاهرة": "Cairo"}),
        ("den haag", {"den haag": "The Hague", "haag": "The Hague"}),
        ("estados unidos", {"estados unidos": "United States"}),
        # Main names, which jobs have.
        ("munich köln germany", {}),
        # Of other cities or countries, of parts of a city, codes and frequent words.
        ("victoria york georgia", {}),
        ("lekki the city silicon valley", {}),
        ("ny la pe cpt", {}),
        ("lime roles tour google island england", {}),
    ],
)
def test_other_names_of_cities_and_countries_have_a_main_name(words, names):
    assert dict(main_names(words.split())) == names
