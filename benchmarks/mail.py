"""`python -m benchmarks.mail [SIZE]`: how fast mail leaves. SIZE (default 2000) is the number of mails of the first.

Mails a second through one worker process, from a queue that is full; then the time from an application's transaction to
the inbox, one application at a time and under 50 a second. PostgreSQL writes to the disk as in production; RabbitMQ is
the one on localhost; the mail server is aiosmtpd in this process, which takes some of the worker's CPU on a small
machine.
"""

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from anywork.local.postgres import PrivateServer
from anywork.local.runner import server_binaries
from anywork.testing.faults.__main__ import configure

AT_REST, UNDER_LOAD = 100, 1_000
APPLICATIONS_A_SECOND = 50


def main(size: int) -> None:
    with tempfile.TemporaryDirectory(prefix="anywork-benchmark-") as folder:
        data = Path(folder) / "postgres"
        server = PrivateServer(data, server_binaries(data))
        try:
            server.start()
            configure(server.url, Path(folder))
            _measure(Path(folder), server, size)
        finally:
            server.stop()


def _measure(directory: Path, server: PrivateServer, size: int) -> None:
    from anywork.testing.faults.stand import Stand
    from anywork.testing.proxy import amqp_url

    with Stand(directory, server, broker_url=amqp_url()) as stand:
        stand.reset()
        print("| what | size | result |", "|---|---|---|", sep="\n", flush=True)
        print(f"| one worker process, full queue | {size} mails | {_throughput(stand, size):.0f} mails a second |")
        stand.reset()
        stand.start_worker()
        stand.apply(5)
        stand.wait_for_mail()
        _tell("commit to inbox, at rest", AT_REST, _delays(stand, AT_REST, a_second=10))
        name = f"commit to inbox, under {APPLICATIONS_A_SECOND} applications a second"
        _tell(name, UNDER_LOAD, _delays(stand, UNDER_LOAD, a_second=APPLICATIONS_A_SECOND))


def _tell(what: str, size: int, seconds: list[float]) -> None:
    p50, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
    print(f"| {what} | {size} applications | p50 {1_000 * p50:.0f} ms, p95 {1_000 * p95:.0f} ms |", flush=True)


def _throughput(stand: Any, size: int) -> float:
    from celery import current_app

    from notifications.publishing import SEND_TASK
    from notifications.tests.factories import OutgoingEmailFactory

    emails = OutgoingEmailFactory.build_batch(size, recipient=stand.seeker.user)
    type(emails[0]).objects.bulk_create(emails)
    with current_app.connection_for_write(stand.broker_url) as broker:
        for email in emails:
            current_app.send_task(SEND_TASK, args=[str(email.pk)], connection=broker)
    stand.start_worker()
    while len(stand.mail.arrivals) < size:
        time.sleep(0.1)
    arrivals = sorted(stand.mail.arrivals.values())
    return (size - 1) / (arrivals[-1] - arrivals[0])


def _delays(stand: Any, number: int, *, a_second: int) -> list[float]:
    """Return the seconds between each row's making, a moment before its commit, and the arrival of its mail."""
    from notifications.mail import message_id
    from notifications.models import OutgoingEmail

    known = set(OutgoingEmail.objects.values_list("pk", flat=True))
    jobs = stand.make_jobs(number)
    start = time.monotonic()
    with ThreadPoolExecutor(16) as threads:
        answers = []
        for place, job in enumerate(jobs):
            time.sleep(max(0.0, start + place / a_second - time.monotonic()))
            answers.append(threads.submit(stand.send_application, job))
    took = time.monotonic() - start
    statuses = {answer.result().status for answer in answers}
    if statuses != {201} or took > 1.2 * number / a_second:
        print(f"(answers {statuses}, {number / took:.0f} applications a second)", flush=True)
    emails = OutgoingEmail.objects.exclude(pk__in=known)
    until = time.monotonic() + 120
    while emails.exclude(state="sent").exists() and time.monotonic() < until:
        time.sleep(0.1)
    return [stand.mail.arrivals[message_id(email)] - email.created_at.timestamp() for email in emails]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
