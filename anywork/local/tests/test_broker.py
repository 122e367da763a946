import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue

from anywork.local.broker import Transport

ROOT = Path(__file__).resolve().parents[3]
QUEUE = Queue("mail", Exchange("mail"), routing_key="mail")

# Publishes 300 messages, in a process of its own.
PUBLISHER = """
import sys
from anywork.local.tests.test_broker import QUEUE, connect
with connect(sys.argv[1]) as broker:
    producer = broker.Producer()
    for number in range(300):
        producer.publish(f"{sys.argv[2]}-{number}", exchange=QUEUE.exchange, routing_key="mail", declare=[QUEUE])
"""


def connect(folder: Path | str) -> Connection:
    options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": f"{folder}/control"}
    return Connection("filesystem://localhost", transport="anywork.local.broker:Transport", transport_options=options)


def receive(broker: Connection) -> str | None:
    """Return the next message, None when there is none."""
    try:
        message = QUEUE(broker.default_channel).get(no_ack=True)
    except Empty:
        return None
    return str(message.payload) if message else None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    # kombu keeps declarations by process, not by folder.
    Transport.global_state.clear()
    return tmp_path / "broker"


@pytest.fixture
def broker(folder: Path) -> Iterator[Connection]:
    with connect(folder) as connection:
        QUEUE(connection.default_channel).declare()
        yield connection


def publish(broker: Connection, text: str) -> None:
    broker.Producer().publish(text, exchange=QUEUE.exchange, routing_key="mail", declare=[QUEUE])


@pytest.mark.slow
def test_broker_delivers_concurrent_messages_once_and_complete(folder: Path) -> None:
    command = [sys.executable, "-c", PUBLISHER, str(folder)]
    publishers = [subprocess.Popen([*command, name], cwd=ROOT) for name in ("one", "two")]

    def read(_: int) -> list[str]:
        received: list[str] = []
        with connect(folder) as broker:
            QUEUE(broker.default_channel).declare()
            while any(publisher.poll() is None for publisher in publishers) or list(folder.glob("*.mail.msg")):
                received += filter(None, [receive(broker)])
        return received

    with ThreadPoolExecutor() as pool:
        received = [text for texts in pool.map(read, range(2)) for text in texts]

    assert [publisher.wait() for publisher in publishers] == [0, 0]
    assert sorted(received) == sorted(f"{name}-{number}" for name in ("one", "two") for number in range(300))
    assert [path.name for path in folder.iterdir()] == ["control"]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b'{"body": "', b"\xff", b"[" * 100_000, b"null", b"[]", b"{}", b'"text"'),
        *(b'{"properties": null}', b'{"properties": {}}'),
        b'{"body": "a", "properties": {"delivery_tag": "1", "body_encoding": "base64"}}',
    ],
    ids=lambda content: repr(content[:30]),
)
def test_reader_sets_an_unreadable_message_aside_and_reads_the_next(
    folder: Path, broker: Connection, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "1_first.mail.msg").write_bytes(content)
    publish(broker, "good")

    assert [receive(broker), receive(broker)] == ["good", None]

    assert (folder / "1_first.mail.msg.unreadable").read_bytes() == content
    assert [record.message.partition(" (")[0] for record in caplog.records] == ["An unreadable message is set aside"]


def test_reader_ignores_messages_of_other_queues(folder: Path, broker: Connection) -> None:
    (folder / "1_first.other.mail.msg").write_text("{}")

    assert receive(broker) is None
    assert (folder / "1_first.other.mail.msg").exists()


def test_reader_receives_messages_in_order(broker: Connection) -> None:
    for number in range(12):
        publish(broker, str(number))

    assert [receive(broker) for _ in range(12)] == [str(number) for number in range(12)]


def test_broker_keeps_all_bindings_declared_at_once(folder: Path) -> None:
    def bind(number: int) -> None:
        with connect(folder) as broker:
            Queue(f"queue{number}", QUEUE.exchange, routing_key="mail")(broker.default_channel).declare()

    with ThreadPoolExecutor() as pool:
        list(pool.map(bind, range(8)))

    with connect(folder) as broker:
        channel: Any = broker.default_channel
        assert {queue for _, _, queue in channel.get_table("mail")} == {f"queue{number}" for number in range(8)}


def test_worker_declares_truncated_bindings_again(folder: Path, broker: Connection) -> None:
    publish(broker, "before")
    (folder / "control" / "mail.exchange").write_bytes(b"")

    Transport.global_state.clear()  # As in another process.
    with connect(folder) as worker:
        channel: Any = worker.default_channel
        assert channel.get_table("mail") == []
        QUEUE(channel).declare()
        assert channel.get_table("mail") == [("mail", "", "mail")]

        QUEUE(channel).delete()
        assert channel.get_table("mail") == []
    assert list(folder.glob("*.msg")) == []


def test_publisher_without_the_folder_gets_a_channel_error(folder: Path, broker: Connection) -> None:
    channel: Any = broker.default_channel
    folder.rename(folder.with_name("gone"))

    with pytest.raises(broker.channel_errors, match="Cannot write"):
        channel._put("mail", {})
