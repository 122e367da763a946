"""AnyWork project. The Celery app is loaded here, so that `shared_task` binds to it in every process."""

from anywork.celery import app as celery_app

__all__ = ("__version__", "celery_app")

# Defined only here; CHANGELOG.md has a section for each version.
__version__ = "0.2.0"
