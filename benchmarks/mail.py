"""Benchmark of mail: `python -m benchmarks.mail [SIZE]`, with SIZE (default 2000) mails in a full queue.

Measures emails a second from a full queue, with a worker of one process and of two, beside a floor: two SQL statements
and one SMTP exchange per mail, nothing else. Then the time from the transaction of an application to the inbox, at rest
and under 50 applications a second. PostgreSQL writes to the disk as in production; RabbitMQ is the one on localhost;
the mail server (`benchmarks.smtp_sink`) accepts everything.
"""

import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from anywork.local.postgres import PrivateServer
from anywork.local.runner import server_binaries
from anywork.testing.faults.configuration import configure
from anywork.testing.smtp import free_port

AT_REST, UNDER_LOAD = 100, 1_000
APPLICATIONS_A_SECOND = 50

_CLAIM = "UPDATE notifications_outgoingemail SET state = 'sending', attempts = 1 WHERE email_id = %s RETURNING *"
_SETTLE = "UPDATE notifications_outgoingemail SET state = 'sent', sent_at = now() WHERE email_id = %s"


class Sink:
    """The mail server, in a process of its own."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._file = directory / "arrivals"
        self._file.touch()
        command = [sys.executable, "-m", "benchmarks.smtp_sink", str(self.port), str(self._file)]
        self._process = subprocess.Popen(command)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def arrivals(self) -> dict[str, float]:
        """Time of arrival by Message-ID."""
        lines = (line.split() for line in self._file.read_text().splitlines())
        return {message_id: float(seconds) for message_id, seconds in lines}

    @contextmanager
    def expect(self, number: int) -> Iterator[list[float]]:
        """Wait at the end of the block until `number` more mails arrived; the list then contains their times."""
        before = set(self.arrivals)
        times: list[float] = []
        yield times
        while len(new := self.arrivals.keys() - before) < number:
            time.sleep(0.2)
        times += sorted(self.arrivals[key] for key in new)


def main(size: int) -> None:
    with tempfile.TemporaryDirectory(prefix="anywork-benchmark-") as folder:
        directory = Path(folder)
        data = directory / "postgres"
        server = PrivateServer(data, server_binaries(data))
        sink = Sink(directory)
        try:
            server.start()
            configure(server.url, directory)
            _measure(directory, server, sink, size)
        finally:
            sink.stop()
            server.stop()


def _measure(directory: Path, server: PrivateServer, sink: Sink, size: int) -> None:
    from anywork.testing.faults.stand import Stand
    from anywork.testing.proxy import amqp_url

    with Stand(directory, server, broker_url=amqp_url(), mail_url=sink.url) as stand:
        print("| measurement | size | result |", "|---|---|---|", sep="\n", flush=True)
        stand.reset()
        floor = _floor(stand, sink, size)
        print(f"| floor, one process | {size} mails | {floor:.0f} emails a second |", flush=True)
        for processes in (1, 2):
            stand.reset()
            rate = _throughput(stand, sink, size, processes)
            name = f"worker with {processes} process{'es' if processes > 1 else ''}, full queue"
            print(
                f"| {name} | {size} mails | {rate:.0f} emails a second, {rate / floor:.2f} of the floor |", flush=True
            )
        stand.reset()
        stand.start_worker()
        _delays(stand, sink, 20, a_second=10)
        _print_result("commit to inbox, at rest", AT_REST, _delays(stand, sink, AT_REST, a_second=10))
        name = f"commit to inbox, under {APPLICATIONS_A_SECOND} applications a second"
        _print_result(name, UNDER_LOAD, _delays(stand, sink, UNDER_LOAD, a_second=APPLICATIONS_A_SECOND))


def _print_result(what: str, size: int, seconds: list[float]) -> None:
    p50, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    print(f"| {what} | {size} applications | p50 {1_000 * p50:.0f} ms, p95 {1_000 * p95:.0f} ms |", flush=True)


def _queue(stand: Any, size: int) -> list[str]:
    from notifications.tests.factories import OutgoingEmailFactory

    emails = OutgoingEmailFactory.build_batch(size, recipient=stand.seeker.user)
    type(emails[0]).objects.bulk_create(emails)
    return [str(email.pk) for email in emails]


def _floor(stand: Any, sink: Sink, size: int) -> float:
    keys = _queue(stand, size)
    database = psycopg2.connect(stand.postgres.url)
    database.autocommit = True
    with sink.expect(size) as times, database.cursor() as cursor, smtplib.SMTP("127.0.0.1", sink.port) as mail_server:
        for key in keys:
            cursor.execute(_CLAIM, [key])
            cursor.fetchone()
            mail = f"Message-ID: <{key}@floor>\r\nTo: a@example.org\r\nSubject: Hello\r\n\r\n{'Text. ' * 200}\r\n"
            mail_server.sendmail("no-reply@localhost", ["a@example.org"], mail)
            cursor.execute(_SETTLE, [key])
    database.close()
    return _rate(times)


def _throughput(stand: Any, sink: Sink, size: int, processes: int) -> float:
    from celery import current_app

    from notifications.mail.publishing import SEND_TASK

    with current_app.connection_for_write(stand.broker_url) as broker:
        for key in _queue(stand, size):
            current_app.send_task(SEND_TASK, args=[key], connection=broker)
    with sink.expect(size) as times:
        stand.start_worker(concurrency=processes)
    return _rate(times)


def _rate(times: list[float]) -> float:
    return (len(times) - 1) / (times[-1] - times[0])


def _delays(stand: Any, sink: Sink, number: int, *, a_second: int) -> list[float]:
    """Return the seconds between the creation of each row, just before its commit, and the arrival of its mail."""
    from notifications.mail.delivery import message_id
    from notifications.models import OutgoingEmail

    known = set(OutgoingEmail.objects.values_list("pk", flat=True))
    jobs = stand.make_jobs(number)
    start = time.monotonic()
    with sink.expect(number), ThreadPoolExecutor(16) as threads:
        responses = []
        for index, job in enumerate(jobs):
            time.sleep(max(0.0, start + index / a_second - time.monotonic()))
            responses.append(threads.submit(stand.send_application, job))
        statuses = {response.result().status for response in responses}
        took = time.monotonic() - start
    if statuses != {201} or took > 1.2 * number / a_second:
        print(f"(responses {statuses}, {number / took:.0f} applications a second)", flush=True)
    arrivals = sink.arrivals
    emails = OutgoingEmail.objects.exclude(pk__in=known)
    return [arrivals[message_id(email)] - email.created_at.timestamp() for email in emails]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
