"""Fault runs, one function each, named after the fault."""

import os
import signal
import statistics
import time
from collections.abc import Callable
from email.message import EmailMessage
from io import StringIO

from celery import current_app
from django.core.management import call_command
from django.db import connection

from anywork.testing.faults.stand import Result, Stand
from anywork.testing.processes import Program, wait_for
from anywork.testing.rabbitmq import Cluster
from anywork.testing.smtp import MailServer
from notifications.mail.outbox import requeue_emails
from notifications.mail.publishing import SEND_TASK
from notifications.models import OutgoingEmail

RUNS: dict[str, Callable[[Stand], Result]] = {}


def fault_run(run: Callable[[Stand], Result]) -> Callable[[Stand], Result]:
    RUNS[run.__name__] = run
    return run


# --- The broker -------------------------------------------------------------------------------------------------------


@fault_run
def broker_refuses_connections(stand: Stand) -> Result:
    stand.start_worker()
    stand.start_beat()
    usual = stand.usual_seconds()
    stand.broker.cut()
    slower = statistics.median(response.seconds for response in stand.apply(40, at_once=1)) - usual
    stand.broker.mend()
    remarks = f"responses take {1_000 * max(slower, 0):.0f} ms longer"
    recovered = stand.wait_for_mail()
    return stand.result(recovered, remarks, is_good=lambda r: not r.lost and slower <= 0.05 and recovered < 90)


@fault_run
def broker_is_frozen(stand: Stand) -> Result:
    stand.start_worker()
    stand.start_beat()
    stand.apply(10)
    # The worst case: on an open connection, a message is written and lost.
    stand.broker.cut()
    stand.broker.mend()
    stand.broker.freeze()
    responses = stand.apply(40, at_once=8)
    waited = sum(response.seconds > 1.5 for response in responses)
    stand.broker.mend()
    # One request in each of the two processes.
    remarks = f"{stand.slowest}, {waited} waited for the broker"
    return stand.result(stand.wait_for_mail(), remarks, is_good=lambda r: not r.lost and waited <= 2)


@fault_run
def broker_is_cut_under_load(stand: Stand) -> Result:
    stand.start_worker()
    stand.start_beat()
    load = stand.start_load(200)
    for _ in range(3):
        time.sleep(0.7)
        stand.broker.cut()
        time.sleep(0.3)
        stand.broker.mend()
    load.join()
    return stand.result(stand.wait_for_mail(), stand.slowest)


@fault_run
def two_of_three_brokers_are_killed_in_turn(stand: Stand) -> Result:
    folder = stand.directory / "rabbitmq"
    folder.mkdir()
    with Cluster(folder) as cluster, stand.using_broker(cluster.url):
        worker = stand.start_worker()
        stand.start_beat()
        stand.apply(10)
        recovered = 0.0
        # First the node that leads the queue, then one that follows.
        for is_leader in (True, False):
            leader = cluster.leader(stand.queue)
            victim = next(node for node in cluster.nodes if (node is leader) == is_leader)
            enough = len(stand.mail.messages) + 60
            load = stand.start_load(200)
            while len(stand.mail.messages) < enough:
                time.sleep(0.05)
            victim.kill()
            load.join()
            recovered = max(recovered, stand.wait_for_mail())
            victim.launch()
            cluster.wait()
        delays = stand.delays()
        late = sum(delay > 1 for delay in delays)
        noticed = worker.log.count("Connection to broker lost")
        remarks = f"{stand.slowest}, {late} mails late, by up to {max(delays):.1f} s; lost connections in the log"
        return stand.result(recovered, remarks, is_good=lambda r: not r.lost + r.duplicated and noticed > 0)


# --- The worker -------------------------------------------------------------------------------------------------------


@fault_run
def worker_child_is_killed_before_DATA(stand: Stand) -> Result:  # noqa: N802 - SMTP's command
    worker = _worker_at_a_mail(stand)
    os.kill(worker.children[-1], signal.SIGKILL)
    return _after_the_lease(stand)


@fault_run
def whole_worker_is_killed_before_DATA(stand: Stand) -> Result:  # noqa: N802 - SMTP's command
    worker = _worker_at_a_mail(stand)
    worker.kill()
    stand.start_worker()
    return _after_the_lease(stand)


@fault_run
def worker_is_killed_between_DATA_and_250(stand: Stand) -> Result:  # noqa: N802 - SMTP's command
    stand.mail.pauses["DATA"] = 60
    worker = stand.start_worker()
    stand.start_beat()
    stand.apply(1)
    wait_for(lambda: stand.mail.messages, "the mail")
    worker.kill()
    stand.start_worker()
    return _after_the_lease(stand, is_good=lambda r: not r.lost and r.duplicated <= 1)


def _worker_at_a_mail(stand: Stand) -> Program:
    """Start beat and a worker, and return the worker once it has claimed a mail and waits for the mail server."""
    stand.mail.pauses["RCPT"] = 60
    worker = stand.start_worker()
    stand.start_beat()
    stand.apply(1)
    stand.wait_for_states("sending")
    return worker


def _after_the_lease(stand: Stand, is_good: Callable[[Result], bool] | None = None) -> Result:
    stand.mail.pauses.clear()
    stand.expire_leases()
    return stand.result(stand.wait_for_mail(), "after the lease of 3 minutes, which the run shortens", is_good=is_good)


@fault_run
def same_task_is_delivered_20_times(stand: Stand) -> Result:
    stand.apply(1)
    email = OutgoingEmail.objects.get()
    with current_app.connection_for_write(stand.broker.url) as broker:
        for _ in range(20):
            current_app.send_task(SEND_TASK, args=[str(email.pk)], connection=broker, queue=stand.queue)
    stand.start_worker(concurrency=4)
    recovered = stand.wait_for_mail()
    time.sleep(2)
    return stand.result(recovered)


@fault_run
def worker_is_stopped_for_a_deploy(stand: Stand) -> Result:
    stand.mail.pauses["DATA"] = 0.5
    worker = stand.start_worker()
    stand.apply(10)
    wait_for(lambda: len(stand.mail.messages) > 3, "the first mails")
    worker.stop()
    interrupted = OutgoingEmail.objects.filter(state="sending").count()
    stand.start_worker()
    recovered = stand.wait_for_mail()
    remarks = f"{interrupted} emails interrupted"
    return stand.result(recovered, remarks, is_good=lambda r: not r.lost + r.duplicated + interrupted)


@fault_run
def no_worker_for_long(stand: Stand) -> Result:
    stand.apply(300)
    OutgoingEmail.objects.update(next_attempt_at="2020-01-01T00:00:00Z")
    ready = stand.request("GET", "/readyz")
    verdict = ready.body["status"]
    stand.start_worker()
    recovered = stand.wait_for_mail()
    remarks = f"{stand.slowest}, /readyz says {verdict} with {ready.body['mail']['due']} due"
    return stand.result(recovered, remarks, is_good=lambda r: not r.lost + r.duplicated and verdict == "degraded")


@fault_run
def two_beats(stand: Stand) -> Result:
    stand.mail.replies["RCPT"] = [*["450 try later"] * 20, None]
    stand.start_worker(concurrency=2)
    stand.start_beat()
    stand.start_beat()
    stand.apply(40)
    return stand.result(stand.wait_for_mail(), "20 of the emails needed a retry")


@fault_run
def no_beat(stand: Stand) -> Result:
    stand.start_worker()
    stand.apply(40)
    return stand.result(stand.wait_for_mail())


# --- The mail server --------------------------------------------------------------------------------------------------


@fault_run
def mail_server_is_unavailable(stand: Stand) -> Result:
    stand.start_worker()
    stand.start_beat()
    stand.mail.stop()
    stand.apply(20)
    stand.wait_for_states(*["retry"] * 20)
    messages, stand.mail = stand.mail.messages, MailServer(stand.mail.port)
    stand.mail.messages = messages
    stand.mail.start()
    return stand.result(stand.wait_for_mail())


@fault_run
def mail_server_is_slow(stand: Stand) -> Result:
    # Longer than the timeout of any other reply.
    stand.mail.pauses["DATA"] = 25
    stand.start_worker()
    stand.start_beat()
    stand.apply(2)
    return stand.result(stand.wait_for_mail(), "25 s for each email")


@fault_run
def mail_server_responds_4xx(stand: Stand) -> Result:
    stand.mail.replies["RCPT"] = [*["450 4.2.0 greylisted"] * 10, None]
    stand.start_worker()
    stand.start_beat()
    stand.apply(20)
    return stand.result(stand.wait_for_mail(), "10 of 20 were refused once")


@fault_run
def mail_server_responds_5xx(stand: Stand) -> Result:
    stand.mail.replies["RCPT"] = ["550 5.1.1 no such user"]
    stand.start_worker()
    stand.apply(10)
    stand.wait_for_states(*["dead"] * 10)
    stand.mail.replies.clear()
    requeue_emails(OutgoingEmail.objects.filter(state="dead"))
    stand.start_beat()
    return stand.result(stand.wait_for_mail(), "dead at once; sent again by hand")


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@fault_run
def postgresql_is_restarted_under_load(stand: Stand) -> Result:
    stand.start_worker()
    stand.start_beat()
    stand.apply(10)
    load = stand.start_load(300)
    wait_for(lambda: len(stand.mail.messages) > 60, "some of the load")
    stand.postgres.stop()
    time.sleep(2)
    stand.postgres.start()
    load.join()
    # PgBouncer, once refused, connects again when it is asked, and refuses the client that asks.
    wait_for(lambda: stand.request("GET", "/readyz").status == 200, "PgBouncer")
    refused = [response for response in stand.responses if response.status != 201]
    others = [response for response in refused if response.status != 503 or not response.retry_after]
    connection.close()
    first = stand.apply(1)[0].status
    recovered = stand.wait_for_mail()
    rows = OutgoingEmail.objects.count()
    remarks = f"{len(refused) - len(others)} responses 503, {len(others)} other errors, then {first}"
    return stand.result(
        recovered,
        remarks,
        # Refused requests leave no rows: as many mails as acknowledged applications.
        is_good=lambda r: not r.lost + r.duplicated + len(others) and first == 201 and rows == r.acknowledged,
    )


@fault_run
def backup_is_restored(stand: Stand) -> Result:
    stand.apply(10)
    stand.web.stop()
    backup = _copy_of_the_database("backup")
    worker = stand.start_worker()
    recovered = stand.wait_for_mail()
    worker.stop()
    before: list[EmailMessage] = list(stand.mail.messages)

    # As documented: first hold the mails, then start the worker.
    url = f"{stand.postgres.url.rpartition('/')[0]}/{backup}"
    _hold_in(backup)
    stand.start_worker(DATABASE_URL=url)
    stand.start_beat()
    time.sleep(20)
    unexpected = len(stand.mail.messages) - len(before)
    remarks = f"{unexpected} unexpected emails"
    return stand.result(recovered, remarks, is_good=lambda r: not r.lost + r.duplicated + unexpected)


def _copy_of_the_database(name: str) -> str:
    original = connection.settings_dict["NAME"]
    connection.close()
    with connection._nodb_cursor() as cursor:  # noqa: SLF001
        # PgBouncer keeps connections of the processes that have ended.
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [original])
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}"')
    return name


def _hold_in(database: str) -> None:
    original = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    call_command("restored", stdout=StringIO())
    connection.close()
    connection.settings_dict["NAME"] = original
