from typing import Any

from django.core.management.base import BaseCommand

from notifications.mail.delivery import deliver_next


class Command(BaseCommand):
    """Sends every mail that is due, without broker and worker."""

    help = "Send every mail that is due, without broker and worker."

    def handle(self, *args: Any, **options: Any) -> None:
        attempted = 0
        while deliver_next():
            attempted += 1
        self.stdout.write(f"{attempted} mails attempted.")
