"""View of the OpenAPI schema."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

from anywork.api.caching.etags import is_known, list_tag, not_modified


class SchemaView(SpectacularAPIView):
    """OpenAPI schema, the same for every caller."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        media_type = request.accepted_renderer.media_type
        body = _rendered_schema(media_type)
        tag = list_tag(body.decode())
        if is_known(request, tag):
            return not_modified(tag)
        headers = {"Content-Disposition": f'inline; filename="{self._get_filename(request, "")}"', "ETag": tag}
        return HttpResponse(body, content_type=media_type, headers=headers)


@cache
def _rendered_schema(media_type: str) -> bytes:
    # Once per process and media type: 300 kB of YAML take 0.5 to 1.5 s.
    renderer = next(renderer() for renderer in SchemaView.renderer_classes if renderer.media_type == media_type)
    rendered: Any = renderer.render(SchemaGenerator().get_schema(request=None, public=True), renderer_context={})
    return bytes(rendered)
