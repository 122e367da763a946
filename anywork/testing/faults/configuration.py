"""Configuration of the fault runs and the mail benchmark."""

import logging
import os
import secrets
from pathlib import Path

import django


def configure(database_url: str, directory: Path) -> None:
    """Set Django up in this process, with environment variables that the processes of a stand inherit."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "anywork.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": database_url,
        "SECURE_SSL_REDIRECT": "off",
        "THROTTLE_RATES": "off",
        "MEDIA_ROOT": str(directory / "media"),
        # Of this process; the other processes get the proxy.
        "CELERY_BROKER_URL": "memory://localhost",
        "CELERY_QUEUE": f"anywork.faults.{secrets.token_hex(8)}",
    }
    django.setup()
    # The mail server logs every command.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
