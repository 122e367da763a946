"""The AnyWork project. The Celery app is loaded here, so that `shared_task` binds to it in every process."""

from anywork.celery import app as celery_app

__all__ = ("__version__", "celery_app")

# The only place that tells it: the OpenAPI schema and ETags of lists read it, CHANGELOG.md has a heading for it.
__version__ = "0.2.0"
