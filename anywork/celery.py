"""Celery app: `celery -A anywork worker` and `celery -A anywork beat`."""

import logging
import os
from functools import cached_property
from pathlib import Path
from typing import Any

from celery import Celery, beat, signals
from celery.worker import consumer
from django.db import close_old_connections

from anywork.environment import require_settings
from anywork.operations.broker import connect
from anywork.operations.request_id import begin_request, current_request_id

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywork.settings")


class App(Celery):
    """Celery app that checks the settings first, as every process does."""

    def _load_config(self) -> Any:
        require_settings()
        return super()._load_config()  # type: ignore[misc]


app = App("anywork")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


# Celery opens a database connection for every task; this keeps it open, and checks it before each task.
signals.task_prerun.connect(close_old_connections)


@signals.before_task_publish.connect
def _pass_request_id(headers: dict[str, Any], **kwargs: Any) -> None:
    headers["request_id"] = current_request_id()


@signals.task_prerun.connect
def _take_request_id(task: Any, **kwargs: Any) -> None:
    begin_request(task.request.get("request_id", "-"), network="")


@signals.worker_init.connect
@signals.beat_init.connect
def _warn_of_what_is_away(**kwargs: Any) -> None:
    from anywork.operations.health import warn_of_what_is_away  # noqa: PLC0415 - needs the settings

    warn_of_what_is_away()


@signals.setup_logging.connect
def _configure_logging(loglevel: int, **kwargs: Any) -> None:
    from django.conf import settings  # noqa: PLC0415 - which import this module

    from anywork.operations.logs import configure_logging  # noqa: PLC0415 - needs the settings

    configure_logging(settings.LOGGING)
    logging.getLogger().setLevel(loglevel)


class Consumer(consumer.Consumer):
    """Celery's consumer without the 28 queues that it declares for tasks with an ETA if a queue is a quorum queue.

    No task has an ETA: retries are rows in the database.
    """

    class Blueprint(consumer.Consumer.Blueprint):  # type: ignore[misc, valid-type]
        default_steps = [
            step for step in consumer.Consumer.Blueprint.default_steps if not step.endswith(":DelayedDelivery")
        ]


class Scheduler(beat.PersistentScheduler):
    """Celery's scheduler, which creates the folder of its file and does not wait for ever for a frozen broker."""

    @cached_property
    def connection(self) -> Any:
        return connect()

    def setup_schedule(self) -> None:
        Path(self.schedule_filename).parent.mkdir(parents=True, exist_ok=True)  # type: ignore[attr-defined]
        super().setup_schedule()
