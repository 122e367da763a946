"""Publishing to a failing broker, with real sockets: the request succeeds soon, and the email is sent later."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Self
from uuid import UUID, uuid4

import pytest
from celery import current_app
from django.core.management import call_command

from anywork.operations.broker import WAIT_SECONDS
from anywork.testing.smtp import free_port
from jobs.tests.factories import JobFactory
from notifications.mail import publishing
from notifications.models import OutgoingEmail
from notifications.tasks import sweep_outgoing_email
from notifications.tests.factories import OutgoingEmailFactory
from resumes.tests.factories import ResumeFactory


class Listener:
    """A TCP server that counts its connections and speaks no AMQP: it hangs up at once, or never says a word."""

    def __init__(self, *, hangs_up: bool) -> None:
        self.connections: list[socket.socket] = []
        self._hangs_up = hangs_up
        self._is_closing = False
        self._server = socket.create_server(("127.0.0.1", 0))
        self._thread = Thread(target=self._accept)

    @property
    def url(self) -> str:
        return broker_url(self._server.getsockname()[1])

    def _accept(self) -> None:
        while not self._is_closing:
            connection, _ = self._server.accept()
            self.connections.append(connection)
            if self._hangs_up:
                # After the client's first words: closed before, the connection would be reset.
                connection.recv(8)
                connection.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._is_closing = True
        # Wakes up the thread.
        socket.create_connection(self._server.getsockname()).close()
        self._thread.join()
        for connection in (self._server, *self.connections):
            connection.close()


def broker_url(port: int) -> str:
    return f"amqp://guest:guest@127.0.0.1:{port}//"


@pytest.fixture
def use_broker(monkeypatch) -> Callable[[str], None]:
    """Return a function that sets the URL of the broker that this process publishes to."""
    # Celery reads it from the environment first, each time.
    return lambda url: monkeypatch.setenv("CELERY_BROKER_URL", url)


def apply(seeker):
    """Apply to a job; return how many seconds the response took."""
    resume = ResumeFactory(job_seeker=seeker.user.job_seeker)
    body = {"job": str(JobFactory().pk), "resume": str(resume.pk)}
    start = time.monotonic()
    response = seeker.post("/api/applications/", body, format="json")
    seconds = time.monotonic() - start
    assert response.status_code == 201
    return seconds


@pytest.mark.django_db(transaction=True)
def test_seeker_applies_while_the_broker_refuses_connections(seeker, smtp, use_broker):
    use_broker(broker_url(free_port()))

    assert apply(seeker) < 1
    assert publishing.breaker.is_open

    assert OutgoingEmail.objects.get().state == "queued"
    call_command("send_outgoing_email", verbosity=0)
    assert OutgoingEmail.objects.get().state == "sent"
    assert [message["To"] for message in smtp.messages] == [seeker.user.email]


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_seeker_applies_and_waits_only_once_for_a_frozen_broker(seeker, use_broker):
    with Listener(hangs_up=False) as frozen:
        use_broker(frozen.url)

        assert WAIT_SECONDS <= apply(seeker) < 4
        waited_for = len(frozen.connections)
        assert apply(seeker) < 1

        assert len(frozen.connections) == waited_for
    assert list(OutgoingEmail.objects.values_list("state", flat=True)) == ["queued", "queued"]


@pytest.mark.slow
def test_threads_do_not_wait_together_for_a_frozen_broker(use_broker):
    def publish():
        start = time.monotonic()
        publishing.publish_email(uuid4())
        return time.monotonic() - start

    with Listener(hangs_up=False) as frozen:
        use_broker(frozen.url)
        with ThreadPoolExecutor(8) as threads:
            seconds = sorted(future.result() for future in [threads.submit(publish) for _ in range(8)])

    assert seconds[-1] >= WAIT_SECONDS
    assert seconds[-2] < WAIT_SECONDS / 2
    assert publishing.breaker.is_open


def test_threads_publish_in_turn_while_the_broker_is_available(monkeypatch):
    published: list[UUID] = []
    monkeypatch.setattr(publishing, "_publish", published.append)
    mails = [uuid4() for _ in range(50)]

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(publishing.publish_email, mails))

    assert set(published) == set(mails)


@pytest.mark.django_db(transaction=True)
def test_failed_broker_is_tried_again_after_a_pause(use_broker, monkeypatch, caplog):
    monkeypatch.setattr(publishing, "breaker", publishing.CircuitBreaker(pause_seconds=0.3))
    email = OutgoingEmailFactory()
    with Listener(hangs_up=True) as broker:
        use_broker(broker.url)
        publishing.publish_email(email.pk)
        tried = len(broker.connections)
        publishing.publish_email(email.pk)
        assert len(broker.connections) == tried >= 1
        time.sleep(0.4)
        publishing.publish_email(email.pk)
        assert len(broker.connections) == 2 * tried
    messages = [record.getMessage() for record in caplog.records if record.name == "notifications.mail.publishing"]
    assert messages == ["The broker is unavailable (OSError); emails wait for the sweep."] * 2


def test_scheduled_tasks_are_registered_and_expire(settings):
    current_app.loader.import_default_modules()

    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in current_app.tasks
        assert entry["options"]["expires"] <= entry["schedule"]
    [sweep] = [e for e in settings.CELERY_BEAT_SCHEDULE.values() if e["task"] == sweep_outgoing_email.name]
    assert sweep["schedule"] == 15


def test_tests_use_their_own_broker_and_queue(settings):
    assert current_app.conf.broker_url == "memory://"
    assert settings.CELERY_TASK_DEFAULT_QUEUE not in {"anywork.v1", ""}
