from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from notifications.mail.outbox import hold_unsent_emails, release_held_emails


class Command(BaseCommand):
    help = (
        "Hold all unsent emails. Run it in a restored backup before the first worker and beat start, since some of "
        "these emails were sent after the backup was made. --release queues all held emails."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--release", action="store_true", help="queue all held emails")

    def handle(self, *args: Any, release: bool, **options: Any) -> None:
        if release:
            self.stdout.write(f"{release_held_emails()} emails released.")
        else:
            self.stdout.write(f"{hold_unsent_emails()} emails held.")
