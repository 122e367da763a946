"""The faults of the trial, one function each, named after the fault."""

import time
from collections.abc import Callable

from anywork.testing.cluster.load import Figures, Load, People
from anywork.testing.cluster.stand import Stand
from anywork.testing.standby import Standby

Fault = Callable[[Stand], None]
FAULTS: dict[str, Fault] = {}

AWAY_SECONDS = 5


def fault(function: Fault) -> Fault:
    FAULTS[function.__name__] = function
    return function


def try_out(people: People, happens: Fault, *, before: float = 3, after: float = 5) -> Figures:
    """Return the figures of a fault that happens under load."""
    load = Load(people)
    try:
        time.sleep(before)
        fault_at = time.time()
        happens(people.stand)
        time.sleep(after)
    finally:
        load.stop()
    return load.figures(fault_at)


@fault
def nothing_happens(stand: Stand) -> None:
    time.sleep(AWAY_SECONDS)


@fault
def web_server_is_killed(stand: Stand) -> None:
    stand.web[0].kill()
    time.sleep(AWAY_SECONDS)
    stand.web[0] = stand.start_web(0)
    stand.wait_for_web(0)


@fault
def worker_is_killed(stand: Stand) -> None:
    stand.workers.pop(0).kill()
    time.sleep(AWAY_SECONDS)
    stand.workers.append(stand.start_worker())


@fault
def beat_is_killed(stand: Stand) -> None:
    stand.beats.pop(0).kill()
    time.sleep(AWAY_SECONDS)
    stand.beats.append(stand.start_beat())


@fault
def leader_of_rabbitmq_is_killed(stand: Stand) -> None:
    _kill_rabbitmq(stand, is_leader=True)


@fault
def follower_of_rabbitmq_is_killed(stand: Stand) -> None:
    _kill_rabbitmq(stand, is_leader=False)


def _kill_rabbitmq(stand: Stand, *, is_leader: bool) -> None:
    leader = stand.brokers.leader(stand.environment["CELERY_QUEUE"])
    node = leader if is_leader else next(node for node in stand.brokers.nodes if node is not leader)
    node.kill()
    time.sleep(AWAY_SECONDS)
    node.launch()
    stand.brokers.wait()


@fault
def redis_is_killed(stand: Stand) -> None:
    stand.restart(stand.redis, after=AWAY_SECONDS)


@fault
def bucket_hangs(stand: Stand) -> None:
    stand.bucket.freeze()
    time.sleep(AWAY_SECONDS)
    stand.bucket.thaw()


@fault
def pgbouncer_is_killed(stand: Stand) -> None:
    stand.restart(stand.pgbouncer, after=1)


@fault
def haproxy_is_killed(stand: Stand) -> None:
    stand.restart(stand.haproxy, after=1)


@fault
def replica_is_killed(stand: Stand) -> None:
    stand.kill_server(stand.standby)
    # Commits wait for it, until an operator, or Patroni, lets them go on without.
    time.sleep(2)
    stand.synchronise(names="")
    time.sleep(AWAY_SECONDS)
    stand.standby.stop()
    stand.standby.start()
    stand.synchronise()


@fault
def all_are_replaced_one_by_one(stand: Stand) -> None:
    for number in range(len(stand.web)):
        stand.replace_web(number)
    for _ in range(len(stand.workers)):
        stand.replace_worker()
        stand.replace_beat()


@fault
def index_is_dropped_and_built_by_migrations(stand: Stand) -> None:
    stand.manage("migrate", "analytics", "0001", "--verbosity", "0")
    stand.manage("migrate", "--verbosity", "0")


@fault
def primary_is_killed_and_standby_promoted(stand: Stand) -> None:
    stand.kill_server(stand.primary)
    time.sleep(1)
    assert isinstance(stand.standby, Standby)
    stand.standby.promote()
    stand.primary = stand.standby
