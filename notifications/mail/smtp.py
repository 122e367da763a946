"""SMTP as a worker speaks it: patient where a mail would be doubled, and one connection for many mails."""

import re
import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from select import select
from socket import socket
from threading import Lock, Timer
from typing import Any, cast

from django.core.mail import get_connection
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend

# Between the final dot and its answer the server files the mail. Whoever hangs up too early gets it twice; the soft
# time limit of a task is longer.
FINAL_DOT_SECONDS = 45
# Much shorter than servers keep an idle connection.
KEEP_SECONDS = 3
# Servers end a connection after so and so many mails, and say so with an error.
MAILS_PER_CONNECTION = 100

START_MAIL_INPUT = 354


class UnansweredError(smtplib.SMTPServerDisconnected):
    """The whole mail was handed over, and no answer came: the server may have taken it."""


class _PatientSMTP(smtplib.SMTP):
    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the mail as RFC 5321 says, and wait longer than usual for the last answer."""
        code, reply = self.docmd("DATA")
        if code != START_MAIL_INPUT:
            raise smtplib.SMTPDataError(code, reply)
        dotted = re.sub(rb"(?m)^\.", b"..", msg)
        self.send(dotted + (b"" if dotted.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        sock = cast("socket", self.sock)
        usual = sock.gettimeout()
        sock.settimeout(FINAL_DOT_SECONDS)
        try:
            answer = self.getreply()
        except smtplib.SMTPServerDisconnected as error:
            raise UnansweredError(str(error)) from error
        sock.settimeout(usual)
        return answer


class _PatientSMTPOverTLS(_PatientSMTP, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    """Django's, but patient at the final dot."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _PatientSMTPOverTLS if self.use_ssl else _PatientSMTP

    def answers(self) -> bool:
        """Tell whether the server is still at the other end of an open connection.

        While nobody asks, it has nothing to say but goodbye: that costs no round trip to find out.
        """
        sock = getattr(self.connection, "sock", None)
        return sock is not None and not select([sock], [], [], 0)[0]


class Connections:
    """Connections to the mail server that are kept for a short while between the mails of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: list[tuple[EmailBackend, int, float]] = []
        self._reaper: Timer | None = None

    @contextmanager
    def take(self) -> Iterator[BaseEmailBackend]:
        """Give one connection for one mail. After an error it is closed: nobody knows in which state it is."""
        connection, mails = self._take_idle() or (get_connection(), 0)
        try:
            # Said here, or Django closes the connection after the mail.
            connection.open()
            yield connection
        except BaseException:
            connection.close()
            raise
        if isinstance(connection, EmailBackend) and mails + 1 < MAILS_PER_CONNECTION:
            self._keep(connection, mails + 1)
        else:
            connection.close()

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _, _ in idle:
            connection.close()

    def _take_idle(self) -> tuple[EmailBackend, int] | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection, mails, _ = self._idle.pop()
            # Before the mail is handed over: a connection that died meanwhile is no attempt.
            if connection.answers():
                return connection, mails
            connection.close()

    def _keep(self, connection: EmailBackend, mails: int) -> None:
        with self._lock:
            self._idle.append((connection, mails, time.monotonic()))
            if self._reaper is None:
                self._start_reaper()

    def _start_reaper(self) -> None:
        self._reaper = Timer(KEEP_SECONDS, self._reap)
        self._reaper.daemon = True
        self._reaper.start()

    def _reap(self) -> None:
        oldest = time.monotonic() - KEEP_SECONDS
        with self._lock:
            late = [entry for entry in self._idle if entry[2] <= oldest]
            self._idle = [entry for entry in self._idle if entry[2] > oldest]
            self._reaper = None
            if self._idle:
                self._start_reaper()
        for connection, _, _ in late:
            connection.close()


connections = Connections()
