from collections.abc import Iterator
from typing import Any

import pytest

from anywork.testing.smtp import MailServer
from notifications.mail.smtp import connections


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    connections.close()
    server.stop()


@pytest.fixture
def smtp(mail_server: MailServer, settings: Any) -> MailServer:
    """A real SMTP server that this process sends its mail to."""
    settings.EMAIL_BACKEND = "notifications.mail.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = mail_server.port
    settings.EMAIL_TIMEOUT = 2
    return mail_server
