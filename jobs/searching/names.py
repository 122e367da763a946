"""The keys of what people name: they are looked up first, so that the planner sees how many jobs each has."""

from collections.abc import Callable
from functools import reduce
from operator import and_
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from jobs.models import Category, Location
from jobs.searching.gazetteer import coordinates
from jobs.searching.versions import Version, VersionedCache

Keys = tuple[UUID, ...]

# City, state and country.
MOST_PARTS = 3

# The haversine formula on a globe of 6,371 km.
_NEARBY = """
    SELECT location_id FROM jobs_location
    WHERE 12742 * asin(least(1, sqrt(
        sin(radians(latitude - %(latitude)s) / 2) ^ 2
        + cos(radians(latitude)) * cos(radians(%(latitude)s)) * sin(radians(longitude - %(longitude)s) / 2) ^ 2
    ))) <= %(radius_km)s
"""

_keys: VersionedCache[Keys] = VersionedCache()


class Names:
    """Looks names up as of a version; case and accents do not matter."""

    def __init__(self, version: Version) -> None:
        self._version = version

    def category(self, name: str) -> Keys:
        """Return the category of that name."""
        return self._remembered(("category", name), Category.objects.filter(_is("name", name)))

    def city(self, name: str) -> Keys:
        """Return all locations in cities of that name."""
        return self._remembered(("city", name), Location.objects.filter(_is("city", name)))

    def country(self, name: str) -> Keys:
        """Return all locations in the country."""
        return self._remembered(("country", name), Location.objects.filter(_is("country", name)))

    def place(self, name: str) -> Keys:
        """Return the locations that fit "Lagos" or "Lagos, Nigeria": each part is a city, a state or a country."""
        parts = [part.strip() for part in name.split(",") if part.strip()]
        if not 1 <= len(parts) <= MOST_PARTS:
            return ()
        fits = (_is("city", part) | _is("state", part) | _is("country", part) for part in parts)
        return self._remembered(("place", *parts), Location.objects.filter(reduce(and_, fits)))

    def nearby(self, city: str, radius_km: float) -> Keys:
        """Return the locations around a city, as the crow flies; none around one that nobody knows."""
        center = find_city(city)
        return self._ask(("nearby", center, radius_km), lambda: _nearby(center, radius_km)) if center else ()

    def _remembered(self, key: tuple[str, ...], rows: QuerySet[Category] | QuerySet[Location]) -> Keys:
        return self._ask(key, lambda: tuple(rows.order_by().values_list("pk", flat=True)))

    def _ask(self, key: tuple[object, ...], ask: Callable[[], Keys]) -> Keys:
        return _keys.get(key, self._version.names, ask)[0]


def find_city(text: str) -> tuple[float, float] | None:
    """Return where "Lagos" or "Lagos, Nigeria" is, if the gazetteer knows it."""
    city, *rest = (part.strip() for part in text.split(","))
    return coordinates(city, rest[-1] if rest else "")


def _is(field: str, name: str) -> Q:
    return Q(**{f"{field}__unaccent__iexact": name.strip()})


def _nearby(center: tuple[float, float], radius_km: float) -> Keys:
    latitude, longitude = center
    with connection.cursor() as cursor:
        cursor.execute(_NEARBY, {"latitude": latitude, "longitude": longitude, "radius_km": radius_km})
        return tuple(key for (key,) in cursor.fetchall())
