import math
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from jobs.saving.reminders import remind_of_closing_jobs
from notifications.alerts import write_alerts
from notifications.mail.outbox import hold_unsent_emails, release_held_emails


class Command(BaseCommand):
    help = (
        "Hold all unsent emails, as `restored` does in a restored backup, since some of them were sent after it was "
        "made. --release queues all held emails."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--release", action="store_true", help="queue all held emails")

    def handle(self, *args: Any, release: bool, **options: Any) -> None:
        if release:
            self.stdout.write(f"{release_held_emails()} emails released.")
        else:
            # Those that are due may have been sent after the backup, too: they are written, and held with the others.
            write_alerts(seconds=math.inf, drop_late=False)
            remind_of_closing_jobs(seconds=math.inf)
            self.stdout.write(f"{hold_unsent_emails()} emails held.")
