"""Mail server that accepts everything at almost no cost, so that only the sender is measured.

`python -m benchmarks.smtp_sink PORT FILE` appends a line for each mail to FILE: its Message-ID and the time.
"""

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import Any, TextIO

_MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_LINE_END, _MAIL_END = b"\r\n", b"\r\n.\r\n"
_REPLIES = {b"DATA": b"354 Go ahead", b"QUIT": b"221 Bye"}


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, arrivals: TextIO) -> None:
        self._arrivals = arrivals
        self._received = b""
        self._is_mail = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._reply(b"220 Sink")

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := _MAIL_END if self._is_mail else _LINE_END) in self._received:
            text, _, self._received = self._received.partition(end)
            if self._is_mail:
                self._accept(text)
            else:
                self._execute(text[:4].upper())

    def _accept(self, mail: bytes) -> None:
        found = _MESSAGE_ID.search(mail)
        print(found[1].decode() if found else "-", time.time(), file=self._arrivals, flush=True)
        self._is_mail = False
        self._reply(b"250 Accepted")

    def _execute(self, command: bytes) -> None:
        self._is_mail = command == b"DATA"
        self._reply(_REPLIES.get(command, b"250 OK"))

    def _reply(self, line: bytes) -> None:
        self._transport.write(line + b"\r\n")


async def serve(port: int, arrivals: TextIO) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Sink(arrivals), "127.0.0.1", port)
    await server.serve_forever()


def main(port: int, path: Path) -> None:
    with path.open("a") as arrivals:
        asyncio.run(serve(port, arrivals))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
