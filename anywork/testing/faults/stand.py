"""Test stand of the fault runs: web server, workers, beat, PostgreSQL, mail server, and RabbitMQ behind a proxy."""

import contextlib
import json
import statistics
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any, Self

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from kombu import Connection

from accounts.tests.factories import EmployerFactory, JobSeekerFactory
from accounts.tokens import open_session
from anywork.local.postgres import PrivateServer
from anywork.testing.processes import Program, wait_for
from anywork.testing.proxy import Proxy, amqp_url
from anywork.testing.smtp import MailServer, free_port
from jobs.tests.factories import CategoryFactory, JobFactory, LocationFactory
from notifications.mail.delivery import message_id
from notifications.models import OutgoingEmail
from resumes.tests.factories import ResumeFactory

TIMEOUT_SECONDS = 120


@dataclass(frozen=True)
class Response:
    """The API's response to one application."""

    status: int
    body: dict[str, Any]
    retry_after: str | None
    seconds: float


@dataclass(frozen=True)
class Result:
    """The figures of a run."""

    attempted: int
    acknowledged: int
    lost: int
    duplicated: int
    recovered: float
    remarks: str = ""
    is_good: bool = True

    def row(self, name: str) -> str:
        verdict = "" if self.is_good else " **FAILED**"
        figures = f"{self.attempted} | {self.acknowledged} | {self.lost} | {self.duplicated} | {self.recovered:.1f} s"
        return f"| {name} | {figures} | {self.remarks}{verdict} |"


class Stand:
    """All processes as in production, on this machine; usable as a context manager."""

    def __init__(
        self,
        directory: Path,
        server: PrivateServer,
        *,
        broker_url: str = "",
        mail_url: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.postgres = server
        self.environment = environment or {}
        self.queue = settings.CELERY_TASK_DEFAULT_QUEUE
        self.broker = Proxy()
        # Benchmarks connect to RabbitMQ directly, since a proxy takes time.
        self.broker_url = broker_url or self.broker.url
        self.mail = MailServer()
        self._mail_url = mail_url or self.mail.url
        self.responses: list[Response] = []
        self._programs: list[Program] = []
        self._web_port = free_port()

    def __enter__(self) -> Self:
        call_command("migrate", verbosity=0)
        self.mail.start()
        self.seeker = JobSeekerFactory(first_name="Ben")
        self.resume = ResumeFactory(job_seeker=self.seeker)
        self._token = open_session(self.seeker.user).access
        self._job = {"employer": EmployerFactory(), "category": CategoryFactory(), "location": LocationFactory()}
        return self

    def __exit__(self, *error: object) -> None:
        for program in self._programs:
            program.kill()
        self.mail.stop()
        self.broker.close()
        with Connection(amqp_url()) as broker:
            channel: Any = broker.default_channel
            channel.queue_delete(self.queue)
            channel.exchange_delete(self.queue)
        connection.close()

    # --- Processes

    def start_web(self) -> Program:
        # With threads, so that several requests of one process could wait for the broker.
        options = ("--bind", f"127.0.0.1:{self._web_port}", "--workers", "2", "--threads", "4")
        self.web = self._start("gunicorn", "anywork.wsgi", *options)
        wait_for(self._is_web_up, "the web server")
        return self.web

    def start_worker(self, *, concurrency: int = 1, **environment: str) -> Program:
        options = ("--loglevel", "INFO", "--concurrency", str(concurrency), "--without-gossip", "--without-mingle")
        node = f"{self.queue}.{uuid.uuid4().hex[:6]}@%h"
        worker = self._start("celery", "-A", "anywork", "worker", *options, "--hostname", node, **environment)
        wait_for(lambda: " ready." in worker.log, "the worker")
        return worker

    def start_beat(self) -> Program:
        schedule = self.directory / f"schedule-{uuid.uuid4().hex}"
        return self._start("celery", "-A", "anywork", "beat", "--loglevel", "INFO", "--schedule", str(schedule))

    @contextlib.contextmanager
    def using_broker(self, url: str) -> Iterator[None]:
        """Restart the web server with another broker, which later processes use, too."""
        usual, self.broker_url = self.broker_url, url
        self.web.stop()
        self.start_web()
        try:
            yield
        finally:
            self.broker_url = usual
            for program in self._programs:
                program.kill()

    def _start(self, *command: str, **environment: str) -> Program:
        program = Program(
            *command,
            log=self.directory / f"{len(self._programs)}-{command[0]}.log",
            environment={
                "CELERY_BROKER_URL": self.broker_url,
                "CELERY_QUEUE": self.queue,
                "EMAIL_URL": self._mail_url,
                **self.environment,
                **environment,
            },
        )
        self._programs.append(program)
        return program

    def reset(self) -> None:
        """Stop all programs, end all faults, delete all mail, and start a new web server (with a closed breaker)."""
        for program in self._programs:
            program.kill()
        self.broker.mend()
        self.mail.replies.clear()
        self.mail.pauses.clear()
        self.mail.messages.clear()
        self.responses.clear()
        OutgoingEmail.objects.all().delete()
        with Connection(amqp_url()) as broker:
            channel: Any = broker.default_channel
            # The queue doesn't exist before the first message. Purged, not deleted: the web server declares it once.
            with contextlib.suppress(*broker.channel_errors):
                channel.queue_purge(self.queue)
        self.start_web()

    # --- Load

    def apply(self, number: int, *, at_once: int = 4) -> list[Response]:
        """Send `number` applications, each to another job; return their responses, which count for the figures."""
        jobs = self.make_jobs(number)
        with ThreadPoolExecutor(at_once) as threads:
            responses = list(threads.map(self.send_application, jobs))
        self.responses += responses
        return responses

    def start_load(self, number: int) -> Thread:
        """Apply in the background."""

        def load() -> None:
            self.apply(number)
            connection.close()

        thread = Thread(target=load)
        thread.start()
        return thread

    def make_jobs(self, number: int) -> list[str]:
        """Return the keys of new jobs."""
        return [str(job.pk) for job in JobFactory.create_batch(number, **self._job)]

    def send_application(self, job: str) -> Response:
        return self.request("POST", "/api/applications/", {"job": job, "resume": str(self.resume.pk)})

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Response:
        start = time.monotonic()
        client = HTTPConnection("127.0.0.1", self._web_port, timeout=60)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        client.request(method, path, json.dumps(body) if body else None, headers)
        response = client.getresponse()
        text = response.read()
        client.close()
        content = json.loads(text) if text else {}
        return Response(response.status, content, response.getheader("Retry-After"), time.monotonic() - start)

    def _is_web_up(self) -> bool:
        try:
            return self.request("GET", "/healthz").status == 200
        except OSError:
            return False

    # --- Figures

    def expected(self) -> Iterable[str]:
        """Return the Message-IDs of the mails for acknowledged applications."""
        keys = [f"application-received:{a.body['application_id']}" for a in self.responses if a.status == 201]
        return [message_id(email) for email in OutgoingEmail.objects.filter(dedup_key__in=keys)]

    def arrived(self) -> Counter[str]:
        return Counter(str(message["Message-ID"]).strip() for message in list(self.mail.messages))

    def delays(self) -> list[float]:
        """Return how many seconds after its row was written each mail arrived."""
        rows = {message_id(email): email.created_at.timestamp() for email in OutgoingEmail.objects.all()}
        return [arrival - rows[key] for key, arrival in self.mail.arrivals.items() if key in rows]

    def wait_for_mail(self) -> float:
        """Wait until all these mails have arrived and their rows are sent; return how long that took."""
        start = time.monotonic()
        while time.monotonic() < start + TIMEOUT_SECONDS:
            if set(self.expected()) <= set(self.arrived()) and not self.unsent():
                break
            time.sleep(0.05)
        return time.monotonic() - start

    def unsent(self) -> int:
        return OutgoingEmail.objects.exclude(state="sent").count()

    def wait_for_states(self, *states: str) -> None:
        wait_for(lambda: sorted(OutgoingEmail.objects.values_list("state", flat=True)) == sorted(states), f"{states}")

    def expire_leases(self) -> None:
        """Expire all leases, instead of waiting for three minutes."""
        OutgoingEmail.objects.filter(state="sending").update(locked_until=timezone.now())

    def result(self, recovered: float, remarks: str = "", *, is_good: Callable[[Result], bool] | None = None) -> Result:
        """Return the figures; by default they are good without lost and duplicated mails."""
        acknowledged = [response for response in self.responses if response.status == 201]
        expected, arrived = set(self.expected()), self.arrived()
        result = Result(
            attempted=len(self.responses),
            acknowledged=len(acknowledged),
            # An application without a row counts as lost.
            lost=len(acknowledged) - len(expected & set(arrived)),
            duplicated=sum(number - 1 for number in arrived.values()),
            recovered=recovered,
            remarks=remarks,
        )
        good = is_good or (lambda r: r.lost == 0 and r.duplicated == 0)
        return result if good(result) else Result(**{**vars(result), "is_good": False})

    @property
    def slowest(self) -> str:
        return f"slowest response {max(response.seconds for response in self.responses):.2f} s"

    def usual_seconds(self) -> float:
        """Return the median response time without a fault, one request at a time."""
        self.apply(10, at_once=1)
        return statistics.median(response.seconds for response in self.apply(10, at_once=1))
