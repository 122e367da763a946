"""How drf-spectacular reads this API."""

from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema


class AutoSchema(SpectacularAutoSchema):
    """The schema of one operation."""
