"""The whole way of a mail: the API, a real broker, a real worker process, a real SMTP server."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from amqp import AMQPError
from celery import current_app
from django.conf import settings as django_settings
from kombu import Connection

from anywork.operations.broker import WAIT_SECONDS
from anywork.testing.processes import Program, wait_for
from anywork.testing.proxy import Proxy, amqp_url
from anywork.testing.rabbitmq import Cluster, find_program
from jobs.tests.factories import JobFactory
from notifications.mail import publishing
from notifications.mail.publishing import SEND_TASK
from notifications.models import OutgoingEmail
from notifications.tasks import sweep_outgoing_email
from notifications.tests.factories import OutgoingEmailFactory
from resumes.tests.factories import ResumeFactory

pytestmark = pytest.mark.slow


class Worker(Program):
    """A `celery worker` process on the test database."""

    def __init__(self, *, broker: str, email_url: str, log: Path) -> None:
        queue = django_settings.CELERY_TASK_DEFAULT_QUEUE
        super().__init__(
            *("celery", "-A", "anywork", "worker", "--loglevel", "INFO", "--concurrency", "1"),
            *("--without-gossip", "--without-mingle", "--hostname", f"{queue}@%h"),
            log=log,
            environment={"CELERY_BROKER_URL": broker, "CELERY_QUEUE": queue, "EMAIL_URL": email_url},
        )
        wait_for(lambda: " ready." in self.log, "the worker to start")


@pytest.fixture
def rabbitmq() -> Iterator[str]:
    """The URL of RabbitMQ on localhost; what a test declares and leaves there goes with it."""
    url = amqp_url()
    try:
        with Connection(url, connect_timeout=2) as broker:
            broker.connect()
    except (OSError, AMQPError) as error:
        pytest.skip(f"RabbitMQ does not respond on localhost:5672 ({type(error).__name__})")
    yield url
    queue = django_settings.CELERY_TASK_DEFAULT_QUEUE
    with Connection(url) as broker:
        channel: Any = broker.default_channel
        channel.queue_delete(queue)
        channel.exchange_delete(queue)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three nodes of RabbitMQ."""
    if find_program("rabbitmq-server") is None:
        pytest.skip("rabbitmq-server is not installed")
    with Cluster(tmp_path_factory.mktemp("rabbitmq")) as nodes:
        yield nodes


@pytest.fixture
def start_worker(tmp_path, monkeypatch) -> Iterator[Callable[..., Worker]]:
    """Return a function that starts a worker, and makes this process publish to the same broker."""
    workers: list[Worker] = []

    def start(*, broker: str, email_url: str) -> Worker:
        monkeypatch.setenv("CELERY_BROKER_URL", broker)
        log = tmp_path / f"worker{len(workers)}.log"
        workers.append(Worker(broker=broker, email_url=email_url, log=log))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


def apply(seeker, employer) -> str:
    """Apply to a job of the employer; return the URL of the application."""
    job = JobFactory(title="Software Engineer", employer=employer.user.employer)
    resume = ResumeFactory(job_seeker=seeker.user.job_seeker)
    response = seeker.post("/api/applications/", {"job": str(job.pk), "resume": str(resume.pk)}, format="json")
    assert response.status_code == 201
    return f"/api/applications/{response.json()['application_id']}/"


def sweep() -> None:
    """Do what beat does every 15 seconds."""
    with current_app.connection_for_write() as broker:
        current_app.send_task(sweep_outgoing_email.name, connection=broker)


def states() -> list[str]:
    return list(OutgoingEmail.objects.order_by("created_at").values_list("state", flat=True))


@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_application_and_decision_are_mailed_by_a_worker(rabbitmq, start_worker, seeker, employer, mail_server):
    worker = start_worker(broker=rabbitmq, email_url=mail_server.url)

    application = apply(seeker, employer)
    wait_for(lambda: states() == ["sent"], "the receipt")
    employer.patch(application, {"status": "accepted"}, format="json")
    wait_for(lambda: states() == ["sent", "sent"], "the decision")

    assert [(message["To"], message["Subject"]) for message in mail_server.messages] == [
        (seeker.user.email, "We received your application for Software Engineer"),
        (seeker.user.email, "Good news about your application for Software Engineer"),
    ]
    assert not publishing.breaker.is_open
    # Tokens, addresses and titles have no business in a log.
    assert seeker.user.email not in worker.log
    with Connection(rabbitmq) as broker:
        channel: Any = broker.default_channel
        queue = channel.queue_declare(django_settings.CELERY_TASK_DEFAULT_QUEUE, passive=True)
        assert queue.message_count == 0
        # What Celery would declare for tasks with an ETA.
        with pytest.raises(broker.channel_errors, match="no queue 'celery_delayed_27'"):
            channel.queue_declare("celery_delayed_27", passive=True)


@pytest.mark.broker
def test_prometheus_reads_how_many_messages_wait_for_a_worker(rabbitmq, monkeypatch, settings, client, db):
    monkeypatch.setenv("CELERY_BROKER_URL", rabbitmq)
    settings.METRICS_TOKEN = "of-the-tests-0123456789"
    for _ in range(3):
        current_app.send_task(SEND_TASK, args=[str(uuid4())])

    lines = client.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"}).content.decode()

    assert "\nanywork_queue_messages 3.0\n" in lines


@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_email_of_a_worker_that_is_killed_before_sending_is_sent_once(
    rabbitmq, start_worker, seeker, employer, mail_server
):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        worker = start_worker(broker=rabbitmq, email_url=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        apply(seeker, employer)
        wait_for(lambda: states() == ["sending"], "the worker to take the mail")
        worker.kill()

    second = start_worker(broker=rabbitmq, email_url=mail_server.url)
    # RabbitMQ delivers the message again, but the lease of the first worker has not run out.
    wait_for(lambda: "succeeded" in second.log, "the message to come again")
    assert states() == ["sending"]
    OutgoingEmail.objects.update(locked_until="2020-01-01T00:00:00Z")
    sweep()
    wait_for(lambda: states() == ["sent"], "the sweep")

    assert [message["To"] for message in mail_server.messages] == [seeker.user.email]
    assert OutgoingEmail.objects.get().attempts == 2


@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_restart_of_the_broker_loses_and_duplicates_no_email(rabbitmq, start_worker, seeker, employer, mail_server):
    proxy = Proxy()
    try:
        start_worker(broker=amqp_url(proxy.port), email_url=mail_server.url)
        apply(seeker, employer)
        wait_for(lambda: states() == ["sent"], "the first mail")

        proxy.cut()
        proxy.mend()
        # On the connection that died: the immediate retry takes a new one.
        apply(seeker, employer)
        assert not publishing.breaker.is_open
        wait_for(lambda: states() == ["sent"] * 2, "the worker to come back")

        proxy.cut()
        apply(seeker, employer)
        assert publishing.breaker.is_open
        proxy.mend()
        sweep()
        wait_for(lambda: states() == ["sent"] * 3, "the sweep")
        assert len(mail_server.messages) == 3
    finally:
        proxy.close()


@pytest.mark.django_db(transaction=True)
def test_publisher_waits_once_and_briefly_for_a_cluster_out_of_memory(cluster, monkeypatch):
    monkeypatch.setenv("CELERY_BROKER_URL", cluster.url)
    publishing.publish_email(OutgoingEmailFactory().pk)
    assert not publishing.breaker.is_open
    cluster.control(cluster.nodes[1], "set_vm_memory_high_watermark", "0.0000001")

    start = time.monotonic()
    publishing.publish_email(OutgoingEmailFactory().pk)
    seconds = time.monotonic() - start

    # It accepts connections and messages, but confirms none.
    assert 2 * WAIT_SECONDS <= seconds < 5
    assert publishing.breaker.is_open
    cluster.control(cluster.nodes[1], "set_vm_memory_high_watermark", "0.4")


@pytest.mark.django_db(transaction=True)
def test_death_of_the_leader_of_the_queue_loses_and_duplicates_no_email(cluster, start_worker, mail_server, caplog):
    worker = start_worker(broker=cluster.url, email_url=mail_server.url)
    emails = OutgoingEmailFactory.create_batch(60)
    killing = Thread(target=cluster.leader(django_settings.CELERY_TASK_DEFAULT_QUEUE).kill)

    for number, email in enumerate(emails):
        if number == 20:
            killing.start()
        publishing.publish_email(email.pk)
    killing.join()
    rejected = sum("MessageNacked" in message for message in caplog.messages)
    assert not publishing.breaker.is_open
    # Those are late, and no others: every message that was confirmed is delivered.
    wait_for(lambda: states().count("sent") >= len(emails) - rejected, "the mails whose messages were confirmed")
    sweep()
    wait_for(lambda: states() == ["sent"] * len(emails), "all mails")

    assert len({message["Message-ID"] for message in mail_server.messages}) == len(mail_server.messages) == 60
    assert "Connection to broker lost" in worker.log


@pytest.mark.django_db(transaction=True)
def test_email_is_sent_through_folders_where_there_is_no_broker(tmp_path, start_worker, mail_server):
    """As under `make run`: Celery's filesystem transport with a real worker."""
    folder = tmp_path / "with a space" / "broker"
    folder.mkdir(parents=True)
    (folder / f"1_cut-short.{django_settings.CELERY_TASK_DEFAULT_QUEUE}.msg").touch()
    worker = start_worker(broker=f"filesystem://localhost{quote(str(folder))}", email_url=mail_server.url)
    email = OutgoingEmailFactory()

    celery = [sys.executable, "-m", "celery", "-A", "anywork"]
    subprocess.run(
        [*celery, "call", publishing.SEND_TASK, "--args", f'["{email.pk}"]'],
        cwd=django_settings.BASE_DIR,
        env=worker.environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wait_for(lambda: states() == ["sent"], "the mail")

    assert [message["To"] for message in mail_server.messages] == [email.to]
    assert list(folder.glob("*.msg")) == []
    assert len(list(folder.glob("*.unreadable"))) == 1
    assert "An unreadable message is set aside (JSONDecodeError)" in worker.log
