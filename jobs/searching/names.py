"""Keys of categories and locations by name: with them the planner knows how many jobs a filter matches."""

from collections.abc import Callable
from functools import reduce
from operator import and_
from uuid import UUID

from django.db.models import Q, Value
from django.db.models.lookups import Exact, In

from anywork.api.text import Folded
from anywork.database.replicas import reading_connection
from jobs.models import Category, Location, Synonym
from jobs.searching.countries import find_country
from jobs.searching.gazetteer import find_city
from jobs.searching.versions import Version, VersionedCache

Keys = tuple[UUID, ...]

# City, state and country.
MAX_LOCATION_PARTS = 3

# The haversine formula on a globe of 6,371 km.
_NEARBY = """
    SELECT location_id FROM jobs_location
    WHERE 12742 * asin(least(1, sqrt(
        sin(radians(latitude - %(latitude)s) / 2) ^ 2
        + cos(radians(latitude)) * cos(radians(%(latitude)s)) * sin(radians(longitude - %(longitude)s) / 2) ^ 2
    ))) <= %(radius_km)s
"""

_keys: VersionedCache[Keys] = VersionedCache()


class NameLookup:
    """Cached lookup of names in the form of `clean_line`, without regard to case and accents.

    A name that no category or city has may be a synonym of one: merging leaves the former name.
    """

    def __init__(self, version: Version) -> None:
        self._version = version

    def category(self, name: str) -> Keys:
        """Return the category of this name."""
        return self._cached_keys(("category", name), Category, _is("name", name), _was("name", name))

    def city(self, name: str) -> Keys:
        """Return all locations in cities of this name."""
        return self._cached_keys(("city", name), Location, _is("city", name), _was("city", name))

    def country(self, name: str) -> Keys:
        """Return all locations in the country."""
        return self._cached_keys(("country", name), Location, _in_country(name))

    def location(self, name: str) -> Keys:
        """Return the locations that match "Lagos" or "Lagos, Nigeria": each part is a city, state or country."""
        parts = [part.strip() for part in name.split(",") if part.strip()]
        if not 1 <= len(parts) <= MAX_LOCATION_PARTS:
            return ()
        matches = [_is("city", part) | _is("state", part) | _in_country(part) for part in parts]
        former = [match | _was("city", part) for match, part in zip(matches, parts, strict=True)]
        return self._cached_keys(("location", *parts), Location, reduce(and_, matches), reduce(and_, former))

    def nearby(self, city: str, radius_km: float) -> Keys:
        """Return the locations within a radius around a city; none if the city is unknown."""
        center = find_city(city)
        return self._cached(("nearby", center, radius_km), lambda: _nearby(center, radius_km)) if center else ()

    def _cached_keys(self, key: tuple[str, ...], model: type[Category | Location], *conditions: Q) -> Keys:
        """Return the rows of the first condition that any row fulfils."""
        found = (tuple(model.objects.filter(known).order_by().values_list("pk", flat=True)) for known in conditions)
        return self._cached(key, lambda: next(filter(None, found), ()))

    def _cached(self, key: tuple[object, ...], read: Callable[[], Keys]) -> Keys:
        return _keys.get(key, self._version.names, read)[0]


def _is(field: str, name: str) -> Q:
    return Q(Exact(Folded(field), Folded(Value(name))))


def _was(field: str, name: str) -> Q:
    meanings = Synonym.objects.filter(_is("name", name)).order_by().values_list(Folded("meaning"))
    return Q(In(Folded(field), meanings))


def _in_country(name: str) -> Q:
    country = find_country(name)
    return Q(country_code=country.code) if country else _is("country", name)


def _nearby(center: tuple[float, float], radius_km: float) -> Keys:
    latitude, longitude = center
    with reading_connection().cursor() as cursor:
        cursor.execute(_NEARBY, {"latitude": latitude, "longitude": longitude, "radius_km": radius_km})
        return tuple(key for (key,) in cursor.fetchall())
