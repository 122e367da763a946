"""Configuration of fault runs and of the benchmark of mail."""

import logging
import os
import secrets
from pathlib import Path

import django


def configure(database_url: str, directory: Path) -> None:
    """Set Django up for this process, with values that the processes of a stand inherit."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "anywork.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": database_url,
        "SECURE_SSL_REDIRECT": "off",
        "THROTTLE_RATES": "off",
        "MEDIA_ROOT": str(directory / "media"),
        # Of this process; the others get the proxy.
        "CELERY_BROKER_URL": "memory://localhost",
        "CELERY_QUEUE": f"anywork.faults.{secrets.token_hex(8)}",
    }
    django.setup()
    # Of the mail server, which tells every command.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
