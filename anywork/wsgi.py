"""The WSGI entry point: `gunicorn anywork.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywork.settings")

application = get_wsgi_application()
