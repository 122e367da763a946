"""WSGI entry point: `gunicorn anywork.wsgi`."""

from django.core.wsgi import get_wsgi_application

from anywork.api.media_types import replace_unreadable_headers
from anywork.environment import require_settings

require_settings()

application = replace_unreadable_headers(get_wsgi_application())
