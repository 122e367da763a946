from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from notifications.mail.outbox import hold_all, release_all


class Command(BaseCommand):
    """Holds every mail that is not sent yet, for a restored backup; or sends what is held."""

    help = (
        "Hold every mail that is not sent yet: to be run in a restored backup before its first worker and beat, since "
        "some of these mails left after the backup was made. --release sends what is held."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--release", action="store_true", help="send every mail that is held")

    def handle(self, *args: Any, release: bool, **options: Any) -> None:
        if release:
            self.stdout.write(f"{release_all()} mails released.")
        else:
            self.stdout.write(f"{hold_all()} mails held.")
