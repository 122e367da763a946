"""WSGI entry point: `gunicorn anywork.wsgi`."""

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from anywork.api.media_types import replace_unreadable_headers
from anywork.environment import require_settings
from jobs.searching.gazetteer import load as load_gazetteer

require_settings()

application = replace_unreadable_headers(get_wsgi_application())
# Before the first request, and so that a server that cannot load them does not start.
get_resolver().url_patterns  # noqa: B018 - imports all views
load_gazetteer()
