"""Renderers of responses."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework import renderers

# Timestamps in UTC end in Z, as in REST framework.
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class JSONRenderer(renderers.JSONRenderer):
    """JSON by orjson, which renders a page of rows in a tenth of the time."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None or self.get_indent(accepted_media_type or "", renderer_context or {}) is not None:
            rendered: bytes = super().render(data, accepted_media_type, renderer_context)
            return rendered
        return orjson.dumps(data, default=self.encoder_class().default, option=_OPTIONS)
