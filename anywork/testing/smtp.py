"""SMTP server for tests, with configurable replies."""

import asyncio
import socket
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


def free_port() -> int:
    """Return a free port of localhost."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class _SMTP(SMTP):
    """Reports connections to its MailServer."""

    def connection_made(self, transport: Any) -> None:
        self.event_handler.connected(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.disconnected(self.transport)
        super().connection_lost(error)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _SMTP(self.handler, **self.SMTP_kwargs)


class MailServer:
    """Mail server on a free port of localhost, with accepted mails in `messages`.

    `replies` maps an SMTP command to its replies; None accepts. Each reply is used once, the last one repeatedly.
    `pauses` maps a command to the delay of its reply in seconds; a mail is stored before that.
    """

    def __init__(self, port: int = 0) -> None:
        self.messages: list[EmailMessage] = []
        # Time of arrival by Message-ID.
        self.arrivals: dict[str, float] = {}
        self.replies: dict[str, list[str | None]] = {}
        self.pauses: dict[str, float] = {}
        self._sessions: set[Session] = set()
        self.port = port or free_port()
        self._transports: set[asyncio.Transport] = set()
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=lambda *_: AuthResult(success=False, handled=False),
            auth_require_tls=False,
        )

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    @property
    def sessions(self) -> int:
        """The number of connections with mail."""
        return len(self._sessions)

    @property
    def open_sessions(self) -> int:
        return len(self._transports)

    def hang_up(self) -> None:
        """Close all connections, as servers do with idle ones."""
        for transport in list(self._transports):
            self._controller.loop.call_soon_threadsafe(transport.abort)
        while self._transports:
            time.sleep(0.01)

    def connected(self, transport: asyncio.Transport) -> None:
        self._transports.add(transport)

    def disconnected(self, transport: asyncio.Transport) -> None:
        self._transports.discard(transport)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def _reply(self, command: str) -> str | None:
        replies = self.replies.get(command, [None])
        return replies.pop(0) if len(replies) > 1 else replies[0]

    # Called by aiosmtpd.

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._sessions.add(session)
        envelope.mail_from = address
        return self._reply("MAIL") or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(self.pauses.get("RCPT", 0))
        envelope.rcpt_tos.append(address)
        return self._reply("RCPT") or "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        refusal = self._reply("DATA")
        if refusal is None:
            message: Any = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
            self.messages.append(message)
            # Python's parser keeps the space of a folded header.
            self.arrivals[str(message["Message-ID"]).strip()] = time.time()
        await asyncio.sleep(self.pauses.get("DATA", 0))
        return refusal or "250 OK"
