"""The AnyWork project. The Celery app is loaded here, so that `shared_task` binds to it in every process."""

from anywork.celery import app as celery_app

__all__ = ("celery_app",)
