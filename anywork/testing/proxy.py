"""TCP proxy in front of a server: simulates failures of a shared broker, or leads to another database."""

import contextlib
import select
import socket
from queue import SimpleQueue
from threading import Thread

RABBITMQ = ("127.0.0.1", 5672)


def amqp_url(port: int = RABBITMQ[1]) -> str:
    return f"amqp://guest:guest@127.0.0.1:{port}//"


class Proxy:
    """Proxy on a port of localhost that can fail like a restarting server, or freeze like one out of memory."""

    def __init__(self, target: tuple[str, int] = RABBITMQ) -> None:
        # Of the connections that are opened from now on.
        self.target = target
        self._server: socket.socket | None = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._wakeup, self._wake = socket.socketpair()
        self._done: SimpleQueue[None] = SimpleQueue()
        self._is_frozen = False
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return amqp_url(self.port)

    def cut(self) -> None:
        """Close all connections, and refuse new ones until mend()."""
        self._send(b"c")

    def freeze(self) -> None:
        """Keep all connections, accept new ones, and forward nothing until mend()."""
        self._send(b"f")

    def mend(self) -> None:
        self._send(b"m")

    def close(self) -> None:
        self._send(b"e")
        self._thread.join()
        self._wake.close()
        self._wakeup.close()

    def _send(self, command: bytes) -> None:
        self._wake.send(command)
        self._done.get()

    def _run(self) -> None:
        command = b""
        while command != b"e":
            listening = [] if self._is_frozen else [*([self._server] if self._server else []), *self._pairs]
            readable, _, _ = select.select([self._wakeup, *listening], [], [])
            if self._wakeup in readable:
                command = self._wakeup.recv(1)
                self._execute(command)
                self._done.put(None)
                continue
            for source in readable:
                if source is self._server:
                    self._accept(source)
                elif source in self._pairs:
                    self._pump(source)

    def _execute(self, command: bytes) -> None:
        self._is_frozen = command == b"f"
        if command in {b"c", b"e"}:
            for end in self._pairs:
                end.close()
            self._pairs.clear()
            if self._server is not None:
                self._server.close()
                self._server = None
        elif command == b"m" and self._server is None:
            self._server = socket.create_server(("127.0.0.1", self.port))

    def _accept(self, server: socket.socket) -> None:
        client, _ = server.accept()
        try:
            broker = socket.create_connection(self.target)
        except OSError:
            client.close()
            return
        self._pairs[client], self._pairs[broker] = broker, client

    def _pump(self, source: socket.socket) -> None:
        data = b""
        with contextlib.suppress(OSError):
            data = source.recv(65_536)
            self._pairs[source].sendall(data)
        if not data:
            for end in (source, self._pairs.pop(source)):
                self._pairs.pop(end, None)
                end.close()
