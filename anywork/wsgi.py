"""The WSGI entry point: `gunicorn anywork.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from anywork.api.request_headers import replace_unreadable_headers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywork.settings")

application = replace_unreadable_headers(get_wsgi_application())
