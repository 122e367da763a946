"""The Celery app: `celery -A anywork worker` and `celery -A anywork beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywork.settings")

app = Celery("anywork")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
