"""The short form of `make cluster`: a web server and the primary of PostgreSQL are killed under load."""

import time

import pytest

from anywork.local.postgres import find_binaries
from anywork.testing.cluster.faults import primary_is_killed_and_standby_promoted, try_out
from anywork.testing.cluster.load import People
from anywork.testing.cluster.stand import Stand
from anywork.testing.engines import find_program
from anywork.testing.rabbitmq import find_program as find_rabbitmq

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def stand(tmp_path):
    """The nodes of a cluster, each a process of its own."""
    for name in ("haproxy", "pgbouncer", "nginx", "redis-server"):
        find_program(name)
    if find_binaries() is None or find_rabbitmq("rabbitmq-server") is None:
        pytest.skip("needs PostgreSQL binaries and RabbitMQ")
    with Stand(tmp_path, is_whole=False) as stand:
        yield stand


def test_people_lose_nothing_when_a_web_server_and_the_primary_die(stand):
    def both_die(stand):
        stand.web[0].kill()
        time.sleep(1)
        primary_is_killed_and_standby_promoted(stand)

    figures = try_out(People(stand), both_die, before=2, after=5)

    assert (figures.lost, figures.doubled) == ([], [])
    assert set(figures.failed) <= {503}
    # At least the half, however slow the machine.
    assert figures.acknowledged > figures.attempted / 2 > 20
